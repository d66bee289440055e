import host from "mcp-host";
export default Object.entries(host);
