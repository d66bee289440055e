//! Bytes -> digest -> compiled component, with its imports and exports named. Runs nothing, links nothing, and reads no
//! files: the bytes that are hashed are the bytes that are compiled.

mod asking;
mod check;
mod compiled;
pub(crate) mod decoded;
mod error;
mod footprint;
mod imports;
mod needs;
mod nesting;
mod outline;
mod script_text;
pub(crate) mod types;
mod unfueled;
mod unread;
mod uses;

pub use check::MAX_COMPONENT;
pub(crate) use compiled::Compiled;
pub use error::{CompileError, LoadError};
pub(crate) use footprint::{Footprint, STACK};
pub(crate) use imports::{Import, ServedBy, is_program};
pub use needs::Needs;
pub use script_text::{ScriptError, ScriptText};

use std::sync::Arc;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex};

use crate::component::cache::Cache;
use crate::component::digest::Digest;
use crate::component::engine::{Engine, Kind};
use crate::component::exports::{self, Export, Invocation, InvokeError};
use crate::short;
use mcp_codec::Strings;

/// A component that can be run: its imports and its entry point are known.
pub struct Skill {
    /// Keeps the ticker running while a skill runs on it.
    pub(in crate::component) _engine: Engine,
    pub(crate) component: Component,
    pub(crate) digest: Digest,
    /// What each instantiation costs the host.
    pub(crate) footprint: Footprint,
    pub(crate) entry: EntryPoint,
    pub(crate) imports: Vec<Import>,
    pub(in crate::component) needs: Needs,
    pub(crate) exports: Vec<Export>,
    /// Which strings of the typed imports are JSON text.
    pub(crate) strings: Strings,
}

/// How a skill is entered. The functions are looked up once, not in each run.
pub(crate) enum EntryPoint {
    /// `describe` and `run` of `world skill` or `world async-skill`.
    Skill { run: ComponentExportIndex },
    /// `wasi:cli/run`: an ordinary `main`.
    Command { run: ComponentExportIndex },
    /// `run` of the script engine, with a script.
    Script {
        run: ComponentExportIndex,
        script: Arc<ScriptText>,
    },
    /// Only by a call of a function that it exports.
    Functions,
}

impl Skill {
    /// Validates and compiles the component, or takes its compiled form from the cache. Compiling takes from a tenth of
    /// a second to many seconds.
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
        let footprint = Self::check(bytes)?;
        decoded::check_bytes(bytes)?;
        let component = Self::compile(engine, bytes)
            .map_err(|error| LoadError::Invalid(short::error(&error)))?
            .component;
        let footprint = Self::compiled(&component, footprint)?;
        let digest = Digest::of(bytes);
        if let Some(cache) = cache {
            match component.serialize() {
                Ok(code) => cache.put(component.engine(), &digest, footprint, &code),
                Err(error) => tracing::warn!(%error, "the compiled component is not kept"),
            }
        }
        Self::of(engine, component, bytes, digest, footprint)
    }

    /// The checks that take little time and memory, made before compiling. Returns the footprint, or `None` if the
    /// bytes cannot be read.
    pub(crate) fn check(bytes: &[u8]) -> Result<Option<Footprint>, LoadError> {
        check::header(bytes)?;
        Footprint::of(bytes)
    }

    /// The checks that need the compiled form. The cache holds only components that passed them.
    pub(crate) fn compiled(
        component: &Component,
        footprint: Option<Footprint>,
    ) -> Result<Footprint, LoadError> {
        types::check(component)?;
        footprint.ok_or(LoadError::Unmeasured)
    }

    pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Compiled> {
        let has_epochs = unfueled::is_possible(bytes);
        let compile = |kind| {
            let component = Component::from_binary(engine.of(kind)?, bytes)?;
            Ok(Compiled { kind, component })
        };
        // A component with async types is refused at the first of them, which costs next to nothing.
        compile(Kind::of(false, has_epochs)).or_else(|_| compile(Kind::of(true, has_epochs)))
    }

    /// Takes the compiled form of the component from the cache, if the cache has it. That takes less than a
    /// millisecond.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component that exports a skill.
    pub fn cached(engine: &Engine, bytes: &[u8], cache: &Cache) -> Result<Option<Self>, LoadError> {
        check::header(bytes)?;
        let digest = Digest::of(bytes);
        let mut found = cache.get(engine.sync(), &digest);
        if found.is_none() {
            // Other engines are created only for a component that may be compiled for them.
            let has_epochs = unfueled::is_possible(bytes);
            for is_concurrent in [false, true] {
                let kind = Kind::of(is_concurrent, has_epochs);
                if found.is_none() && kind != Kind::default() {
                    found = cache.get(engine.of(kind).map_err(LoadError::Engine)?, &digest);
                }
            }
        }
        found
            .map(|(component, footprint)| Self::of(engine, component, bytes, digest, footprint))
            .transpose()
    }

    pub(crate) fn of(
        engine: &Engine,
        component: Component,
        bytes: &[u8],
        digest: Digest,
        footprint: Footprint,
    ) -> Result<Self, LoadError> {
        let exports = exports::of(&component);
        let entry = entry(&component, &exports)?;
        let imports = imports::of(&component);
        let strings = Strings::of(&component, bytes);
        let kind = engine.kind(component.engine()).unwrap_or_default();
        let footprint = if kind.is_concurrent {
            footprint.with_stacks()
        } else {
            footprint
        };
        Ok(Self {
            needs: Needs::of(&imports),
            _engine: engine.clone(),
            component,
            digest,
            footprint,
            entry,
            imports,
            exports,
            strings,
        })
    }

    /// The digest of the component.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The functions that the skill exports, at the top level and in interfaces.
    #[must_use]
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }

    /// Whether the skill has its own `run` or `main`. Without one, a skill is run by a call of a function that it
    /// exports.
    #[must_use]
    pub fn has_entry(&self) -> bool {
        !matches!(self.entry, EntryPoint::Functions)
    }

    /// Whether it is an ordinary program, with a `main`.
    #[must_use]
    pub fn is_program(&self) -> bool {
        matches!(self.entry, EntryPoint::Command { .. })
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

    /// The script, if it is one.
    pub(crate) fn script(&self) -> Option<&Arc<ScriptText>> {
        match &self.entry {
            EntryPoint::Script { script, .. } => Some(script),
            _ => None,
        }
    }

    /// The servers and tools that the component imports.
    #[must_use]
    pub fn needs(&self) -> &Needs {
        &self.needs
    }
}

fn entry(component: &Component, functions: &[Export]) -> Result<EntryPoint, LoadError> {
    let engine = component.engine();
    let ty = component.component_type();
    let mut exports = Vec::new();
    for (name, item) in ty.exports(engine) {
        if matches!(item.ty, ComponentItem::ComponentInstance(_))
            && is_program(name)
            && let Some(instance) = component.get_export_index(None, name)
            && let Some(run) = component.get_export_index(Some(&instance), "run")
        {
            return Ok(EntryPoint::Command { run });
        }
        exports.push(name.to_owned());
    }
    match (function(component, "describe"), function(component, "run")) {
        (Some(_), Some(run)) => Ok(EntryPoint::Skill { run }),
        _ if !functions.is_empty() => Ok(EntryPoint::Functions),
        _ => Err(LoadError::NoSkill { exports }),
    }
}

fn function(component: &Component, name: &str) -> Option<ComponentExportIndex> {
    match component.get_export(None, name)? {
        (ComponentItem::ComponentFunc(_), index) => Some(index),
        _ => None,
    }
}

#[cfg(test)]
#[path = "skill/tests.rs"]
mod tests;
