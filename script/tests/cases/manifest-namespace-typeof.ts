import * as github from "mcp:github";
type Issue = Awaited<ReturnType<typeof github.get_issue>>;
let x: github.Issue;
export default await github.list_issues({});
