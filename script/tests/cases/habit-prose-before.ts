Here is a script that does what you asked for:

import { get_me } from "mcp:github";
export default await get_me({});
