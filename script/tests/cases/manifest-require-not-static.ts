const name = "mcp:github";
const a = require(name);
const b = require("fs");
const { c, ...d } = require("mcp:github");
export default a;
