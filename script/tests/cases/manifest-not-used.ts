import { list_issues } from "mcp:github";
export default 1;
