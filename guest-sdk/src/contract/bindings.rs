//! The generated bindings of `mcp:tools`, from `wit/`. No other file knows the output of `wit-bindgen`.
//!
//! The two worlds are generated separately, each with its own export macro: a skill has one of them, and chooses it by
//! the macro that it calls. The error types are this crate's own, for readable messages.
#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "generated code crosses the component boundary; the WIT is its documentation"
)]

pub use mcp::tools::{files, log, state, tools};

/// `mcp:tools/types`, as `import_server!` needs it: each WIT type under its generated name.
pub mod types {
    pub use super::mcp::tools::types::*;
    pub use crate::contract::{Error as SkillError, ToolError};
}

wit_bindgen::generate!({
    path: "../wit",
    world: "skill",
    with: {
        "mcp:tools/types@0.1.0/tool-error": crate::contract::ToolError,
        "mcp:tools/types@0.1.0/skill-error": crate::contract::Error,
        "mcp:tools/state@0.1.0/state-error": crate::contract::StateError,
        "mcp:tools/files@0.1.0/file-error": crate::contract::FileError,
    },
    runtime_path: "::mcp_guest_sdk::__private::wit_bindgen::rt",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    export_macro_name: "export_world",
    generate_all,
});

pub mod asynchronous {
    wit_bindgen::generate!({
        path: "../wit",
        world: "async-skill",
        with: {
            "mcp:tools/types@0.1.0": crate::contract::bindings::types,
            "mcp:tools/tools@0.1.0": crate::contract::bindings::tools,
            "mcp:tools/files@0.1.0": crate::contract::bindings::files,
            "mcp:tools/state@0.1.0": crate::contract::bindings::state,
            "mcp:tools/log@0.1.0": crate::contract::bindings::log,
        },
        runtime_path: "::mcp_guest_sdk::__private::wit_bindgen::rt",
        pub_export_macro: true,
        export_macro_name: "export_async_world",
    });
}
