import { get_me } from "mcp:github";
export async function run(input: { a: number }) {
  return [await get_me({}), input.a];
}
