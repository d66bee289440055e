const issues = await github.list_issues({ owner: "o", repo: "r" });
console.log(issues.length);
