import * as github from "mcp:github";
const { get_issue, "list-all": all, search: { call }, merge = null } = github;
const count = github["count"];
const same = github[`count`];
github?.close_issue?.({ n: 1 });
(github as any).reopen!({ n: 2 });
const gh = github;
const again = gh;
await again.lock({ n: 3 });
await get_issue({ n: 4 });
await count({ n: 5 });
let other;
({ pin: other } = github);
if (github && typeof github === "object" && "x" in github) {}
export default await all({});
