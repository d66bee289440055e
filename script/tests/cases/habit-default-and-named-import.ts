import github, { list_issues } from "mcp:github";
export default [await github.get_me({}), await list_issues({ owner: "o", repo: "r" })];
