//! Bytes -> digest -> compiled component, with its imports and exports named.
//! Runs nothing, links nothing, and reads no file: the bytes that are hashed are the bytes that are compiled.

pub(crate) mod check;

use std::collections::BTreeSet;

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex};

use crate::cache::Cache;
use crate::codec::Strings;
use crate::compile::CompileError;
use crate::contract;
use crate::engine::Engine;
use crate::exports::{self, Export, Invocation, InvokeError};

/// A component that can be run: what it imports and how it is entered are known.
pub struct Skill {
    /// Its epoch ticks for as long as there is a skill that runs on it.
    _engine: Engine,
    pub(crate) component: Component,
    pub(crate) digest: blake3::Hash,
    pub(crate) entry: Entry,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Export>,
    /// Which strings of the typed imports are JSON text.
    pub(crate) strings: Strings,
}

/// How a skill is entered. The functions are looked up once, not in each run.
pub(crate) enum Entry {
    /// `describe` and `run` of `world skill` or `world async-skill`.
    Skill { run: ComponentExportIndex },
    /// `wasi:cli/run`: an ordinary `main`.
    Command { run: ComponentExportIndex },
    /// Only by calling a function that it exports.
    Functions,
}

/// One thing that a component imports.
pub(crate) enum Import {
    /// An interface of `mcp:tools`, by its full name.
    Contract(String),
    /// A WASI interface, by its full name.
    Wasi(String),
    /// A typed tool: one function of `mcp-server:SERVER/tools`.
    Tool {
        /// `mcp-server:SERVER/tools`, as the component names it.
        instance: String,
        /// `SERVER`.
        server: String,
        /// The function's label.
        label: String,
        /// Its type in the component.
        ty: ComponentFunc,
    },
    /// Something that this host does not serve.
    Unknown(String),
}

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
         nor any function; it exports {}", exports::list(.exports)
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
            Self::TooLarge { .. }
            | Self::TooManyFunctions { .. }
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

impl Skill {
    /// Validates and compiles the component, or takes its compiled form from the cache. Compiling takes from
    /// a tenth of a second to many.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component that exports a skill.
    pub fn load(engine: &Engine, bytes: &[u8], cache: Option<&Cache>) -> Result<Self, LoadError> {
        if let Some(cache) = cache
            && let Some(skill) = Self::cached(engine, bytes, cache)?
        {
            return Ok(skill);
        }
        Self::check(bytes)?;
        let component = Self::compile(engine, bytes)
            .map_err(LoadError::Invalid)?
            .into_component();
        let digest = blake3::hash(bytes);
        if let Some(cache) = cache {
            match component.serialize() {
                Ok(code) => cache.put(component.engine(), &digest, &code),
                Err(error) => tracing::warn!(%error, "the compiled component is not kept"),
            }
        }
        Self::of(engine, component, bytes, digest)
    }

    /// What can be said of the bytes in little time and memory, before they are compiled.
    pub(crate) fn check(bytes: &[u8]) -> Result<(), LoadError> {
        check::header(bytes)?;
        check::functions(bytes)
    }

    pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Compiled> {
        // A component with async types is refused at the first of them, which costs next to nothing.
        match Component::from_binary(engine.sync(), bytes) {
            Ok(component) => Ok(Compiled::Sync(component)),
            Err(_) => Component::from_binary(engine.concurrent()?, bytes).map(Compiled::Concurrent),
        }
    }

    /// Takes the compiled form of the component from the cache, if it is there. That takes less than a millisecond.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component that exports a skill.
    pub fn cached(engine: &Engine, bytes: &[u8], cache: &Cache) -> Result<Option<Self>, LoadError> {
        check::header(bytes)?;
        let digest = blake3::hash(bytes);
        let component = match cache.get(engine.sync(), &digest) {
            Some(component) => Some(component),
            None => cache.get(engine.concurrent().map_err(LoadError::Engine)?, &digest),
        };
        component
            .map(|component| Self::of(engine, component, bytes, digest))
            .transpose()
    }

    pub(crate) fn of(
        engine: &Engine,
        component: Component,
        bytes: &[u8],
        digest: blake3::Hash,
    ) -> Result<Self, LoadError> {
        let exports = exports::of(&component);
        let entry = entry(&component, &exports)?;
        let imports = imports(&component);
        let strings = Strings::of(&component, bytes);
        Ok(Self {
            _engine: engine.clone(),
            component,
            digest,
            entry,
            imports,
            exports,
            strings,
        })
    }

