import type { Issue } from "mcp:github";
import { type Label, list_issues } from "mcp:github";
import type * as types from "mcp:github";

const issues = (await list_issues({ owner: "o" })) as Issue[];
export default issues.map((issue) => (issue.labels as Label[]).length satisfies number);
