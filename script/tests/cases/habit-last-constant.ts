const issues = await github.list_issues({ owner: "o", repo: "r" });
const result = issues.length;