    /// BLAKE3 of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> String {
        self.digest.to_hex().to_string()
    }

    /// The functions that the skill exports, at the top level and in interfaces.
    #[must_use]
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }

    /// Whether the skill has a `run` or a `main` of its own. One without is run by calling a function that it exports.
    #[must_use]
    pub fn has_entry(&self) -> bool {
        !matches!(self.entry, Entry::Functions)
    }

    /// A call of a function that the skill exports, for [`invoke`](crate::invoke).
    ///
    /// `call` is WAVE, as `triage("repo", {days: 7})`, or a name alone; then `input` is JSON text: an object of the
    /// arguments by name, or an array of them in order. Where it is `None`, there are no arguments.
    /// A function of an interface is `INTERFACE#FUNCTION`, and its name alone where no other has it.
    ///
    /// # Errors
    ///
    /// When no function has that name or several have, or when the arguments do not fit its types.
    pub fn invocation(&self, call: &str, input: Option<&str>) -> Result<Invocation, InvokeError> {
        exports::invocation(&self.exports, call, input)
    }

    /// The servers whose tools the skill imports with types: `NAME` of `mcp-server:NAME/tools`.
    #[must_use]
    pub fn servers(&self) -> BTreeSet<&str> {
        self.imports
            .iter()
            .filter_map(|import| match import {
                Import::Tool { server, .. } => Some(server.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether the skill can name servers at run time: it imports `call-tool`, or the catalog as files.
    #[must_use]
    pub fn reads_catalog(&self) -> bool {
        self.imports.iter().any(|import| {
            matches!(import, Import::Contract(name)
                if name.starts_with("mcp:tools/tools@") || name.starts_with("mcp:tools/files@"))
        })
    }
}

/// A component, and which of the two engines it was compiled for.
pub(crate) enum Compiled {
    Sync(Component),
    Concurrent(Component),
}

impl Compiled {
    pub(crate) fn component(&self) -> &Component {
        match self {
            Self::Sync(component) | Self::Concurrent(component) => component,
        }
    }

    fn into_component(self) -> Component {
        match self {
            Self::Sync(component) | Self::Concurrent(component) => component,
        }
    }
}

fn entry(component: &Component, functions: &[Export]) -> Result<Entry, LoadError> {
    let engine = component.engine();
    let ty = component.component_type();
    let mut exports = Vec::new();
    for (name, item) in ty.exports(engine) {
        if matches!(item.ty, ComponentItem::ComponentInstance(_))
            && name.starts_with("wasi:cli/run@0.2.")
            && let Some(instance) = component.get_export_index(None, name)
            && let Some(run) = component.get_export_index(Some(&instance), "run")
        {
            return Ok(Entry::Command { run });
        }
        exports.push(name.to_owned());
    }
    match (function(component, "describe"), function(component, "run")) {
        (Some(_), Some(run)) => Ok(Entry::Skill { run }),
        _ if !functions.is_empty() => Ok(Entry::Functions),
        _ => Err(LoadError::NoSkill { exports }),
    }
}

fn function(component: &Component, name: &str) -> Option<ComponentExportIndex> {
    match component.get_export(None, name)? {
        (ComponentItem::ComponentFunc(_), index) => Some(index),
        _ => None,
    }
}

fn imports(component: &Component) -> Vec<Import> {
    let engine = component.engine();
    let mut imports = Vec::new();
    for (name, item) in component.component_type().imports(engine) {
        if name.starts_with("wasi:") {
            imports.push(Import::Wasi(name.to_owned()));
        } else if contract::INTERFACES.contains(&name) {
            imports.push(Import::Contract(name.to_owned()));
        } else if let Some(server) = typed_server(name)
            && let ComponentItem::ComponentInstance(instance) = &item.ty
        {
            for (label, export) in instance.exports(engine) {
                if let ComponentItem::ComponentFunc(ty) = export.ty {
                    imports.push(Import::Tool {
                        instance: name.to_owned(),
                        server: server.to_owned(),
                        label: label.to_owned(),
                        ty,
                    });
                }
            }
        } else if !only_types(&item.ty, engine) {
            imports.push(Import::Unknown(name.to_owned()));
        }
    }
    imports
}

/// An interface of types alone needs nobody to serve it: exported interfaces use the types of such ones.
fn only_types(item: &ComponentItem, engine: &wasmtime::Engine) -> bool {
    let ComponentItem::ComponentInstance(instance) = item else {
        return false;
    };
    instance
        .exports(engine)
        .all(|(_, export)| matches!(export.ty, ComponentItem::Type(_)))
}

/// `github` of `mcp-server:github/tools`.
pub(crate) fn typed_server(instance: &str) -> Option<&str> {
    instance.strip_prefix("mcp-server:")?.strip_suffix("/tools")
}

#[cfg(test)]
#[path = "skill/tests.rs"]
mod tests;
