import defer * as github from "mcp:github";
export default await github.get_me({});
