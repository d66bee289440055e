//! The script engine of a host: loaded when the first script needs it, and once.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::component::cache::Cache;
use crate::component::engine::Engine;
use crate::component::script_engine::{ScriptEngine, ScriptImage};
use crate::component::skill::{LoadError, ScriptError, ScriptText, Skill};

/// A script that a [`Host`](super::Host) does not run.
#[derive(Debug, thiserror::Error)]
pub enum LoadScriptError {
    /// The text is no script. The error has each reason with its place.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The host was built without an engine for scripts.
    #[error("this host has no script engine; pass its component to `HostBuilder::script_engine`")]
    NoEngine,
    /// The bytes are not a script engine, or it cannot be compiled.
    #[error("failed to load the script engine")]
    Engine(#[source] LoadError),
    /// The thread that compiles the engine panicked.
    #[error("failed to compile the script engine")]
    Panicked(#[source] tokio::task::JoinError),
}

/// The engine of scripts, and what it is loaded from.
#[derive(Default)]
pub(super) struct Scripts {
    image: Option<ScriptImage>,
    engine: OnceCell<ScriptEngine>,
}

impl Scripts {
    pub(super) fn of(image: Option<ScriptImage>) -> Self {
        Self {
            image,
            engine: OnceCell::new(),
        }
    }

    /// The script as a skill. The text is read first: a mistake in it needs no engine.
    pub(super) async fn skill(
        &self,
        (name, text, memory): (&str, &str, usize),
        engine: &Engine,
        cache: Option<&Arc<Cache>>,
    ) -> Result<Arc<Skill>, LoadScriptError> {
        let script = Arc::new(ScriptText::read_within(name, text, memory)?);
        let image = self.image.as_ref().ok_or(LoadScriptError::NoEngine)?;
        let loaded = self.engine.get_or_try_init(|| async {
            let (engine, image) = (engine.clone(), image.clone());
            let cache = cache.cloned();
            // Compiling takes seconds, in which other runs of this thread go on.
            let load = move || ScriptEngine::load(&engine, &image, cache.as_deref());
            let loaded = tokio::task::spawn_blocking(load).await;
            loaded
                .map_err(LoadScriptError::Panicked)?
                .map_err(LoadScriptError::Engine)
        });
        Ok(Arc::new(loaded.await?.skill(script)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use crate::host::Host;

    #[tokio::test]
    async fn a_text_that_may_not_fit_in_a_slot_is_not_read() {
        let host = |memory| Host::builder().slots(1).memory(memory).build().unwrap();
        // 40,000 tokens: reading them is estimated at 42 MB.
        let dense = format!("export default [{}0];", "1,".repeat(20_000));
        let refused = |host: Host| {
            let dense = dense.clone();
            async move {
                host.script("dense.ts", &dense)
                    .await
                    .err()
                    .unwrap()
                    .to_string()
            }
        };
        let small = refused(host(32 << 20)).await;
        assert!(
            small.contains("reading the source can take 41 MiB, and the run has 32 MiB of memory"),
            "{small}"
        );
        // The text is read before the engine is missed.
        let large = refused(host(64 << 20)).await;
        assert!(
            large.starts_with("this host has no script engine"),
            "{large}"
        );
    }
}
