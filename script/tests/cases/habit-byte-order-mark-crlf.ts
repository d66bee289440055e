import { get_me } from "mcp:github";
const me: any = await get_me({});
me.login
