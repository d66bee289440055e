//! The skill as the user names it: a component, or a directory that is built first.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use mcp_host::{Engine, LoadError, Skill};

use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::{build, dirs};

/// Builds a directory; takes a file as it is.
pub(crate) async fn component(skill: &Path, progress: &Progress) -> Result<PathBuf, Failure> {
    let metadata = std::fs::metadata(skill)
        .with_context(|| format!("failed to read skill `{}`", skill.display()))
        .map_err(|error| {
            Failure::usage(error).hint(Some(
                "pass a component (.wasm), or the directory of a skill",
            ))
        })?;
    if metadata.is_dir() {
        return build::build(skill, progress).await;
    }
    Ok(skill.to_owned())
}

/// Reads and compiles the component, or loads its compiled form.
pub(crate) async fn load(
    engine: &Engine,
    path: &Path,
    progress: &Progress,
) -> Result<Arc<Skill>, Failure> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("failed to read skill `{}`", path.display()))
        .map_err(Failure::usage)?;
    let cache = dirs::cache();
    if let Some(cache) = &cache
        && let Some(skill) =
            Skill::cached(engine, &bytes, cache).map_err(|error| not_loaded(path, error))?
    {
        return Ok(Arc::new(skill));
    }
    progress.wait_for(format!("compiling {}", path.display()));
    // On a thread of its own: a large component takes seconds to compile, and Ctrl-C must be heard meanwhile.
    let engine = engine.clone();
    let loading = tokio::task::spawn_blocking(move || Skill::load(&engine, &bytes, cache.as_ref()));
    let skill = loading
        .await
        .context("failed to compile the skill")
        .map_err(Failure::host)?
        .map_err(|error| not_loaded(path, error))?;
    progress.clear();
    Ok(Arc::new(skill))
}

fn not_loaded(path: &Path, error: LoadError) -> Failure {
    let hint = error.hint();
    let error =
        anyhow::Error::new(error).context(format!("failed to load skill `{}`", path.display()));
    Failure::new(Exit::Link, error).hint(hint)
}
