//! Components that are written to do harm, in WebAssembly text: what a compiler would not make.

mod input;
mod machine;
mod transfer;

use mcp_host::{LoadError, Report};
use mcp_tests::Setup;

/// The component of this text.
fn component(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap()
}

/// A component that exports `f`, a function of one core module. `module` may use `(memory $m ...)` of its own.
fn with_function(module: &str) -> Vec<u8> {
    component(&format!(
        "(component
            (core module $m {module})
            (core instance $i (instantiate $m))
            (func (export \"f\") (canon lift (core func $i \"f\"))))"
    ))
}

/// Calls `f`.
async fn call(setup: Setup, bytes: &[u8]) -> Report {
    setup.invoke_bytes(bytes, "f()").await
}

fn load(bytes: &[u8]) -> Result<(), LoadError> {
    mcp_host::Skill::load(mcp_tests::engine(), bytes, None).map(drop)
}
