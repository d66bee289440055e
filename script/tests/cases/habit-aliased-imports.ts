import { list_issues as issues, get_issue as one } from "mcp:github";
const found = await issues({ owner: "o", repo: "r" });
export default await one({ owner: "o", repo: "r", issue_number: found[0].number });
