import { "get-issue" as get, 'list.all' as all } from "mcp:github";
export default [await get({ number: 1 }), await all()];
