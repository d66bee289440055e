//! Turns the tools of an MCP server into a typed WIT package.

use std::process::ExitCode;

fn main() -> ExitCode {
    mcp_cli::codegen()
}
