import { input, log as l, readFile, nope } from "mcp-host";
import * as host from "mcp-host";
host.state.get("a");
host.readTextfile("a");
export default input;
