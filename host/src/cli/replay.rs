//! `mcp-host replay`: a recorded run again, without its servers, files and state.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use mcp_host::{Environment, Recording, RecordingError, ReplayError, link, replay};

use super::exit::{Exit, Failure};
use super::fixed::FixedArgs;
use super::progress::Progress;
use super::run::Format;
use super::settings::SettingsArgs;
use super::{dirs, report, run, source};

// The arguments of `mcp-host replay`.
#[derive(Args)]
pub(crate) struct ReplayArgs {
    /// What `mcp-host run --record FILE` wrote.
    recording: PathBuf,
    /// A component (.wasm), or a directory with a Cargo.toml, which is built first.
    skill: PathBuf,
    #[command(flatten)]
    fixed: FixedArgs,
    #[command(flatten)]
    settings: SettingsArgs,
    /// What goes to stdout: the skill's result (a JSON string as its text), or the whole report as JSON.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl ReplayArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

/// Ends like the recorded run, or at the first difference.
pub(crate) async fn run(args: ReplayArgs, progress: &Progress) -> Result<Exit, Failure> {
    let recording = Recording::open(&args.recording)
        .with_context(|| format!("failed to use recording `{}`", args.recording.display()))
        .map_err(Failure::usage)?;
    let cache_size = args.settings.cache_size()?;
    let path = source::component(&args.skill, progress).await?;
    let engine = run::engine()?;
    let skill = source::load(&engine, &path, progress, dirs::cache(cache_size)).await?;
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
    let replayed = replay(&linked, &recording, recording.limits(), fixed).await;
    let report = replayed.map_err(|error| match error {
        ReplayError::Differs(_) => Failure::new(Exit::Differs, error.into()).hint(Some(
            "if the change is meant, record the run again with `mcp-host run SKILL --record FILE`",
        )),
        ReplayError::Invoke(_) => Failure::new(Exit::Link, error.into()),
        ReplayError::Execute(_) => Failure::host(error.into()),
    })?;
    report::write(&report, args.format);
    Ok(Exit::from(&report.outcome))
}

fn not_recorded(error: RecordingError) -> Failure {
    Failure::new(Exit::Link, error.into())
}
