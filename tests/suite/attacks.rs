//! What the host does on behalf of a guest or a server is bounded too. Each attack here once got through.

mod account;
mod catalog;
mod files;
pub(super) mod harness;
mod instances;
mod output;
mod parts;
mod processes;
mod replay;
mod secrets;
mod server;
mod state;
mod symbols;
mod text;
mod types;

use std::time::Duration;

use mcp_tests::{Measured, measured};

pub(super) use super::cli::Host;

/// The peak of a process that loads an engine and runs nothing is counted apart from what a run may take.
pub(super) const MIB: u64 = 1 << 20;

/// Runs `mcp-host` in the home of this host, and measures it.
pub(super) fn attack(host: &Host, args: &[&str], patience: Duration) -> Measured {
    measured(&mut host.command(args), patience)
}
