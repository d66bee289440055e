//! `mcp-host run`: the whole walk, from arguments to report.

mod ready;
mod servers;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use mcp_host::{
    Allocation, Catalog, Determinism, DirGrant, Engine, Environment, Request, Skill, Times,
    ToolPattern, execute_fixed, link_with,
};
use tracing::Instrument as _;

use super::exit::{Exit, Failure};
use super::fixed::FixedArgs;
use super::limits::LimitArgs;
use super::plan::RunPlan;
use super::progress::Progress;
use super::signals::{StopSender, stopped};
use super::with::{self, WithArg};
use super::{dirs, plan, record, report, source};
use ready::Ready;

// The arguments of `mcp-host run`.
#[derive(Args)]
pub(crate) struct RunArgs {
    /// A component (.wasm), or the directory of a skill, which is built first (see `build`).
    pub(crate) skill: PathBuf,
    /// The skill's input: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-", default_value = plan::NO_INPUT)]
    pub(crate) input: String,
    /// Call this exported function: in WAVE, as 'triage("repo", {days: 7})', or by its name with its arguments in --input.
    #[arg(long, value_name = "CALL")]
    pub(crate) invoke: Option<String>,
    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the
    /// user's configuration directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Let the skill call this tool by name (`call-tool`); `*` stands for any characters. Typed imports need no grant.
    #[arg(long, value_name = "SERVER/TOOL")]
    pub(crate) allow: Vec<ToolPattern>,
    /// Let the skill read this directory (`read-file`), and with :rw write it.
    #[arg(long, value_name = "HOST::GUEST[:rw]")]
    pub(crate) dir: Vec<DirGrant>,
    /// Let this skill serve what the skill imports and it exports, with grants of its own, as B.wasm,allow=SERVER/TOOL,dir=HOST::GUEST; or
    /// the skills that a lock names, if they are the same.
    #[arg(long, value_name = "SKILL[,GRANT]...|@LOCK", conflicts_with = "record")]
    with: Vec<WithArg>,
    /// Write the skills of --with, their grants and their BLAKE3 to this file, for `--with @FILE`. Those of a lock may have changed then.
    #[arg(long, value_name = "FILE", requires = "with")]
    lock: Option<PathBuf>,
    #[command(flatten)]
    fixed: FixedArgs,
    /// Write every host call and its answer to this file, for `mcp-host replay`.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// What goes to stdout: the skill's result (a JSON string as its text), or the whole report as JSON.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

impl RunArgs {
    fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(crate) async fn run(
    args: RunArgs,
    progress: &Progress,
    stop: &StopSender,
) -> Result<Exit, Failure> {
    // What is wrong with the arguments is said before anything is built for them.
    let plan = plan::resolve(&args).await?;
    let path = source::component(&args.skill, progress).await?;
    let (exit, skill) = planned(&args, plan, &path, progress, stop).await?;
    // The process ends now, and the system takes its code and threads back in less time than it takes to give them back.
    std::mem::forget(skill);
    Ok(exit)
}

/// One run of a component that is there already.
pub(crate) async fn component(
    args: &RunArgs,
    path: &Path,
    progress: &Progress,
    stop: &StopSender,
) -> Result<Exit, Failure> {
    let plan = plan::resolve(args).await?;
    let (exit, _skill) = planned(args, plan, path, progress, stop).await?;
    Ok(exit)
}

/// The walk in a span of its own, so that those of its steps belong together.
async fn planned(
    args: &RunArgs,
    plan: RunPlan,
    path: &Path,
    progress: &Progress,
    stop: &StopSender,
) -> Result<(Exit, Arc<Skill>), Failure> {
    walk(args, plan, path, progress, stop)
        .instrument(tracing::info_span!("mcp-host run"))
        .await
}

async fn walk(
    args: &RunArgs,
    plan: RunPlan,
    path: &Path,
    progress: &Progress,
    stop: &StopSender,
) -> Result<(Exit, Arc<Skill>), Failure> {
    let recording = args.record.as_deref().map(record::create).transpose()?;
    let mut ready = Ready::make(args, &plan, path, progress).await?;
    let catalog = Arc::new(std::mem::take(&mut ready.catalog));
    let skill = Arc::clone(&ready.skill);
    let ran = on_servers(args, plan, path, ready, &catalog, recording, stop).await;
    // Whoever waits for the result has it. A server may still have something to write.
    if let Some(catalog) = Arc::into_inner(catalog) {
        catalog.close().await;
    }
    Ok((ran?, skill))
}

async fn on_servers(
    args: &RunArgs,
    plan: RunPlan,
    path: &Path,
    ready: Ready,
    catalog: &Arc<Catalog>,
    recording: Option<BufWriter<File>>,
    stop: &StopSender,
) -> Result<Exit, Failure> {
    let Ready {
        skill,
        prepared,
        invocation,
        with,
        parts,
        servers,
        ..
    } = ready;
    let connected = Instant::now();
    let environment = Environment {
        catalog: Arc::clone(catalog),
        grants: Arc::new(plan.grants),
        state: dirs::state(&args.skill),
    };
    let parts: Vec<_> = parts.into_iter().map(|part| part.on(catalog)).collect();
    let linked = link_with(&skill, &environment, &parts, prepared);
    let time = Times {
        link_ms: millis(connected.elapsed()),
        ..ready.time
    };
    let linked = linked.map_err(|error| {
        let failure = servers.not_linked(path, error);
        failure.report(skill.digest(), time)
    })?;
    if let Some(file) = &args.lock {
        let skills = parts.iter().map(|part| &*part.skill);
        with::write_lock(file, with.iter().zip(skills))?;
    }

    let request = match &invocation {
        Some(invocation) => Request::Function(invocation),
        None => Request::Input(&plan.input),
    };
    let fixed = args.fixed.or(Determinism::default());
    let (limits, stop) = (&plan.limits, stopped(stop));
    let ran = match recording {
        Some(file) => mcp_host::record(&linked, &request, limits, fixed, file, stop)
            .await
            .map_err(anyhow::Error::from),
        None => execute_fixed(&linked, &request, limits, fixed, stop)
            .await
            .map_err(anyhow::Error::from),
    };
    let mut report = ran.map_err(Failure::host)?;
    report.time = Times {
        run_ms: report.time.run_ms,
        guest_ms: report.time.guest_ms,
        calls_ms: report.time.calls_ms,
        ..time
    };
    report::write(&report, args.format).await?;
    Ok(Exit::from(&report.outcome))
}

/// One run of one process: instances come straight from the operating system.
pub(crate) fn engine() -> Result<Engine, Failure> {
    Engine::new(Allocation::OnDemand)
        .map_err(anyhow::Error::from)
        .context("failed to set up the WebAssembly engine")
        .map_err(Failure::host)
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
