export { get_issue, list_issues as list, type Issue, "a-b" as c } from "mcp:github";
export { input } from "mcp-host";
export { default as earlier } from "run:r_7f3k2m9q";
export default 1;
