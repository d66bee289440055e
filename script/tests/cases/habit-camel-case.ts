import { listIssues } from "mcp:github";
export default await listIssues({ owner: "o", repo: "r" });
