import github = require("mcp:github");
export = await github.get_me({});
