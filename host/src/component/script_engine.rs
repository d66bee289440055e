//! The component that runs scripts. It is one component for all of them, so that it is compiled once; a script is a
//! [`Skill`] of it, with the imports of the script as its manifest.

use std::sync::Arc;

use mcp_codec::Strings;
use wasmtime::component::{Component, ComponentExportIndex};

use crate::component::cache::Cache;
use crate::component::digest::Digest;
use crate::component::engine::Engine;
use crate::component::skill::{EntryPoint, Footprint, Import, LoadError, ScriptText, Skill};
use crate::contract::script::{HOST, PACKAGE};
use crate::short;

/// The compiled component that runs scripts. It is loaded once, and serves every script.
pub struct ScriptEngine {
    engine: Engine,
    component: Component,
    footprint: Footprint,
    run: ComponentExportIndex,
    imports: Vec<String>,
}

impl ScriptEngine {
    /// Compiles the engine, or takes its compiled form from the cache. Compiling takes some seconds.
    ///
    /// # Errors
    ///
    /// When the bytes are not the component of a script engine.
    pub fn load(engine: &Engine, bytes: &[u8], cache: Option<&Cache>) -> Result<Self, LoadError> {
        let wasmtime = engine.scripts().map_err(LoadError::Engine)?;
        let digest = Digest::of(bytes);
        let cached = cache.and_then(|cache| cache.get(wasmtime, &digest));
        let (component, footprint) = match cached {
            Some(found) => found,
            None => {
                let footprint = Skill::check(bytes)?;
                let component = Component::from_binary(wasmtime, bytes)
                    .map_err(|error| LoadError::Invalid(short::error(&error)))?;
                let footprint = footprint.ok_or(LoadError::Unmeasured)?;
                if let Some(cache) = cache {
                    match component.serialize() {
                        Ok(code) => cache.put(wasmtime, &digest, footprint, &code),
                        Err(error) => tracing::warn!(%error, "the script engine is not kept"),
                    }
                }
                (component, footprint)
            }
        };
        let imports: Vec<_> = component
            .component_type()
            .imports(wasmtime)
            .map(|(name, _)| name.to_owned())
            .collect();
        let run = component.get_export_index(None, "run");
        let run = run
            .filter(|_| imports.iter().any(|name| name == HOST))
            .ok_or_else(|| LoadError::NoSkill {
                exports: vec!["no `run` of a script engine".to_owned()],
            })?;
        Ok(Self {
            engine: engine.clone(),
            component,
            footprint,
            run,
            imports,
        })
    }

    /// Whether the cache has the compiled form of this engine.
    #[must_use]
    pub fn is_cached(engine: &Engine, bytes: &[u8], cache: &Cache) -> bool {
        let found = engine
            .scripts()
            .map(|wasmtime| cache.get(wasmtime, &Digest::of(bytes)));
        found.is_ok_and(|found| found.is_some())
    }

    /// The script as a skill of this engine.
    #[must_use]
    pub fn skill(&self, script: Arc<ScriptText>) -> Skill {
        let imports = self.imports.iter().map(|name| match name.as_str() {
            // The types of the interface are an instance of their own.
            name if name.starts_with(PACKAGE) => Import::Script,
            name => Import::interface(name),
        });
        Skill {
            _engine: self.engine.clone(),
            component: self.component.clone(),
            digest: script.digest(),
            footprint: self.footprint,
            imports: imports.collect(),
            needs: script.needs(),
            exports: Vec::new(),
            strings: Strings::Plain,
            entry: EntryPoint::Script {
                run: self.run,
                script,
            },
        }
    }
}
