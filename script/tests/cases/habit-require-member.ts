export default await require("mcp:github").get_me({});
