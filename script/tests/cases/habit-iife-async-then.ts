import { list_issues } from "mcp:github";

(async () => {
  const issues = await list_issues({ owner: "o", repo: "r" });
  return issues.length;
})().then((count) => console.log(count));
