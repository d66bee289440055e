import * as github from "mcp:github";
type Issue = Awaited<ReturnType<typeof github.get_issue>>;
export default 1 as unknown as Issue;
