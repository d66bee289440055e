import { list_issues } from "mcp:github";

async function main() {
  const issues = await list_issues({ owner: "o", repo: "r" });
  if (issues.length === 0) process.exit(1);
  return issues.length;
}

main().then((n) => { console.log(n); process.exit(0); });
