//! The `mcp:tools` contract as Rust types, generated from `wit/`. What each function does stands in
//! the file of its interface below.

mod answer;
mod files;
mod log;
mod state;
mod tools;

pub(crate) use answer::{
    call_error, charge_answer, charge_result, charge_val, tool_error_val, tool_result,
    tool_result_val,
};
pub(crate) use bindings::SkillPre;
pub(crate) use bindings::mcp::tools::types::{
    ContentBlock, Description, SkillError, ToolError, ToolResult,
};
pub(crate) use log::{LogMeter, one_line};

use wasmtime::component::{HasSelf, Linker};

use crate::run::Run;

mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "mcp:tools/skill",
        imports: {
            "mcp:tools/log.log": trappable,
            default: async | trappable,
        },
        exports: { default: async },
    });
}

/// The version of the contract that this host serves.
pub(crate) const PACKAGE: &str = "mcp:tools";

/// The interfaces of the contract, as components name them.
pub(crate) const INTERFACES: [&str; 5] = [
    "mcp:tools/types@0.1.0",
    "mcp:tools/tools@0.1.0",
    "mcp:tools/files@0.1.0",
    "mcp:tools/state@0.1.0",
    "mcp:tools/log@0.1.0",
];

/// Satisfies every `mcp:tools` import.
pub(crate) fn add_to_linker(linker: &mut Linker<Run>) -> wasmtime::Result<()> {
    use bindings::mcp::tools;
    tools::tools::add_to_linker::<_, HasSelf<_>>(linker, |run: &mut Run| run)?;
    tools::files::add_to_linker::<_, HasSelf<_>>(linker, |run: &mut Run| run)?;
    tools::state::add_to_linker::<_, HasSelf<_>>(linker, |run: &mut Run| run)?;
    tools::log::add_to_linker::<_, HasSelf<_>>(linker, |run: &mut Run| run)
}

impl bindings::mcp::tools::types::Host for Run {}
