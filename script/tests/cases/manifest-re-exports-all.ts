export * from "mcp:github";
export * as tools from "mcp:slack";
export { default } from "mcp:jira";
