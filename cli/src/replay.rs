//! `mcp-host replay`: repeats a recorded run without its servers, files and state.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use mcp_host::{
    Environment, Ledger, Limits, LoweredLimit, Profile, Recording, RecordingError, ReplayError,
    link, replay,
};

use super::exit::{Exit, Failure};
use super::fixed::FixedArgs;
use super::format::Format;
use super::limit_args::LimitArgs;
use super::progress::Progress;
use super::runs::failed;
use super::source::Found;
use super::{dirs, engine, report, settings};

// The arguments of `mcp-host replay`.
#[derive(Args)]
pub(crate) struct ReplayArgs {
    /// A recording, written by `mcp-host run --record FILE`; or a run that is over, by its id (`mcp-host runs`).
    recording: PathBuf,
    /// A component (.wasm), a script (.ts or .js), the directory of a skill, which is built first (see `build`), or the
    /// name of a saved skill.
    skill: PathBuf,
    #[command(flatten)]
    fixed: FixedArgs,
    /// What goes to stdout: the skill's result (a JSON string as its text), or the whole report as JSON.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    limits: LimitArgs,
}

impl ReplayArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

/// Ends like the recorded run, or at the first difference.
pub(crate) async fn run(mut args: ReplayArgs, progress: &Progress) -> Result<Exit, Failure> {
    let recording = recorded(&args.recording)?;
    let place = Found::component(&mut args.skill, progress).await?;
    let name = settings::skill_name(&args.skill);
    let found = args.limits.find(name.as_deref())?;
    let cache_size = found.settings.and_then(|file| file.cache_size);
    let path = &place.path;
    let engine = engine::engine()?;
    let limits = &found.in_force.limits;
    let cache = dirs::cache(cache_size);
    let skill = place.load(&engine, limits.memory, progress, cache).await?;
    let catalog = recording.catalog(&skill).map_err(not_recorded)?;
    let environment = Environment {
        catalog,
        ..Environment::default()
    };
    let linked = link(&skill, &environment).map_err(|error| {
        let hint = error.hint();
        let error = anyhow::Error::new(error).context(format!(
            "failed to link skill `{}` to the tools of the recording",
            path.display()
        ));
        Failure::new(Exit::Link, error).hint(hint)
    })?;
    let fixed = args.fixed.or(recording.fixed());
    let recording = Arc::new(recording);
    let replayed = replay(&linked, &recording, limits, fixed).await;
    let report = replayed.map_err(|error| match error {
        ReplayError::Differs(_) => Failure::new(Exit::Differs, error.into()).hint(Some(
            "if the change is meant, record the run again with `mcp-host run SKILL --record FILE`",
        )),
        ReplayError::Limited { .. } => {
            let hint = raise(&recording, limits);
            Failure::new(Exit::Differs, error.into()).hint(Some(hint))
        }
        ReplayError::Invoke(_) => Failure::new(Exit::Link, error.into()),
        ReplayError::Execute(_) => Failure::host(error.into()),
    })?;
    report::write(&report, args.format).await?;
    Ok(Exit::from(&report.outcome))
}

/// The recording in this file, or the ledger that it is. A name that is no file may be the id of a run.
fn recorded(given: &Path) -> Result<Recording, Failure> {
    let id = given.to_str().filter(|id| id.starts_with("r_"));
    if let Some(id) = id.filter(|_| !given.exists()) {
        return dirs::runs()?.recording(id).map_err(failed);
    }
    let read = match Ledger::is_one(given) {
        true => Ledger::recording(given).map_err(anyhow::Error::from),
        false => Recording::open(given).map_err(anyhow::Error::from),
    };
    read.with_context(|| format!("failed to use recording `{}`", given.display()))
        .map_err(Failure::usage)
}

/// The options that give the replay the limits of the recorded run.
fn raise(recording: &Recording, limits: &Limits) -> String {
    let profile = Profile::ALL
        .into_iter()
        .find(|profile| profile.limits() == *recording.limits());
    let options = profile.map_or_else(
        || {
            let lowered = recording.lowered_by(limits);
            let options: Vec<_> = lowered.iter().map(LoweredLimit::option).collect();
            options.join(" ")
        },
        |profile| format!("--profile {profile}"),
    );
    format!(
        "for the limits of the recorded run, if you trust the skill with them, pass `{options}`"
    )
}

fn not_recorded(error: RecordingError) -> Failure {
    Failure::new(Exit::Link, error.into())
}
