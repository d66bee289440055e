const issues = await list_issues({ owner: "o", repo: "r" });
export default issues;
