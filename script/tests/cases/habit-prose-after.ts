import { get_me } from "mcp:github";
export default await get_me({});

This script returns the user who is logged in. It makes one call.
