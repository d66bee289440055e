//! `mcp-host skill test`: the recorded runs of a skill are repeated, without a server.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use mcp_host::{Environment, Ledger, Limits, Recording, Skill, link, replay};
use mcp_skills::Named;
use serde_json::json;

use crate::exit::{Exit, Failure, chain};
use crate::limit_args::LimitArgs;
use crate::progress::Progress;
use crate::saved::{self, Saved};
use crate::{dirs, engine, out, source};

pub(super) async fn run(
    named: &Named,
    limits: &LimitArgs,
    progress: &Progress,
    json: bool,
) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let saved = saved::load(&store, named).map_err(saved::failed)?;
    let name = &saved.loaded.record.name;
    let found = limits.find(Some(name.as_str()))?;
    if saved.loaded.examples().next().is_none() {
        let error = anyhow!("skill `{name}` has no recorded run to repeat");
        let hint = "`mcp-host skill save RUN` keeps the run as one";
        return Err(Failure::usage(error).hint(Some(hint)));
    }
    let cache_size = found.settings.and_then(|file| file.cache_size);
    let limits = found.in_force.limits;
    let engine = engine::engine()?;
    let entry = (saved.loaded.record.kind, saved.loaded.entry());
    let read = source::of_bytes(entry, &saved.path, limits.memory)?;
    let cache = dirs::cache(cache_size);
    let skill = source::load_read(&engine, &saved.path, &read, progress, cache).await?;
    let mut tested = Vec::new();
    for (path, bytes) in saved.loaded.examples() {
        let result = match recording(bytes) {
            Ok(recording) => repeated(&skill, recording, &limits).await,
            Err(failure) => Err(failure),
        };
        tested.push((path.to_string(), result.err()));
    }
    let all_same = tested.iter().all(|(_, failure)| failure.is_none());
    let why = |failure: &Failure| chain(failure.error.as_ref());
    if json {
        let entries = tested.iter().map(|(path, failure)| {
            json!({ "example": path, "same": failure.is_none(), "error": failure.as_ref().map(why) })
        });
        out::json(&entries.collect::<Vec<_>>()).await?;
    } else {
        let lines: String = tested
            .iter()
            .map(|(path, failure)| match failure {
                None => format!("{path}  the same\n"),
                Some(failure) => format!("{path}  {}\n", why(failure)),
            })
            .collect();
        out::page(&lines).await?;
    }
    Ok(if all_same {
        Exit::Finished
    } else {
        Exit::Differs
    })
}

async fn repeated(
    skill: &Arc<Skill>,
    recording: Recording,
    limits: &Limits,
) -> Result<(), Failure> {
    let catalog = recording.catalog(skill);
    let catalog = catalog.map_err(|error| Failure::new(Exit::Link, error.into()))?;
    let environment = Environment {
        catalog,
        ..Environment::default()
    };
    let linked = link(skill, &environment);
    let linked = linked.map_err(|error| Failure::new(Exit::Link, error.into()))?;
    let fixed = recording.fixed();
    let ran = replay(&linked, &Arc::new(recording), limits, fixed).await;
    ran.map(drop)
        .map_err(|error| Failure::new(Exit::Differs, error.into()))
}

/// A recorded run, of the bytes that were compared with their digest.
pub(super) fn recording(bytes: &[u8]) -> Result<Recording, Failure> {
    let read = || -> anyhow::Result<Recording> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), bytes)?;
        Ok(match Ledger::is_one(file.path()) {
            true => Ledger::recording(file.path())?,
            false => Recording::open(file.path())?,
        })
    };
    read()
        .context("failed to read the recorded run")
        .map_err(Failure::host)
}

/// The recorded runs of a skill.
pub(super) fn recordings(saved: &Saved) -> Result<Vec<Recording>, Failure> {
    saved
        .loaded
        .examples()
        .map(|(_, bytes)| recording(bytes))
        .collect()
}
