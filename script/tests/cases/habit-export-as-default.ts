import { list_issues } from "mcp:github";
const result = await list_issues({ owner: "o", repo: "r" });
export { result as default };
