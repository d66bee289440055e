import { list_issues } from "mcp:github";
if (!input.owner) return { error: "owner is missing" };
const issues = await list_issues({ owner: input.owner, repo: "r" });
issues.length
