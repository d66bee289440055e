import { get_me } from "mcp-server:github/tools@1.2.3";
import { get_me as again } from "mcp:github@1.2.3-rc.1";
export default [await get_me(), await again()];
