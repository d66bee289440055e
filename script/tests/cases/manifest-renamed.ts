import { list_issues as list, get_issue as "x" } from "mcp:github";
export default await list({});
