import { get_me } from "mcp:github";

async function main() {
  return (await get_me({})).login;
}
