//! Links a skill's imports: types compared, codecs built, all refusals named at once.
//! Never calls a server and never creates a Store.

mod parts;
mod typed;

pub use parts::Part;
pub use typed::definition;
pub(crate) use typed::refusal_error;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use wasmtime::component::{InstancePre, Linker};

use crate::catalog::Catalog;
use crate::contract;
use crate::files::Files;
use crate::policy::{Grants, PolicyRefusal, advice};
use crate::run::Run;
use crate::skill::{Import, Skill};
use crate::state::StateStore;
use crate::wasi;

/// A skill that can be executed: every import is satisfied.
pub struct Linked {
    pub(crate) skill: Arc<Skill>,
    pub(crate) instance: InstancePre<Run>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) files: Arc<Files>,
    pub(crate) state: Option<(Arc<StateStore>, String)>,
    /// The skills that serve its imports, by the places that the linker knows them by.
    pub(crate) parts: Vec<(String, Linked)>,
}

/// What a skill is linked against.
#[derive(Default)]
pub struct Environment {
    /// The servers of the run.
    pub catalog: Arc<Catalog>,
    /// What the user granted beyond the typed imports.
    pub grants: Arc<Grants>,
    /// Where `state` lives, and the name of the skill in it. Without it every `state` call gives `io`.
    pub state: Option<(Arc<StateStore>, String)>,
}

