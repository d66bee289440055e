//! The engine of a process with one run, and times for reports.

use std::time::Duration;

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

/// Milliseconds, to the microsecond.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
