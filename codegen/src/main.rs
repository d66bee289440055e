//! `mcp-codegen`: the command line of the library of the same name. All I/O of this package is in this binary.

// These end the process where the stream is closed or full; `cli/output.rs` writes.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // First: this may be a supervisor.
    mcp_bridge::supervise_servers();
    cli::main()
}
