//! `mcp:script` as Rust types: what the script engine gets, and what it gives back. The WIT is that of the engine
//! (`script-engine/wit`); Wasmtime compares it with these types when the engine is linked.

use std::sync::Arc;

use wasmtime::component::{ComponentType, Lift, Lower};

/// The interface that the engine imports, and no other component may.
pub(crate) const HOST: &str = "mcp:script/host@0.1.0";

/// The package of the engine.
pub(crate) const PACKAGE: &str = "mcp:script/";

/// What `run` gets. The host copies none of it: Wasmtime writes it into the guest from where it is.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct ScriptSource<'a> {
    pub(crate) name: Arc<str>,
    /// JavaScript.
    pub(crate) source: Arc<str>,
    pub(crate) modules: Arc<[Module]>,
    /// JSON text.
    pub(crate) input: &'a str,
}

/// A module that the script may import.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Module {
    pub(crate) specifier: String,
    pub(crate) contents: Contents,
}

/// What it exports.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Contents {
    /// Functions that call tools.
    #[component(name = "tools")]
    Tools(Vec<ExportedTool>),
    /// One value, as its default.
    #[component(name = "json")]
    Json(Arc<str>),
}

/// A function that calls the tool with this number.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct ExportedTool {
    pub(crate) name: String,
    pub(crate) number: u32,
}

/// What `run` returns.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct ScriptOutcome {
    /// JSON text.
    pub(crate) value: Result<String, ScriptFailure>,
    /// What the script should know, but did not stop it.
    pub(crate) warnings: Vec<String>,
}

/// Why a script gave no result.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct ScriptFailure {
    pub(crate) kind: FailureKind,
    /// As `TypeError: x is not a function`.
    pub(crate) message: String,
    /// Frames of the script, innermost first.
    pub(crate) stack: Vec<Frame>,
    /// The JSON of an uncaught `ToolError`.
    #[component(name = "tool-error")]
    pub(crate) tool_error: Option<String>,
}

/// The kind of a failure.
#[derive(ComponentType, Lift, Debug, Clone, Copy, PartialEq, Eq)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code, reason = "the engine makes the values")]
pub(crate) enum FailureKind {
    #[component(name = "syntax")]
    Syntax,
    #[component(name = "exception")]
    Exception,
    #[component(name = "tool")]
    Tool,
    #[component(name = "unhandled-rejection")]
    UnhandledRejection,
    #[component(name = "never-settles")]
    NeverSettles,
    #[component(name = "not-json")]
    NotJson,
    #[component(name = "out-of-memory")]
    OutOfMemory,
    #[component(name = "recursion")]
    Recursion,
}

/// A place in the script.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Frame {
    pub(crate) function: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// What a tool call gives to the script.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub(crate) enum ScriptAnswer {
    #[component(name = "json")]
    Json(String),
    #[component(name = "text")]
    Text(String),
    /// A value, and files that the tool gave beside it.
    #[component(name = "with-files")]
    WithFiles(WithFiles),
    /// The host keeps it until the guest takes it.
    #[component(name = "kept")]
    Kept(KeptAnswer),
}

/// Two JSON texts: a value, and the handles of files beside it.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct WithFiles {
    pub(crate) json: String,
    pub(crate) files: String,
}

/// An answer that the host keeps.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct KeptAnswer {
    pub(crate) number: u32,
    pub(crate) bytes: u32,
}

impl ScriptAnswer {
    /// Bytes of its text.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Json(text) | Self::Text(text) => text.len(),
            Self::WithFiles(answer) => answer.json.len() + answer.files.len(),
            Self::Kept(_) => 0,
        }
    }
}
