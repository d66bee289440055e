//! Why bytes are not a skill, and what to do about it.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use crate::short;

/// Bytes that are not a skill.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No `\0asm` at the start.
    #[error("not WebAssembly: it starts with {0:?}, not with `\\0asm`")]
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
    /// Components inside of components.
    #[error("the component nests components more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A valid component of which it cannot be said what it instantiates.
    #[error("the component instantiates modules in a way that this host does not know")]
    Unmeasured,
    /// The type of one function is too large.
    #[error(
        "the type of function `{function}` has more than {limit} parts, where each type counts as often as it is used"
    )]
    TypeTooLarge {
        /// The function, fit to be shown.
        function: String,
        /// The limit.
        limit: u64,
    },
    /// The types of all functions together are too large.
    #[error(
        "the {side} of the component have types of more than {limit} parts, where each type counts as often as it is used"
    )]
    TypesTooLarge {
        /// `imports` or `exports`.
        side: &'static str,
        /// The limit.
        limit: u64,
    },
    /// Compiling it came to nothing.
    #[error(transparent)]
    Compile(CompileError),
    /// No engine for components with async types.
    #[error("failed to set up the WebAssembly engine")]
    Engine(#[source] wasmtime::Error),
    /// WebAssembly that does not validate, or that uses a proposal which this host leaves off.
    #[error("the component is broken, or uses a proposal that is off here")]
    Invalid(#[source] wasmtime::Error),
    /// Nothing to enter it by.
    #[error(
        "the component exports no skill: neither `describe` and `run` of `mcp:tools/skill`, nor `wasi:cli/run`, \
         nor any function; it exports {}", short::names(.exports)
    )]
    NoSkill {
        /// What it does export.
        exports: Vec<String>,
    },
}

impl LoadError {
    /// What to do next.
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

/// Compiling came to nothing, and the component may be to blame.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// It took too long.
    #[error("compiling it took longer than {0:?}")]
    TimedOut(Duration),
    /// The process ended without a result: most often because it may not have more memory.
    #[error(
        "the process that compiled it ended with {status}; it may use {memory} bytes of memory{said}"
    )]
    Died {
        /// How it ended.
        status: ExitStatus,
        /// Its bound, in bytes.
        memory: u64,
        /// What it said last.
        said: String,
    },
    /// The compiler could not be started or spoken to. The component is not to blame.
    #[error("failed to run the compiler `{}`", program.display())]
    Process {
        /// The program.
        program: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}
