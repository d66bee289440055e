import { get_issue } from "mcp:github";
const issue = await get_issue({ owner: "o", repo: "r", issue_number: 7 });
return issue.title;
