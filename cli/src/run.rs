//! `mcp-host run`: all steps from the arguments to the report.

mod check;
mod held;
pub(crate) mod live;
mod place;
mod ready;
mod servers;
mod types;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use mcp_host::{
    Catalog, Determinism, Environment, Limits, Linked, Outcome, Report, Request, Skill, Times,
    execute_fixed, link_with, millis,
};
use tracing::Instrument as _;

use super::audit::Auditor;
use super::exit::{Exit, Failure};
use super::format::Format;
use super::plan::RunPlan;
use super::progress::Progress;
use super::questions::WAITS;
use super::run_args::RunArgs;
use super::signals::{StopSender, stopped};
use super::with;
use super::{blobs, kept, out, plan, record, report, saved, script, stats};
use held::{Held, Waiting, Waits};
use place::Place;
use ready::Ready;

pub(crate) async fn run(
    mut args: RunArgs,
    progress: &Progress,
    stop: &StopSender,
) -> Result<Exit, Failure> {
    let saved = saved::take(&mut args.skill)?;
    // Errors in the arguments are reported before anything is built for them.
    let plan = plan::resolve(&args).await?;
    let place = Place::of(saved.as_ref(), &args.skill, progress).await?;
    let (exit, skill) = planned(&args, plan, &place, progress, stop).await?;
    // Skip destructors: process exit reclaims code and threads faster.
    std::mem::forget(skill);
    Ok(exit)
}

/// Runs an existing component once.
pub(crate) async fn component(
    args: &RunArgs,
    path: &Path,
    progress: &Progress,
    stop: &StopSender,
) -> Result<Exit, Failure> {
    let plan = plan::resolve(args).await?;
    let place = Place::file(path.to_owned());
    let (exit, _skill) = planned(args, plan, &place, progress, stop).await?;
    Ok(exit)
}

/// Runs in a span of its own, which connects the spans of the steps.
async fn planned(
    args: &RunArgs,
    plan: RunPlan,
    place: &Place<'_>,
    progress: &Progress,
    stop: &StopSender,
) -> Result<(Exit, Arc<Skill>), Failure> {
    let (audit, id) = (plan.audit, plan.id.clone());
    let walked = walk(args, plan, place, progress, stop)
        .instrument(tracing::info_span!("mcp-host run"))
        .await;
    if let Err(failure) = &walked
        && let Some(report) = &failure.report
        && let Some(auditor) = Auditor::new(audit)
    {
        auditor.not_begun("run", &id, (report, script::is_script(&place.path)));
    }
    walked
}

async fn walk(
    args: &RunArgs,
    plan: RunPlan,
    place: &Place<'_>,
    progress: &Progress,
    stop: &StopSender,
) -> Result<(Exit, Arc<Skill>), Failure> {
    let recording = args.record.as_deref().map(record::open).transpose()?;
    args.blobs.as_deref().map(blobs::ready).transpose()?;
    let mut ready = Ready::make(args, &plan, place, progress).await?;
    let catalog = Arc::new(std::mem::take(&mut ready.catalog));
    let skill = Arc::clone(&ready.skill);
    let ran = on_servers(args, plan, place, ready, &catalog, recording, stop).await;
    // The result is printed; now let the servers shut down cleanly.
    if let Some(catalog) = Arc::into_inner(catalog) {
        catalog.close().await;
    }
    Ok((ran?, skill))
}

