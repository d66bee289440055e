import { get_me } from "mcp:github";
import { get_me as again } from "mcp:github";
import * as all from "mcp:github";
export default [await get_me({ a: 1 }), await again({ a: 2 }), await all.get_me({ a: 3 })];
