import { list_issues } from "mcp:github";

let all: unknown[] = [], page = 1;
outer: while (true) {
  const issues = (await list_issues({ page })) as unknown[];
  for (const issue of issues) { all.push(issue); if (all.length > 9) break outer; }
  if (!issues.length) break;
  page++, all.length;
}
all
