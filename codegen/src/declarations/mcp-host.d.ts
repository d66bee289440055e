declare module "mcp-host" {
}
