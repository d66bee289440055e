//! The host's work for a guest or a server is bounded too. Each attack here once succeeded.

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

/// One MiB, in bytes.
pub(super) const MIB: u64 = 1 << 20;

/// Runs `mcp-host` in the home of this host, and measures it.
pub(super) fn attack(host: &Host, args: &[&str], patience: Duration) -> Measured {
    measured(&mut host.command(args), patience)
}
