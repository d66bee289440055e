//! Malicious components, in WebAssembly text: no compiler would produce them.

pub(super) mod components;
mod input;
mod machine;
pub(super) mod slow;
mod transfer;
pub(super) mod waiting;

use mcp_host::{LoadError, Report};
use mcp_tests::Setup;

/// Calls `f`.
async fn call(setup: Setup, bytes: &[u8]) -> Report {
    setup.invoke_bytes(bytes, "f()").await
}

fn load(bytes: &[u8]) -> Result<(), LoadError> {
    mcp_host::Skill::load(mcp_tests::engine(), bytes, None).map(drop)
}
