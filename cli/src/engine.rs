//! The engine of a process with one run.

use anyhow::Context as _;
use mcp_host::{Allocation, Engine};

use crate::exit::Failure;

/// One run per process: on-demand allocation.
pub(crate) fn engine() -> Result<Engine, Failure> {
    Engine::new(Allocation::OnDemand)
        .map_err(anyhow::Error::from)
        .context("failed to set up the WebAssembly engine")
        .map_err(Failure::host)
}
