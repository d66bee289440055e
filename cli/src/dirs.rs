//! The directories of this user's cache and state: the XDG base directories.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use etcetera::BaseStrategy as _;
use mcp_bridge::{Config, ResponseCacheDir};
use mcp_host::{Cache, DayCounts, DayFiles, RunStore, StateStore};

use super::exit::Failure;

/// The cache of compiled components, of this size or the default. Without a cache, each run compiles again.
pub(crate) fn cache(size: Option<u64>) -> Option<Cache> {
    open_cache(size)
        .inspect_err(|error| {
            let error = format!("{error:#}");
            tracing::warn!(error, "running without the cache of compiled components");
        })
        .ok()
}

pub(crate) fn open_cache(size: Option<u64>) -> anyhow::Result<Cache> {
    let base = etcetera::choose_base_strategy()?;
    let dir = base.cache_dir().join("mcp-host").join("compiled");
    // Outside the cache, so that a user who can write there cannot also sign what is written.
    let key = state_dir(&base).join("cache.key");
    let cache = Cache::open(&dir, &key)?;
    Ok(cache.size(size.unwrap_or(Cache::DEFAULT_SIZE)))
}

/// The response cache on disk, if one of these servers has a `cache`.
pub(crate) fn response_cache<'a>(
    config: &Config,
    mut names: impl Iterator<Item = &'a str>,
) -> Option<ResponseCacheDir> {
    let caches = |name| {
        config
            .server(name)
            .is_ok_and(|server| server.cache.is_some())
    };
    if !names.any(caches) {
        return None;
    }
    let base = etcetera::choose_base_strategy().ok()?;
    let opened = mcp_host::cache_key(&state_dir(&base).join("cache.key"))
        .map_err(anyhow::Error::from)
        .and_then(|key| {
            let dir = base.cache_dir().join("mcp-host").join("answers");
            Ok(ResponseCacheDir::open(&dir, &key)?)
        });
    opened
        .inspect_err(|error| {
            let error = format!("{error:#}");
            tracing::warn!(error, "responses are cached in memory only");
        })
        .ok()
}

/// The stores of all skills.
pub(crate) fn states() -> anyhow::Result<StateStore> {
    let state_dir = state_dir(&etcetera::choose_base_strategy()?);
    Ok(StateStore::at(state_dir.join(SKILLS)).inside(state_dir))
}

/// The directory of the tool lists that `serve` keeps.
pub(crate) fn tool_lists() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.cache_dir().join("mcp-host").join("tools"))
}

/// The directory of the types that `serve` learns.
pub(crate) fn learned() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(state_dir(&base).join("learned"))
}

/// The directory of what `serve` keeps of each user of an authorization server.
pub(crate) fn principals() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(state_dir(&base).join("principals"))
}

/// The configuration file of this user, whatever other files there are.
pub(crate) fn user_config() -> anyhow::Result<PathBuf> {
    let base = etcetera::choose_base_strategy()?;
    Ok(base.config_dir().join("mcp-host").join("mcp.json"))
}

/// Makes the directory of a file for this user alone, where it is missing.
pub(crate) fn make_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => DirBuilder::new().recursive(true).mode(0o700).create(parent),
        None => Ok(()),
    }
}

/// The directory of what `stats` shows.
pub(crate) fn stats() -> anyhow::Result<PathBuf> {
    Ok(state_dir(&etcetera::choose_base_strategy()?).join("stats"))
}

/// The runs that have a ledger.
pub(crate) fn runs() -> Result<RunStore, Failure> {
    let open = || -> anyhow::Result<RunStore> {
        let state_dir = state_dir(&etcetera::choose_base_strategy()?);
        Ok(RunStore::open(state_dir.join("runs"))?)
    };
    open()
        .context("failed to open the directory of runs")
        .map_err(Failure::host)
}

/// The key that seals what clients bring back about runs.
pub(crate) fn decision_key() -> Result<[u8; 32], Failure> {
    let load = || -> anyhow::Result<[u8; 32]> {
        let state_dir = state_dir(&etcetera::choose_base_strategy()?);
        Ok(mcp_host::cache_key(&state_dir.join("decisions.key"))?)
    };
    load()
        .context("failed to load the key of decisions")
        .map_err(Failure::host)
}

/// The directory of the logins to servers. `None`: this user has no directories.
pub(crate) fn logins() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(state_dir(&base).join("logins"))
}

/// The directory of the audit log.
pub(crate) fn audit() -> anyhow::Result<PathBuf> {
    Ok(state_dir(&etcetera::choose_base_strategy()?).join("audit"))
}

/// The directory of the files that `setup` changed, as they were.
pub(crate) fn setup_copies() -> anyhow::Result<PathBuf> {
    Ok(state_dir(&etcetera::choose_base_strategy()?).join("setup"))
}

/// Counts the calls of a day, for rules with `per-day`.
pub(crate) fn day_counts() -> Option<Arc<dyn DayCounts>> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(Arc::new(DayFiles::at(state_dir(&base).join("calls"))))
}

/// The directory of the stores.
pub(crate) fn skills() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(state_dir(&base).join(SKILLS))
}

/// The saved skills. What a user saved is data: clearing caches and states keeps it.
pub(crate) fn saved_skills() -> anyhow::Result<PathBuf> {
    let base = etcetera::choose_base_strategy()?;
    Ok(base.data_dir().join("mcp-host").join("skills"))
}

/// The home directory of this user.
pub(crate) fn home() -> anyhow::Result<PathBuf> {
    Ok(etcetera::home_dir()?)
}

/// The directory of the stores, in that of the states.
const SKILLS: &str = "skills";

fn state_dir(base: &impl etcetera::BaseStrategy) -> PathBuf {
    base.state_dir()
        .unwrap_or_else(|| base.data_dir())
        .join("mcp-host")
}
