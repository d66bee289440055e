//! Runs agent-written skills against MCP servers, in a sandbox with hard limits.

use std::process::ExitCode;

fn main() -> ExitCode {
    mcp_cli::host()
}
