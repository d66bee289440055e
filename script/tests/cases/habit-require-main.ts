const github = require("mcp:github");

async function main() {
  return await github.list_issues({ owner: "o", repo: "r" });
}

if (require.main === module) {
  main().catch(console.error);
}
