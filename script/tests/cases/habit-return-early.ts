import { list_issues } from "mcp:github";
const issues = await list_issues({ owner: "o", repo: "r" });
if (issues.length === 0) return "none";
return issues.map((issue: any) => issue.number);
