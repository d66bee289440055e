//! `run_script`: from the agent's code to the text of an answer. Every step before the first call of a tool says that none
//! was made, and hears a caller that goes away.

pub(crate) mod prepare;

use std::fmt::Write as _;

use mcp_bridge::with_causes;
use mcp_host::{ExecuteError, Limits, Linked, Report, Request, RunError};
use tokio::sync::SemaphorePermit;

use crate::answer::{self, Answer, Code};
use crate::attached;
use crate::audit::Asked;
use crate::door::Door;
use crate::paused;
use crate::progress::{Stage, Step};
use crate::queue::{Admitted, Busy};
use crate::rules::InForce;
use crate::unwritten::Share;
pub(crate) use prepare::Script;

/// Runs the script, and keeps its result for later ones. `stop` ends it at any step, with the reason.
pub(crate) async fn run(
    door: &Door,
    mut script: Script,
    stage: &Stage,
    stop: impl Future<Output = String>,
) -> Answer {
    let id = door.run_id();
    script.asked.run.clone_from(&id);
    let _under_way = door.under_way();
    let answer = answered(door, &script, &id, stage, stop).await;
    with_faults(door, answer)
}

/// Goes on with a run that waited for a person.
pub(crate) async fn resume(
    door: &Door,
    of: (Asked, u64, Share),
    stage: &Stage,
    stop: impl Future<Output = String>,
) -> Answer {
    let _under_way = door.under_way();
    let answer = paused::resume(door, of, stage, stop).await;
    with_faults(door, answer)
}

fn with_faults(door: &Door, mut answer: Answer) -> Answer {
    for fault in door.faults() {
        let _ = write!(answer.text, "\nwarning: {fault}");
    }
    answer
}

async fn answered(
    door: &Door,
    script: &Script,
    id: &str,
    stage: &Stage,
    stop: impl Future<Output = String>,
) -> Answer {
    let mut stop = std::pin::pin!(stop);
    let ready = match ready(door, script, id, stage, &mut stop).await {
        Ok(ready) => ready,
        Err(answer) => return not_begun(door, script, *answer),
    };
    let (linked, limits) = (&ready.linked, &ready.limits);
    match &door.runs {
        Some(runs) if linked.may_ask() => {
            paused::begin(door, runs, linked, (script, id), limits, stop).await
        }
        _ => to_its_end(door, linked, script, id, limits, stop).await,
    }
}

/// A script that can run, and its slot.
pub(crate) struct Ready<'d> {
    pub(crate) linked: Linked,
    pub(crate) limits: Limits,
    _slot: SemaphorePermit<'d>,
    _admitted: Admitted<'d>,
}

/// Reads and links a script, and waits for a slot.
pub(crate) async fn ready<'d>(
    door: &'d Door,
    script: &Script,
    id: &str,
    stage: &Stage,
    stop: &mut (impl Future<Output = String> + Unpin),
) -> Result<Ready<'d>, Box<Answer>> {
    let cancelled = |why: String| Box::new(answer::refused(Code::Cancelled, id, &why, None));
    let admitted = door
        .queue
        .admit(script.scope, script.code.len() + script.input.len());
    let admitted = admitted.map_err(|why| Box::new(busy(id, &why)))?;
    let InForce { grants, limits, .. } = door.rules.now();
    let prepared = tokio::select! {
        biased;
        why = &mut *stop => return Err(cancelled(why)),
        prepared = prepare::prepared(door, script, id, grants, &limits, stage) => prepared,
    };
    let mut linked = prepared?;
    stage.set(Step::Waiting);
    let slot = tokio::select! {
        biased;
        why = &mut *stop => return Err(cancelled(why)),
        slot = admitted.slot() => slot,
    };
    let slot = slot.map_err(|why| Box::new(busy(id, &why)))?;
    stage.set(Step::Running);
    if let Some(audit) = &door.audit {
        linked.observe(audit.run(&script.asked));
    }
    Ok(Ready {
        linked,
        limits,
        _slot: slot,
        _admitted: admitted,
    })
}

/// A script of which nothing has run.
pub(crate) fn not_begun(door: &Door, script: &Script, answer: Answer) -> Answer {
    if let Some(audit) = &door.audit {
        let (code, why) = answer.refusal();
        audit.refused(&script.asked, code, why);
    }
    answer
}

fn busy(id: &str, why: &Busy) -> Answer {
    let hint = Some("try again in 5 s, with fewer scripts at once");
    answer::refused(Code::Busy, id, &why.to_string(), hint)
}

/// The queue has as many slots as the host, so that one is always free.
pub(crate) fn no_slot(id: &str, slots: u32) -> Answer {
    let slots = usize::try_from(slots).unwrap_or(usize::MAX);
    busy(id, &Busy::Slots { slots })
}

pub(crate) fn internal(id: &str, error: &str) -> Answer {
    tracing::error!(run = id, "the run failed: {error}");
    let what = format!("the host failed to run the script (correlation id {id})");
    answer::refused(Code::Internal, id, &what, None)
}

async fn to_its_end(
    door: &Door,
    linked: &Linked,
    script: &Script,
    id: &str,
    limits: &Limits,
    stop: impl Future<Output = String>,
) -> Answer {
    let request = Request::Input(&script.input);
    let ran = door.host.run_until(linked, &request, limits, stop).await;
    match ran {
        Ok(report) => {
            let of = (id, script.scope, script.max_tokens);
            let ended = (&report, Code::of(&report));
            finish(door, linked, ended, of, &script.share).await
        }
        Err(RunError::Execute(error @ ExecuteError::NotObserved(_))) => {
            answer::refused(Code::Internal, id, &error.to_string(), None)
        }
        Err(RunError::Busy { slots, .. }) => no_slot(id, slots),
        Err(error) => internal(id, &with_causes(&error)),
    }
}

/// The answer of a run that is over: its id, the session that gets its result, and the most tokens.
pub(crate) async fn finish(
    door: &Door,
    linked: &Linked,
    (report, code): (&Report, Code),
    (id, scope, max_tokens): (&str, u64, usize),
    share: &Share,
) -> Answer {
    let answer = match &report.result {
        Some(result) => {
            door.results.keep(scope, id, result.as_str().into());
            let answer = answer::finished(id, report, max_tokens);
            let answer = attached::attach(answer, report, &door.results.blobs, scope);
            // The run keeps its slot meanwhile: so the bytes that wait are those of as many runs as there are slots.
            attached::in_room(answer, &door.unwritten, share).await
        }
        None => answer::failed(id, report, &linked.tools(), code),
    };
    door.ran(report, answer.text.len());
    answer
}
