import { get_me } from "mcp:github";
const a = { b: [1, 2;