/// Runs the skill. Records it where a file is given, and gives it a ledger where the user may be asked.
async fn ran(
    (args, path, waits): (&RunArgs, &Path, &Waits<'_>),
    linked: &Linked,
    request: &Request<'_>,
    (limits, fixed): (&Limits, Determinism),
    recording: Option<record::Opened>,
    stop: &StopSender,
) -> Result<(Report, Option<Waiting>), Failure> {
    if let Some(id) = &args.resume {
        return Held::resume(id, waits)?.run(linked, limits, stop).await;
    }
    let may_ask = linked.may_ask();
    let stopped = stopped(stop);
    let report = match recording {
        Some(opened) if may_ask => {
            opened.leave();
            let error = anyhow::anyhow!(
                "the policy asks about calls of this run, which cannot be recorded then"
            );
            let hint = "leave `--record` out: its ledger is a record, see `mcp-host runs show`";
            Err(Failure::usage(error).hint(Some(hint)))
        }
        Some(opened) => {
            let file = opened.begin()?;
            mcp_host::record(linked, request, limits, fixed, file, stopped)
                .await
                .map_err(|error| Failure::host(error.into()))
        }
        None if may_ask || waits.keep_all => {
            let held = Held::begin(linked, path, request, (limits, fixed), waits)?;
            return held.run(linked, limits, stop).await;
        }
        None => execute_fixed(linked, request, limits, fixed, stopped)
            .await
            .map_err(|error| Failure::host(error.into())),
    };
    Ok((report?, None))
}

// Long: the steps of one run, in their order.
async fn on_servers(
    args: &RunArgs,
    plan: RunPlan,
    place: &Place<'_>,
    ready: Ready,
    catalog: &Arc<Catalog>,
    recording: Option<record::Opened>,
    stop: &StopSender,
) -> Result<Exit, Failure> {
    let Ready {
        skill,
        prepared,
        invocation,
        with,
        parts,
        servers,
        limits,
        ..
    } = ready;
    let path = place.path.as_path();
    let connected = Instant::now();
    let environment = Environment {
        catalog: Arc::clone(catalog),
        grants: Arc::new(plan.grants),
        state: kept::state(&args.skill),
        servers: servers.names(),
        ..Environment::default()
    };
    let drifted = parts.iter().try_for_each(|part| part.drifted(catalog));
    let parts: Vec<_> = parts.into_iter().map(|part| part.on(catalog)).collect();
    // The difference of the definitions says more than the first type that does not fit.
    let linked = place.drifted(catalog).and(drifted).and_then(|()| {
        let linked = link_with(&skill, &environment, &parts, prepared);
        linked.map_err(|error| servers.not_linked(path, error))
    });
    let linked = linked.and_then(|linked| place.covers(&linked).map(|()| linked));
    let time = Times {
        link_ms: millis(connected.elapsed()),
        ..ready.time
    };
    let mut linked = linked.map_err(|failure| failure.report(skill.digest(), time))?;
    if args.type_check {
        types::check(&mut linked, &plan.type_check).await;
    }
    if let Some(file) = &args.lock {
        let skills = parts.iter().map(|part| &*part.skill);
        with::write_lock(file, with.iter().zip(skills))?;
    }

    if args.check {
        let checked = check::Checked {
            skill: &skill,
            linked: &linked,
            path,
        };
        checked.write(args.format).await?;
        return Ok(Exit::Finished);
    }

    let waits = Waits {
        settings: &args.limits.settings,
        id: plan.id,
        auditor: Auditor::new(plan.audit),
        time: args.wait.or(plan.wait).unwrap_or(WAITS),
        config: servers.config(),
        keep_all: plan.keep_all,
    };
    if let Some(auditor) = waits.auditor {
        linked.observe(auditor.command("run", &waits.id));
    }
    let request = match &invocation {
        Some(invocation) => Request::Function(invocation),
        None => Request::Input(&plan.input),
    };
    let fixed = args.fixed.or(Determinism::default());
    let ran = ran(
        (args, path, &waits),
        &linked,
        &request,
        (&limits, fixed),
        recording,
        stop,
    )
    .await;
    let (report, waiting) = ran?;
    let mut report = report.under(&plan.limits);
    report.time = Times {
        run_ms: report.time.run_ms,
        guest_ms: report.time.guest_ms,
        calls_ms: report.time.calls_ms,
        ..time
    };
    kept::remember(&args.skill);
    let answer = report.result.as_ref().map_or(0, String::len);
    if let Some(saved) = place.saved {
        saved.ran(&report.outcome);
    }
    // A run that goes on is counted when it is over.
    if report.outcome != Outcome::Paused {
        stats::count(&report, "run", answer);
    }
    match (&waiting, args.format) {
        (Some(waiting), Format::Json) => {
            report::say(&report);
            let mut shown = serde_json::to_value(&report)
                .context("failed to write the report")
                .map_err(Failure::host)?;
            waiting.add_to(&mut shown);
            out::json(&shown).await?;
        }
        _ => report::write(&report, args.format).await?,
    }
    blobs::write(args.blobs.as_deref(), &report)?;
    Ok(Exit::from(&report.outcome))
}
