//! What a script can call, as its text says. Finds nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::literal::LiteralCall;
use crate::place::Span;
use crate::reads::Read;

/// What a script can call: this, and nothing else, is what the engine is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Manifest {
    /// The tools, each once per specifier, in the order in which the source names them.
    pub tools: Vec<ToolUse>,
    /// What of `mcp-host` is used.
    pub host: BTreeSet<HostName>,
    /// Where the source names each of these first.
    #[serde(skip)]
    pub host_at: BTreeMap<HostName, Span>,
    /// The earlier runs whose results are imported.
    pub runs: Vec<RunUse>,
    /// The modules of tools, as they are written: also one of which the script uses no tool.
    #[serde(skip)]
    pub modules: BTreeSet<String>,
}

/// One tool that a script can call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToolUse {
    /// The module, as it is written: `mcp:github`.
    pub specifier: String,
    /// The server that it names: `github`.
    pub server: String,
    /// The export, as it is written: the name of the tool, or a form of it.
    pub name: String,
    /// Where the source names it first.
    pub at: Span,
    /// The calls whose arguments are in the source.
    pub calls: Vec<LiteralCall>,
    /// The properties that the script reads of its answers, as far as its text shows them.
    pub reads: Vec<Read>,
    /// The server is meant by a name that nothing declares, as in `github.get_issue()` without an import.
    #[serde(skip)]
    pub undeclared: Option<Undeclared>,
}

/// A name that nothing in the script declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undeclared {
    /// As it is written.
    pub name: String,
    /// Names that the script could have meant: its own, and those that every script has.
    pub near: Vec<String>,
}

/// The result of an earlier run that a script imports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunUse {
    /// The module, as it is written: `run:r_7f3k2m9q`.
    pub specifier: String,
    /// The id: `r_7f3k2m9q`.
    pub id: String,
    /// Where the source names it first.
    pub at: Span,
}

macro_rules! host_names {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// An export of `mcp-host`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum HostName {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl HostName {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name of the export.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

host_names! {
    /// The input of the run.
    Input = "input",
    /// Names in a directory.
    ListDir = "listDir",
    /// A line in the log.
    Log = "log",
    /// The bytes of a file.
    ReadFile = "readFile",
    /// The text of a file.
    ReadTextFile = "readTextFile",
    /// The stored values.
    State = "state",
    /// The class of a failed call, which is global too.
    ToolError = "ToolError",
    /// Writes a file.
    WriteFile = "writeFile",
}

impl HostName {
    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}
