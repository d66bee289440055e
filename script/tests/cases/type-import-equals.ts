import github = require("mcp:github");
import list = github.list_issues;
import type T = require("x");
export default await list({ owner: "o" });
