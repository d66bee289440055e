const found = await list_issues({ owner: "o", repo: "r" });
if (!found) return null;
import { list_issues, type Issue } from "mcp:github";
return found[0] as Issue;
