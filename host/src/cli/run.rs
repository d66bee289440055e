//! `mcp-host run`: the whole walk, from arguments to report.

mod servers;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use mcp_host::{
    Allocation, DirGrant, Engine, Environment, Fixed, Request, Times, ToolPattern, check_policy,
    execute_fixed, link_with,
};
use tracing::Instrument as _;

use super::exit::{Exit, Failure};
use super::fixed::FixedArgs;
use super::limits::LimitArgs;
use super::plan::RunPlan;
use super::progress::Progress;
use super::signals::{StopSender, stopped};
use super::with::{self, LoadedPart, WithArg};
use super::{dirs, plan, record, report, source};
use servers::Servers;

/// The arguments of `mcp-host run`.
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
    let plan = plan::resolve(&args)?;
    let path = source::component(&args.skill, progress).await?;
    planned(&args, plan, &path, progress, stop).await
}

/// One run of a component that is there already.
pub(crate) async fn component(
    args: &RunArgs,
    path: &Path,
    progress: &Progress,
    stop: &StopSender,
) -> Result<Exit, Failure> {
    planned(args, plan::resolve(args)?, path, progress, stop).await
}

/// The walk in a span of its own, so that those of its steps belong together.
async fn planned(
    args: &RunArgs,
    plan: RunPlan,
    path: &Path,
    progress: &Progress,
    stop: &StopSender,
) -> Result<Exit, Failure> {
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
) -> Result<Exit, Failure> {
    let recording = args.record.as_deref().map(record::create).transpose()?;
    let started = Instant::now();
    let engine = engine()?;
    let skill = source::load(&engine, path, progress, dirs::cache(plan.cache_size))
        .await
        .map_err(|failure| failure.report(digest(path), load_time(started)))?;
    let invocation = plan.invocation(&skill, path)?;
    let with = with::parts(&args.with)?;
    let mut parts = Vec::with_capacity(with.len());
    for part in &with {
        let loaded = part.load(&engine, &plan, progress).await?;
        if args.lock.is_none() {
            part.check(&loaded.skill)?;
        }
        parts.push(loaded);
    }
    let loaded = Instant::now();

    let skills = parts.iter().map(|part| (&*part.skill, &part.grants));
    let skills = std::iter::once((&*skill, &plan.grants)).chain(skills);
    let config = Servers::find(args.config.as_deref(), skills)?;
    let refused = check_policy(&skill, &plan.grants)
        .and_then(|()| parts.iter().try_for_each(LoadedPart::check_policy));
    refused.map_err(|error| {
        let failure = config.not_linked(path, error);
        failure.report(skill.digest(), load_time(started))
    })?;
    let catalog = Arc::new(config.open(progress).await?);
    let connected = Instant::now();

    let environment = Environment {
        catalog: Arc::clone(&catalog),
        grants: Arc::new(plan.grants),
        state: dirs::state(&args.skill),
    };
    let parts: Vec<_> = parts.into_iter().map(|part| part.on(&catalog)).collect();
    let linked = link_with(&skill, &environment, &parts);
    let time = Times {
        load_ms: millis(loaded - started),
        servers_ms: millis(connected - loaded),
        link_ms: millis(connected.elapsed()),
        ..Times::default()
    };
    let linked = linked.map_err(|error| {
        let failure = config.not_linked(path, error);
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
    let fixed = args.fixed.or(Fixed::default());
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
    report::write(&report, args.format);
    Ok(Exit::from(&report.outcome))
}

/// One run of one process: instances come straight from the operating system.
pub(crate) fn engine() -> Result<Engine, Failure> {
    Engine::new(Allocation::OnDemand)
        .map_err(anyhow::Error::from)
        .context("failed to set up the WebAssembly engine")
        .map_err(Failure::host)
}

/// BLAKE3 of what was not loaded, as far as it can be read.
fn digest(path: &Path) -> String {
    std::fs::read(path)
        .map(|bytes| blake3::hash(&bytes).to_hex().to_string())
        .unwrap_or_default()
}

fn load_time(started: Instant) -> Times {
    Times {
        load_ms: millis(started.elapsed()),
        ..Times::default()
    }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
