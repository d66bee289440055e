import * as github from "mcp:github";
function f(github: { a(): void }) { github.a(); return github; }
{ const github = { b() {} }; github.b(); f(github); }
export default await github.get_me({});
