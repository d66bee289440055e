//! Why a skill cannot be linked, and a hint for the user.

use std::fmt;

use crate::component::skill::ScriptError;
use crate::rules::policy::{PolicyRefusal, advice};
use crate::short::short;

/// A skill that cannot be linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Imports without a provider, or with other types than the provider.
    #[error("{}", lines(.0))]
    Imports(Vec<ImportError>),
    /// Skills that provide imports of each other in a cycle.
    #[error("the skills serve each other in a circle: {}", circle(.0))]
    Cycle(Vec<String>),
    /// A dependency that cannot be linked itself.
    #[error("failed to link `{dependency}`")]
    Dependency {
        /// The dependency.
        dependency: String,
        /// The cause.
        source: Box<LinkError>,
    },
    /// A dependency that provides no import of another skill.
    #[error("no skill imports what `{dependency}` exports: {}", crate::short::names(.exports))]
    Unused {
        /// The dependency.
        dependency: String,
        /// The interfaces that it exports.
        exports: Vec<String>,
    },
    /// Imports or calls of a script that cannot be satisfied, each with its place.
    #[error("{error}")]
    Script {
        /// What is wrong, and where.
        error: Box<ScriptError>,
        /// Whether policy is the only obstacle.
        is_denial: bool,
        /// A hint for the user.
        hint: Option<String>,
        /// The servers that it names and that are not in the run.
        missing: Vec<String>,
    },
    /// A granted directory that cannot be opened.
    #[error(transparent)]
    Files(#[from] crate::storage::files::GrantedDirError),
    /// Wasmtime's own check failed: for example, a WASI interface of a version that it does not have.
    #[error("the imports do not fit")]
    Wasmtime(#[source] wasmtime::Error),
}

/// One import that cannot be satisfied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// An interface that this host does not have.
    #[error("import `{0}`: this host does not serve it")]
    Unknown(String),
    /// A version of the contract that this host does not have.
    #[error("import `{0}`: this host serves version 0.1.0 of `mcp:tools`")]
    Contract(String),
    /// An interface that several dependencies export.
    #[error("import `{import}`: both `{}` and `{}` export it", .dependencies[0], .dependencies[1])]
    Ambiguous {
        /// The imported interface.
        import: String,
        /// Two of the dependencies.
        dependencies: [String; 2],
    },
    /// A function that the dependency that exports its interface does not have.
    #[error("import `{import}`: `{dependency}` exports the interface without this function")]
    NotExported {
        /// The imported function.
        import: String,
        /// The dependency.
        dependency: String,
    },
    /// A function that a dependency exports with another type.
    #[error("import `{imported}`: `{dependency}` exports `{exported}`")]
    DependencyMismatch {
        /// The dependency.
        dependency: String,
        /// The function as it is imported.
        imported: String,
        /// The function as it is exported.
        exported: String,
    },
    /// A value that cannot pass from one store to another.
    #[error("import `{import}`: {what} cannot go from one skill to another; only values can")]
    Crossing {
        /// The imported function or type.
        import: String,
        /// What cannot pass.
        what: String,
    },
    /// A server that does not belong to the run.
    #[error("import `mcp-server:{server}/tools`: no server `{server}` in this run")]
    Server {
        /// Its label in the import.
        server: String,
    },
    /// A tool that the server does not have, or no longer has.
    #[error("import `{instance}#{label}`: server `{server}` has no such tool{}", near(.nearest))]
    Tool {
        /// The imported instance.
        instance: String,
        /// The function's label.
        label: String,
        /// The server's name.
        server: String,
        /// The tool whose label is most similar, if one is similar.
        nearest: Option<String>,
    },
    /// A tool that differs from its pin.
    #[error("import `{instance}#{label}`: {why}")]
    Drifted {
        /// The imported instance.
        instance: String,
        /// The function's label.
        label: String,
        /// What happened to the tool, the difference, and a hint for the user.
        why: String,
    },
    /// A tool that the code generator rejects.
    #[error("import `{instance}#{label}`: {why}")]
    Refused {
        /// The imported instance.
        instance: String,
        /// The function's label.
        label: String,
        /// The reason.
        why: String,
    },
    /// A tool that policy denies.
    #[error("import `{instance}#{label}`: {refusal}")]
    Policy {
        /// The imported instance.
        instance: String,
        /// The function's label.
        label: String,
        /// The reason.
        refusal: Box<PolicyRefusal>,
    },
    /// A tool whose schema changed since the skill was built.
    #[error("tool `{tool}` of server `{server}` changed: `{field}` was {built}, now {live}")]
    Mismatch {
        /// The server's name.
        server: String,
        /// The tool's name.
        tool: String,
        /// The field, like `params.labels[].name`.
        field: String,
        /// The type in the component.
        built: String,
        /// The type that the live schema gives.
        live: String,
    },
}

impl LinkError {
    /// Whether policy is the only obstacle.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        match self {
            Self::Imports(errors) => errors
                .iter()
                .all(|error| matches!(error, ImportError::Policy { .. })),
            Self::Dependency { source, .. } => source.is_denial(),
            Self::Script { is_denial, .. } => *is_denial,
            _ => false,
        }
    }

    /// A hint for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let errors = match self {
            Self::Imports(errors) => errors,
            Self::Dependency { source, .. } => return source.hint(),
            Self::Script { hint, .. } => return hint.clone(),
            _ => return None,
        };
        let refused = errors.iter().filter_map(|error| match error {
            ImportError::Policy { refusal, .. } => Some(&**refusal),
            _ => None,
        });
        if let Some(advice) = advice(refused) {
            return Some(advice);
        }
        errors.iter().find_map(|error| match error {
            ImportError::Mismatch { server, .. } | ImportError::Tool { server, .. } => {
                Some(format!(
                    "regenerate with `mcp-codegen wit {server} --out wit` and rebuild the skill"
                ))
            }
            ImportError::Server { server } => Some(format!(
                "add `{server}` to `mcpServers` in the configuration"
            )),
            ImportError::Unknown(name) if name.starts_with("wasi:") => {
                Some("skills get no network and no host files; tools do that work".to_owned())
            }
            ImportError::Unknown(_) => {
                Some("if another skill exports it, add that one with `--with SKILL`".to_owned())
            }
            _ => None,
        })
    }
}

/// The most imports that a message lists.
const SHOWN: usize = 50;

/// The most bytes about one import: a changed tool is shown with its difference.
const LONGEST: usize = 8_000;

fn lines(errors: &[ImportError]) -> impl fmt::Display {
    let shown = errors.iter().take(SHOWN);
    let mut lines: Vec<_> = shown.map(|error| short(error, LONGEST)).collect();
    let more = errors.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.push(format!("and {more} more imports that cannot be satisfied"));
    }
    lines.join("\n")
}

/// `a` -> `b` -> `a`
fn circle(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" -> ")
}

fn near(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or_else(String::new, |near| format!("; did it mean `{near}`?"))
}
