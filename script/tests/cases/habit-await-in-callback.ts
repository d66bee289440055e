import { list_issues, get_issue } from "mcp:github";

const issues = await list_issues({ owner: "o" });
issues.forEach(function (issue) {
  const full = await get_issue({ number: issue.number });
  console.log(full);
});
