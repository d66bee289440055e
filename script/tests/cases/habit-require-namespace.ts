const github = require("mcp-server:github/tools");
const host = require('mcp-host');
export default await github.get_me({ a: host.input });
