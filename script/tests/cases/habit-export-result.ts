import { get_me } from "mcp:github";
export const result = await get_me({});
