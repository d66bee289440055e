// Which programs did one author write almost alone in the last year, and does the graph know who maintains them?
import { git_log } from "mcp:git";
import { search_nodes } from "mcp:memory";
import { input } from "mcp-host";

const almostAlone = 0.8;

const graph = await search_nodes({ query: "component" });
const maintainers = new Map(
  graph.relations.filter((r) => r.relationType === "maintained by").map((r) => [r.from, r.to]),
);

const log = (await git_log({
  repo_path: `${input.shop}/repo`,
  max_count: 10000,
  start_timestamp: "2025-06-01T00:00:00Z",
})) as string;
const commits = new Map<string, Map<string, number>>();
for (const [, author = "", component = ""] of log.matchAll(/^Author: (.*)\nDate: .*\nMessage: ([a-z]+): /gm)) {
  const authors = commits.get(component) ?? new Map<string, number>();
  authors.set(author, (authors.get(author) ?? 0) + 1);
  commits.set(component, authors);
}

const found = [];
for (const { name } of graph.entities) {
  const authors = [...(commits.get(name) ?? [])].sort(([, a], [, b]) => b - a);
  const all = authors.reduce((sum, [, n]) => sum + n, 0);
  const [author, most] = authors[0] ?? ["", 0];
  if (most < all * almostAlone) continue;
  const maintainer = maintainers.get(name) ?? null;
  found.push({ component: name, author, commits: most, of: all, maintainer, known: maintainer === author });
}
export default { components: graph.entities.length, found };
