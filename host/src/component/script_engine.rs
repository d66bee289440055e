//! The component that runs scripts. It is one component for all of them, so that it is compiled once; a script is a
//! [`Skill`] of it, with the imports of the script as its manifest.

mod image;

pub use image::ScriptImage;

use std::sync::Arc;

use mcp_codec::Strings;
use wasmtime::component::{Component, ComponentExportIndex};

use crate::component::cache::Cache;
use crate::component::digest::Digest;
use crate::component::engine::{Engine, in_place};
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
    /// Loads the compiled form that the image has or that the cache has, or compiles the engine, which takes some
    /// seconds.
    ///
    /// # Errors
    ///
    /// When the bytes are not the component of a script engine.
    pub fn load(
        engine: &Engine,
        image: &ScriptImage,
        cache: Option<&Cache>,
    ) -> Result<Self, LoadError> {
        if let Some(ready) = Self::ready(engine, image) {
            return Ok(ready);
        }
        let wasmtime = engine.scripts().map_err(LoadError::Engine)?;
        let bytes = image.component();
        let digest = Digest::of(bytes);
        if let Some((component, footprint)) = cache.and_then(|cache| cache.get(wasmtime, &digest)) {
            return Self::of(engine, component, footprint);
        }
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
        Self::of(engine, component, footprint)
    }

    /// Loads the compiled form that the image has, in about a millisecond. `None` where it has none, or none for this
    /// processor.
    #[must_use]
    pub fn ready(engine: &Engine, image: &ScriptImage) -> Option<Self> {
        let code = image.code()?;
        let footprint = Skill::check(image.component()).ok().flatten()?;
        #[allow(
            unsafe_code,
            reason = "the program says that this is the compiled form of its engine"
        )]
        // SAFETY: by the contract of `ScriptImage::with_code`.
        let component = unsafe { in_place::load(engine.scripts().ok()?, code) };
        let loaded = component
            .map_err(LoadError::Engine)
            .and_then(|component| Self::of(engine, component, footprint));
        loaded
            .inspect_err(|error| {
                let error = mcp_bridge::with_causes(error);
                tracing::info!(%error, "the compiled script engine of this program does not load; compiling it");
            })
            .ok()
    }

    /// Whether the engine can be loaded without compiling it.
    #[must_use]
    pub fn is_compiled(engine: &Engine, image: &ScriptImage, cache: &Cache) -> bool {
        let cached = || {
            let wasmtime = engine.scripts().ok()?;
            cache.get(wasmtime, &Digest::of(image.component()))
        };
        Self::ready(engine, image).is_some() || cached().is_some()
    }

    fn of(engine: &Engine, component: Component, footprint: Footprint) -> Result<Self, LoadError> {
        let imports: Vec<_> = component
            .component_type()
            .imports(component.engine())
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

#[cfg(test)]
#[path = "script_engine/tests.rs"]
mod tests;
