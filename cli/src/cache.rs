//! `mcp-host cache` shows and clears the cache of compiled components; `mcp-host compile` fills it.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context as _;
use bytesize::ByteSize;
use clap::{Args, Subcommand};
use mcp_host::{Cache, CacheEntry, EntryState, Limits, Skill};
use serde_json::json;

use super::exit::{Exit, Failure};
use super::format::Format;
use super::progress::Progress;
use super::settings::SettingsArgs;
use super::source::{Found, Source};
use super::{dirs, engine, out, script, source};

// The arguments of `mcp-host cache`.
#[derive(Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Text, or JSON.
    #[arg(long, value_enum, global = true, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// List the compiled components: digest of the component, size, last use.
    List,
    /// Remove all compiled components, and the compiled functions.
    Clear,
    /// Verify the seal of each compiled component; exit with 6 if one is bad.
    Verify,
}

// The arguments of `mcp-host compile`.
#[derive(Args)]
pub(crate) struct CompileArgs {
    /// A component (.wasm), the directory of a skill, which is built first (see `build`), or the name of a saved skill.
    skill: PathBuf,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Text, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl CacheArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

impl CompileArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(crate) async fn run(args: &CacheArgs) -> Result<Exit, Failure> {
    let cache = open(&args.settings)?;
    match args.action {
        Action::Clear => clear(&cache, args.format).await,
        Action::List => {
            show(&cache, &entries(&cache)?, args.format).await?;
            Ok(Exit::Finished)
        }
        Action::Verify => {
            let entries = entries(&cache)?;
            show(&cache, &entries, args.format).await?;
            let bad = |entry: &&CacheEntry| entry.state == EntryState::Bad;
            match entries.iter().filter(bad).count() {
                0 => Ok(Exit::Finished),
                bad => Err(Failure::host(anyhow::anyhow!(
                    "{bad} of {} compiled components are not what this host wrote",
                    entries.len()
                ))
                .hint(Some(
                    "they are never loaded, and compiled again when they are needed; `mcp-host cache clear` removes them",
                ))),
            }
        }
    }
}

/// Fills the cache, so that the first run does not compile.
pub(crate) async fn compile(mut args: CompileArgs, progress: &Progress) -> Result<Exit, Failure> {
    let place = Found::component(&mut args.skill, progress).await?;
    let path = &place.path;
    let cache = open(&args.settings)?;
    let engine = engine::engine()?;
    let read = place.read(Limits::default().memory)?;
    let skill = source::load_read(&engine, path, &read, progress, Some(cache)).await?;
    // This command reports what a run will find, not what was compiled.
    let cache = open(&args.settings)?;
    let kept = match &read {
        Source::Component(bytes) => {
            Skill::cached(&engine, bytes, &cache).is_ok_and(|found| found.is_some())
        }
        Source::Script(_) => script::is_compiled(&engine, &cache)?,
    };
    if !kept {
        let error = anyhow::anyhow!(
            "the compiled form of `{}` could not be kept in `{}`",
            path.display(),
            cache.dir().display()
        );
        return Err(Failure::host(error));
    }
    match args.format {
        Format::Json => {
            out::json(&json!({ "digest": skill.digest(), "cache": cache.dir() })).await?;
        }
        Format::Text => out::page(&skill.digest().to_string()).await?,
    }
    Ok(Exit::Finished)
}

fn open(settings: &SettingsArgs) -> Result<Cache, Failure> {
    dirs::open_cache(settings.cache_size()?)
        .context("failed to open the cache of compiled components")
        .map_err(Failure::host)
}

fn entries(cache: &Cache) -> Result<Vec<CacheEntry>, Failure> {
    cache
        .entries(&engine::engine()?)
        .with_context(|| format!("failed to read the cache `{}`", cache.dir().display()))
        .map_err(Failure::host)
}

async fn clear(cache: &Cache, format: Format) -> Result<Exit, Failure> {
    let (files, bytes) = cache
        .clear()
        .with_context(|| format!("failed to clear the cache `{}`", cache.dir().display()))
        .map_err(Failure::host)?;
    match format {
        Format::Json => out::json(&json!({ "files": files, "bytes": bytes })).await?,
        Format::Text => {
            out::page(&format!("removed {files} files, {}", ByteSize(bytes))).await?;
        }
    }
    Ok(Exit::Finished)
}

async fn show(cache: &Cache, entries: &[CacheEntry], format: Format) -> Result<(), Failure> {
    let total: u64 = entries.iter().map(|entry| entry.size).sum();
    if format == Format::Json {
        let entries: Vec<_> = entries.iter().map(as_json).collect();
        return out::json(&json!({
            "directory": cache.dir(), "bytes": total, "limit": cache.limit(), "entries": entries
        }))
        .await;
    }
    let mut text = String::new();
    for entry in entries {
        let digest = entry
            .digest
            .map_or_else(|| UNKNOWN.to_owned(), |digest| digest.to_string());
        // On a narrow terminal, the start tells components apart. A pipe gets all of it.
        let kept = match out::width() {
            Some(width) if width < WIDE => 8,
            _ => digest.len(),
        };
        text.push_str(&format!(
            "{}  {:>10}  used {}  {}\n",
            &digest[..kept],
            ByteSize(entry.size).display().iec().to_string(),
            humantime::format_rfc3339_seconds(entry.used),
            state(entry.state),
        ));
    }
    text.push_str(&format!(
        "{} compiled components, {} of {} in {}",
        entries.len(),
        ByteSize(total).display().iec(),
        ByteSize(cache.limit()).display().iec(),
        cache.dir().display()
    ));
    out::page(&text).await
}

/// Columns of a whole line.
const WIDE: usize = 126;

/// Shown in place of 64 hexadecimal digits.
const UNKNOWN: &str = "----------------------------------------------------------------";

fn as_json(entry: &CacheEntry) -> serde_json::Value {
    json!({
        "file": entry.path, "digest": entry.digest, "bytes": entry.size,
        "usedSeconds": entry.used.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        "state": state(entry.state)
    })
}

fn state(state: EntryState) -> &'static str {
    match state {
        EntryState::Good => "good",
        EntryState::OtherEngine => "other-engine",
        EntryState::Bad => "bad",
    }
}
