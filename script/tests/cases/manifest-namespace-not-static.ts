import * as github from "mcp:github";
const name = "get_issue";
await github[name]({});
await github[input.tool]({});
const { [name]: computed } = github;
const { get_me, ...rest } = github;
const copy = { ...github };
const tools = { github };
Object.keys(github);
for (const key in github) {}
call(github);
let late = github;
late = null;
github = null;
export default github || null;
