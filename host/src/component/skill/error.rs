//! Why bytes are not a skill, and a hint for the user.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use crate::short;

/// Bytes that are not a skill.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes do not start with `\0asm`.
    #[error("not WebAssembly: {}", beginning(.0))]
    NotWasm(String),
    /// A core module instead of a component.
    #[error("a core WebAssembly module, not a component")]
    CoreModule,
    /// Longer than a component may be.
    #[error("the component is {size} bytes; the limit is {limit}")]
    TooLarge {
        /// Its length in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// More functions than a component may have.
    #[error("the component has {count} functions; the limit is {limit}")]
    TooManyFunctions {
        /// Its functions.
        count: u64,
        /// The limit.
        limit: u64,
    },
    /// More of everything else than a component may have.
    #[error(
        "the component holds more than {limit} imports, exports, types, globals, elements and the like, where each \
         instance of a module counts"
    )]
    TooManyParts {
        /// The limit.
        limit: u64,
    },
    /// Components nested inside components.
    #[error("the component nests components more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A valid component whose instantiations cannot be determined.
    #[error("the component instantiates modules in a way that this host does not know")]
    Unmeasured,
    /// The type of one function is too large.
    #[error(
        "the type of function `{function}` has more than {limit} parts, where each type counts as often as it is used"
    )]
    TypeTooLarge {
        /// The function, escaped for display.
        function: String,
        /// The limit.
        limit: u64,
    },
    /// The types of all functions together are too large.
    #[error(
        "the {side} of the component have types of more than {limit} parts, where each type counts as often as it is used"
    )]
    TypesTooLarge {
        /// `imports`, `exports`, or `functions` for all of them, those of inner components too.
        side: &'static str,
        /// The limit.
        limit: u64,
    },
    /// Compiling the component failed.
    #[error(transparent)]
    Compile(CompileError),
    /// The engine for components with async types cannot be created.
    #[error("failed to set up the WebAssembly engine")]
    Engine(#[source] wasmtime::Error),
    /// Invalid WebAssembly, or a proposal that this host disables.
    #[error("the component is broken, or uses a proposal that is off here")]
    Invalid(#[source] wasmtime::Error),
    /// The component has no entry point.
    #[error(
        "the component exports no skill: neither `describe` and `run` of `mcp:tools/skill`, nor `wasi:cli/run`, \
         nor any function; it exports {}", short::names(.exports)
    )]
    NoSkill {
        /// What it exports.
        exports: Vec<String>,
    },
}

impl LoadError {
    /// A hint for the user.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotWasm(_) => Some("pass a component (.wasm), or the directory of a skill"),
            Self::CoreModule => Some(
                "build it with `cargo build --target wasm32-wasip2`, or make it a component with \
                 `wasm-tools component new MODULE --adapt wasi_snapshot_preview1.wasm`",
            ),
            Self::TypeTooLarge { .. } | Self::TypesTooLarge { .. } => {
                Some("pass large values as lists, or as JSON in a string")
            }
            Self::TooLarge { .. }
            | Self::TooManyFunctions { .. }
            | Self::TooManyParts { .. }
            | Self::TooDeep { .. }
            | Self::Unmeasured
            | Self::Compile(_)
            | Self::Engine(_) => None,
            Self::Invalid(_) => {
                Some("build it again with current tools; `wasm-tools validate` says more")
            }
            Self::NoSkill { .. } => Some(
                "export the skill with `mcp_guest_sdk::export_skill!`, or give the component a `main`",
            ),
        }
    }
}

/// Compiling failed, and the component may be the cause.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Compiling took longer than the deadline.
    #[error("compiling it took longer than {0:?}")]
    TimedOut(Duration),
    /// The process ended without a result: most often because it reached its memory bound.
    #[error(
        "the process that compiled it ended with {status}; it may use {memory} bytes of memory{said}"
    )]
    Died {
        /// The exit status.
        status: ExitStatus,
        /// The memory bound, in bytes.
        memory: u64,
        /// The last output of the process.
        said: String,
    },
    /// The compiler could not be started, or communication with it failed. The component is not the cause.
    #[error("failed to run the compiler `{}`", program.display())]
    Process {
        /// The program.
        program: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

fn beginning(start: &str) -> String {
    match start.trim_start().chars().next() {
        None if start.is_empty() => "it is empty".to_owned(),
        Some('{' | '[') => "it looks like JSON; a recording is run with `mcp-host replay`, and an input is given with \
                            `--input @FILE`"
            .to_owned(),
        _ => format!("it starts with {start:?}, not with `\\0asm`"),
    }
}
