//! `mcp-host dev`: watches a skill's directory, and rebuilds and runs it after each change. A failed build leaves the
//! last component in place, and runs nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::Args;
use notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};
use tokio::sync::mpsc;

use super::build::{self, inputs};
use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::run;
use super::run_args::RunArgs;
use super::signals::{StopSender, stopped};
use super::{out, plan, script, source};

/// Changes within this time of each other count as one: an editor writes a file in several steps.
const QUIET: Duration = Duration::from_millis(200);

// The arguments of `mcp-host dev`: those of `run`, for every run.
#[derive(Args)]
pub(crate) struct DevArgs {
    #[command(flatten)]
    run: RunArgs,
}

/// Runs until a signal arrives. No failure of a build or a run ends it.
pub(crate) async fn run(
    args: DevArgs,
    progress: &Progress,
    stop: &StopSender,
) -> Result<Exit, Failure> {
    let mut args = args.run;
    let dir = args.skill.clone();
    let is_script = script::is_script(&dir) && dir.is_file();
    if !dir.is_dir() && !is_script {
        return Err(Failure::usage(anyhow!(
            "`{}` is neither a directory nor a script: `dev` runs what it builds, and scripts",
            dir.display()
        ))
        .hint(Some("run a component with `mcp-host run`")));
    }
    if args.input == "-" {
        // Standard input can be read once, and every run uses it.
        args.input = plan::resolve(&args).await?.input;
    }
    let mut changes = Changes::watch(&dir)?;
    let mut ended = std::pin::pin!(stopped(stop));
    loop {
        changes.seen = fingerprint(&dir).await.map_err(Failure::host)?;
        let built = tokio::select! {
            built = source::component(&dir, progress) => built,
            _ = &mut ended => return Ok(Exit::Finished),
        };
        match built {
            Err(failure) => say(failure, &args, progress),
            Ok(component) => {
                changes.seen = build::made_from(&dir).unwrap_or(changes.seen);
                tokio::select! {
                    // The run handles a signal itself, and reports what it did so far.
                    ran = run::component(&args, &component, progress, stop) => {
                        if let Err(failure) = ran {
                            say(failure, &args, progress);
                        }
                    }
                    changed = changes.next() => {
                        changed?;
                        progress.clear();
                        progress.say("changed: this run is given up");
                        continue;
                    }
                }
            }
        }
        progress.say(&format!("watching {}; Ctrl-C ends", dir.display()));
        tokio::select! {
            changed = changes.next() => changed?,
            _ = &mut ended => return Ok(Exit::Finished),
        }
    }
}

/// Reports a failure and continues: the next edit may fix it.
fn say(failure: Failure, args: &RunArgs, progress: &Progress) {
    progress.clear();
    let _ = out::failure(&failure, args.json());
}

/// The changes below a directory.
struct Changes {
    dir: PathBuf,
    /// The inputs of the last build, whether or not it succeeded.
    seen: String,
    bursts: mpsc::Receiver<()>,
    /// A burst arrived, and its changes are not known yet.
    looking: bool,
    /// Watches as long as it lives.
    _watcher: Debouncer<RecommendedWatcher>,
}

impl Changes {
    fn watch(dir: &Path) -> Result<Self, Failure> {
        let (watcher, bursts) = start(dir)
            .with_context(|| format!("failed to watch `{}`", dir.display()))
            .map_err(Failure::host)?;
        Ok(Self {
            dir: dir.to_owned(),
            seen: String::new(),
            bursts,
            looking: false,
            _watcher: watcher,
        })
    }

    /// Waits until the inputs differ from the last ones.
    async fn next(&mut self) -> Result<(), Failure> {
        while self.looking || self.bursts.recv().await.is_some() {
            // If this future is dropped here, the burst is not lost: the next call checks again.
            self.looking = true;
            let now = fingerprint(&self.dir).await;
            self.looking = false;
            match now {
                // The files have the same contents, or the build itself wrote them.
                Ok(inputs) if inputs == self.seen => {}
                // A file that vanished between two looks at the directory is a change too.
                Ok(_) | Err(_) => return Ok(()),
            }
        }
        Err(Failure::host(anyhow!(
            "nothing watches `{}` any more",
            self.dir.display()
        )))
    }
}

/// The inputs of a build, or the text of a script.
async fn fingerprint(skill: &Path) -> anyhow::Result<String> {
    if script::is_script(skill) {
        let text = std::fs::read(skill)?;
        return Ok(blake3::hash(&text).to_hex().to_string());
    }
    inputs::fingerprint(skill).await
}

/// Sends a message for each burst of changes below the directory, or of a script.
fn start(skill: &Path) -> anyhow::Result<(Debouncer<RecommendedWatcher>, mpsc::Receiver<()>)> {
    let skill = skill.canonicalize()?;
    // An editor may replace a file: its directory is watched.
    let (dir, script, mode) = match skill.parent() {
        Some(parent) if skill.is_file() => {
            let name = skill.file_name().map(ToOwned::to_owned);
            (parent.to_owned(), name, RecursiveMode::NonRecursive)
        }
        _ => (skill, None, RecursiveMode::Recursive),
    };
    let below = dir.clone();
    // One message is enough to signal a change.
    let (send, bursts) = mpsc::channel(1);
    let mut watcher = new_debouncer(QUIET, move |events: DebounceEventResult| {
        let is_input = match &events {
            Ok(events) => events.iter().any(|event| match &script {
                Some(name) => event.path.file_name() == Some(name),
                None => !is_made(&event.path, &below),
            }),
            // Events were lost: the current state must be checked.
            Err(_) => true,
        };
        if is_input {
            // Full: the channel already holds an unread message.
            let _ = send.try_send(());
        }
    })?;
    watcher.watcher().watch(&dir, mode)?;
    Ok((watcher, bursts))
}

/// Whether tools wrote this path below the directory.
fn is_made(path: &Path, dir: &Path) -> bool {
    path.strip_prefix(dir)
        .unwrap_or(path)
        .components()
        .any(|part| inputs::is_made(&part.as_os_str().to_string_lossy()))
}