/// A skill that cannot be linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Imports that nobody serves, or whose types differ.
    #[error("{}", lines(.0))]
    Imports(Vec<ImportError>),
    /// Skills that serve each other.
    #[error("the skills serve each other in a circle: {}", circle(.0))]
    Cycle(Vec<String>),
    /// A part that cannot be linked itself.
    #[error("failed to link `{part}`")]
    Part {
        /// The part.
        part: String,
        /// Why.
        source: Box<LinkError>,
    },
    /// A part that serves nobody.
    #[error("no skill imports what `{part}` exports: {}", crate::exports::list(.exports))]
    Unused {
        /// The part.
        part: String,
        /// The interfaces that it exports.
        exports: Vec<String>,
    },
    /// A granted directory that cannot be opened.
    #[error(transparent)]
    Files(#[from] crate::files::GrantedDirError),
    /// Wasmtime's own check failed: a WASI interface of a version that it does not have, for example.
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
    /// An interface that several parts export.
    #[error("import `{import}`: both `{}` and `{}` export it", .parts[0], .parts[1])]
    Ambiguous {
        /// The imported interface.
        import: String,
        /// Two of the parts.
        parts: [String; 2],
    },
    /// A function that the part which exports its interface does not have.
    #[error("import `{import}`: `{part}` exports the interface without this function")]
    NotExported {
        /// The imported function.
        import: String,
        /// The part.
        part: String,
    },
    /// A function that a part exports with another type.
    #[error("import `{imported}`: `{part}` exports `{exported}`")]
    PartMismatch {
        /// The part.
        part: String,
        /// The function as it is imported.
        imported: String,
        /// The function as it is exported.
        exported: String,
    },
    /// A value that cannot go from one store to another.
    #[error("import `{import}`: {what} cannot go from one skill to another; only values can")]
    Crossing {
        /// The imported function or type.
        import: String,
        /// What cannot go.
        what: String,
    },
    /// A server that is not part of the run.
    #[error("import `mcp-server:{server}/tools`: no server `{server}` in this run")]
    Server {
        /// Its label in the import.
        server: String,
    },
    /// A tool that the server does not have (any more).
    #[error("import `{instance}#{label}`: server `{server}` has no such tool{}", near(.nearest))]
    Tool {
        /// The imported instance.
        instance: String,
        /// The function's label.
        label: String,
        /// The server's name.
        server: String,
        /// The tool whose label is closest, if one is close.
        nearest: Option<String>,
    },
    /// A tool that is not as it was when its server was pinned.
    #[error("import `{instance}#{label}`: {why}")]
    Drifted {
        /// The imported instance.
        instance: String,
        /// The function's label.
        label: String,
        /// What happened to the tool, what to do, and the difference.
        why: String,
    },
    /// A tool that the code generator refuses.
    #[error("import `{instance}#{label}`: {why}")]
    Refused {
        /// The imported instance.
        instance: String,
        /// The function's label.
        label: String,
        /// The reason.
        why: String,
    },
    /// A tool that policy refuses.
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
    /// Whether policy is all that is in the way.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        match self {
            Self::Imports(errors) => errors
                .iter()
                .all(|error| matches!(error, ImportError::Policy { .. })),
            Self::Part { source, .. } => source.is_denial(),
            _ => false,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let errors = match self {
            Self::Imports(errors) => errors,
            Self::Part { source, .. } => return source.hint(),
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

/// Satisfies every import of the skill, or names every one that cannot be satisfied.
///
/// # Errors
///
/// When an import is unknown, policy refuses it, its types do not fit the live schema, or a granted directory cannot be
/// opened.
pub fn link(skill: &Arc<Skill>, environment: &Environment) -> Result<Linked, LinkError> {
    link_with(skill, environment, &[])
}

/// The same, with other skills to serve the interfaces that the host itself does not: each has a store, grants, memory
/// and state of its own, and shares the deadline, the fuel and the call budget of the run.
///
/// # Errors
///
/// Those of [`link`], for the skill and for each part; also when the parts serve each other in a circle, when one serves
/// nobody, and when what one exports is not what another imports.
pub fn link_with(
    skill: &Arc<Skill>,
    environment: &Environment,
    parts: &[Part],
) -> Result<Linked, LinkError> {
    let plan = parts::plan(skill, parts)?;
    let mut linked = Vec::with_capacity(parts.len());
    for (part, served) in parts.iter().zip(&plan.parts) {
        let one = link_one(&part.skill, &part.environment, served);
        let one = one.map_err(|source| LinkError::Part {
            part: part.name.clone(),
            source: Box::new(source),
        })?;
        linked.push((part.name.clone(), one));
    }
    let mut main = link_one(skill, environment, &plan.main)?;
    main.parts = linked;
    Ok(main)
}

fn link_one(
    skill: &Arc<Skill>,
    environment: &Environment,
    served: &parts::Served<'_>,
) -> Result<Linked, LinkError> {
    let _span = tracing::info_span!("link", mcp_host.skill.digest = %skill.digest).entered();
    let mut linker = Linker::<Run>::new(skill.component.engine());
    let mut errors = Vec::new();
    let mut tools: BTreeMap<&str, Vec<typed::ImportedTool<'_>>> = BTreeMap::new();
    let mut contract = false;
    let mut wasi = Vec::new();
    for import in &skill.imports {
        match import {
            Import::Contract(_) => contract = true,
            Import::Wasi(name) if is_served(name) => wasi.push(name.as_str()),
            Import::Wasi(name) => errors.push(ImportError::Unknown(name.clone())),
            Import::Unknown(name) if name.starts_with(contract::PACKAGE) => {
                errors.push(ImportError::Contract(name.clone()));
            }
            Import::Unknown(name) if served.iter().any(|(known, ..)| known == name) => {}
            Import::Unknown(name) => errors.push(ImportError::Unknown(name.clone())),
            Import::Tool {
                instance,
                server,
                label,
                ty,
            } => tools
                .entry(instance)
                .or_default()
                .push(typed::ImportedTool {
                    server,
                    label,
                    ty,
                    strings: &skill.strings,
                }),
        }
    }
    if contract {
        contract::add_to_linker(&mut linker).map_err(LinkError::Wasmtime)?;
    }
    wasi::add_to_linker(&mut linker, wasi.into_iter()).map_err(LinkError::Wasmtime)?;
    for (instance, tools) in tools {
        typed::link(&mut linker, instance, &tools, environment, &mut errors)
            .map_err(LinkError::Wasmtime)?;
    }
    for served in served {
        parts::define(&mut linker, &skill.component, served, &mut errors)
            .map_err(LinkError::Wasmtime)?;
    }
    if !errors.is_empty() {
        return Err(LinkError::Imports(errors));
    }
    let instance = linker
        .instantiate_pre(&skill.component)
        .map_err(LinkError::Wasmtime)?;
    Ok(Linked {
        skill: Arc::clone(skill),
        instance,
        catalog: Arc::clone(&environment.catalog),
        grants: Arc::clone(&environment.grants),
        files: Arc::new(Files::open(&environment.grants, &environment.catalog)?),
        state: environment.state.clone(),
        parts: Vec::new(),
    })
}

/// The packages of WASI 0.2 that a skill's standard library needs. Network and HTTP are tools' work.
/// `wasi:sockets` is linked, because Python's and C's libraries import it, and every use of it is refused.
fn is_served(name: &str) -> bool {
    const PACKAGES: [&str; 6] = [
        "wasi:cli/",
        "wasi:clocks/",
        "wasi:filesystem/",
        "wasi:io/",
        "wasi:random/",
        "wasi:sockets/",
    ];
    name.contains("@0.2.") && PACKAGES.iter().any(|package| name.starts_with(package))
}

fn lines(errors: &[ImportError]) -> impl fmt::Display {
    let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
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
