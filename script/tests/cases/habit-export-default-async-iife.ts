import * as github from "mcp:github";

export default (async function run() {
  const { items } = await github.search_issues({ q: "is:open" });
  return items.map(({ title }) => title);
})();
