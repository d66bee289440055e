//! The `mcp:tools` contract as Rust types, generated from `wit/`, and the conversion of tool responses to these types.
//! Knows no run: the contract's functions are in `functions`.

mod answer;
mod cases;
pub(crate) mod script;

pub use answer::call_outcome;
pub(crate) use answer::{
    bytes as bytes_of_base64, call_error, charge_answer, charge_result, charge_val, tool_error_val,
    tool_result, tool_result_val,
};
pub(crate) use bindings::mcp::tools::files::FileError;
pub(crate) use bindings::mcp::tools::state::StateError;
pub(crate) use bindings::mcp::tools::types::{
    ContentBlock, Description, SkillError, ToolError, ToolResult,
};
pub(crate) use cases::Cases;

pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "mcp:tools/skill",
        imports: { default: async | trappable },
        exports: { default: async },
        additional_derives: [PartialEq],
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
