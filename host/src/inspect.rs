//! Reports what a component is and what it can do, from its bytes alone. Compiles, links and runs nothing.

mod functions;
mod manifest;
mod producers;
mod script;

pub use functions::ExportedFunction;
pub use manifest::{Manifest, Tool};
pub use producers::Producer;
pub use script::inspect_script;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use wasmparser::{Validator, WasmFeatures};
use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{PackageId, Resolve, WorldId, WorldItem};

use crate::component::digest::Digest;
use crate::component::skill::{LoadError, Skill, decoded, is_program};
use crate::short::{self, short};

/// What a component is, and what it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its length, in bytes.
    pub size: usize,
    /// The name that it gives itself.
    pub name: Option<String>,
    /// How it is entered.
    pub entry: EntryKind,
    /// What it exports, by full name.
    pub exports: Vec<String>,
    /// The functions that it exports, with the types of their values as JSON Schema.
    pub functions: Vec<ExportedFunction>,
    /// The languages and tools that it claims to be made with.
    pub producers: Vec<Producer>,
    /// The permission manifest.
    pub permissions: Manifest,
    /// Its world and the world's interfaces, as WIT.
    pub wit: String,
}

/// How a component is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// `describe` and `run` of `mcp:tools/skill`.
    Skill,
    /// `wasi:cli/run`: an ordinary `main`.
    Program,
    /// A script: the script engine runs it.
    Script,
    /// Only by functions of its own.
    Functions,
    /// No entry point.
    None,
}

/// Bytes that cannot be inspected.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// Not a component, or one that is too large.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A component that does not validate.
    #[error("the component is broken")]
    Invalid(#[source] wasmtime::Error),
    /// A valid component whose interface WIT cannot express.
    #[error("the interface of the component cannot be written as WIT: {0}")]
    NoWit(String),
}

impl InspectError {
    /// A hint for the user.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Load(error) => error.hint(),
            Self::Invalid(_) => Some("build it again with current tools"),
            Self::NoWit(_) => None,
        }
    }
}

/// Inspects a component.
///
/// # Errors
///
/// When the bytes are not a valid component, or when WIT cannot express its imports and exports.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, InspectError> {
    Skill::check(bytes)?;
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(bytes)
        .map_err(|error| InspectError::Invalid(short::error(&error.into())))?;
    // The decoder is written for the output of componentisers, and panics on some other valid components.
    let decoded = catch_unwind(AssertUnwindSafe(|| world_of(bytes)));
    let (resolve, world, wit) = match decoded {
        Ok(decoded) => decoded?,
        Err(_) => return Err(InspectError::NoWit("it is not what WIT describes".into())),
    };
    let exports = exports(&resolve, world);
    let functions = functions::of(&resolve, world);
    let (name, producers) = producers::of(bytes);
    Ok(Inspection {
        digest: Digest::of(bytes),
        size: bytes.len(),
        name,
        entry: entry(&exports, &functions),
        functions,
        producers,
        permissions: Manifest::of(&resolve, world),
        exports,
        wit,
    })
}

/// The world, and its WIT.
fn world_of(bytes: &[u8]) -> Result<(Resolve, WorldId, String), InspectError> {
    let (resolve, world, package) = world(bytes).map_err(|error| no_wit(&error))?;
    decoded::check(&resolve, world)?;
    let others: Vec<_> = resolve
        .packages
        .iter()
        .map(|(id, _)| id)
        .filter(|id| *id != package)
        .collect();
    let mut printer = WitPrinter::default();
    // Doc comments may hold any text, and do not show what the component can do.
    printer
        .emit_docs(false)
        .print(&resolve, package, &others)
        .map_err(|error| no_wit(&error))?;
    let wit = printer.output.to_string();
    Ok((resolve, world, wit))
}

fn world(bytes: &[u8]) -> anyhow::Result<(Resolve, WorldId, PackageId)> {
    let (resolve, world) = match wit_component::decode(bytes)? {
        DecodedWasm::Component(resolve, world) => (resolve, world),
        DecodedWasm::WitPackage(..) => anyhow::bail!("it is a WIT package, without any code"),
    };
    let Some(package) = resolve.worlds[world].package else {
        anyhow::bail!("its world has no package");
    };
    Ok((resolve, world, package))
}

/// The decoder's message contains names of the component, which may be long.
fn no_wit(error: &anyhow::Error) -> InspectError {
    InspectError::NoWit(short(format_args!("{error:#}"), 1_000))
}

fn exports(resolve: &Resolve, world: WorldId) -> Vec<String> {
    resolve.worlds[world]
        .exports
        .iter()
        .filter(|(_, item)| !matches!(item, WorldItem::Type { .. }))
        .map(|(key, _)| resolve.name_world_key(key))
        .collect()
}

/// The same decision as in `Skill::load`.
fn entry(exports: &[String], functions: &[ExportedFunction]) -> EntryKind {
    let has = |name: &str| functions.iter().any(|function| function.name == name);
    if exports.iter().any(|export| is_program(export)) {
        EntryKind::Program
    } else if has("describe") && has("run") {
        EntryKind::Skill
    } else if !functions.is_empty() {
        EntryKind::Functions
    } else {
        EntryKind::None
    }
}

#[cfg(test)]
#[path = "inspect/tests.rs"]
mod tests;
