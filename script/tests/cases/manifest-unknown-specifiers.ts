import a from "mcp:";
import b from "mcp:git hub";
import c from "mcp-server:github";
import d from "mcp:github/tools";
import e from "mcp-hosts";
import "side-effect";
import "mcp:github";
export default 1;
