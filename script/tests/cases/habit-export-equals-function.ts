import github = require("mcp:github");

async function count(owner: string): Promise<number> {
  return (await github.list_issues({ owner })).length;
}

export = count;
