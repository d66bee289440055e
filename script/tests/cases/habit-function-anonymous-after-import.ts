import { get_me } from "mcp:github";
function () {
  return get_me({});
}
