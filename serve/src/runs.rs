//! `run_script`: from the agent's code to the text of an answer. Every step before the first call of a tool says that none
//! was made, and hears a caller that goes away.

mod prepare;

use std::fmt::Write as _;

use mcp_bridge::with_causes;
use mcp_host::{ExecuteError, Limits, Linked, Request, RunError};
use tokio::sync::SemaphorePermit;

use crate::answer::{self, Answer, Code};
use crate::attached;
use crate::door::Door;
use crate::progress::{Stage, Step};
use crate::queue::{Admitted, Busy};
use crate::rules::InForce;
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
    let mut answer = answered(door, &script, &id, stage, stop).await;
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
    let size = script.code.len() + script.input.len();
    let admitted = match door.queue.admit(script.scope, size) {
        Ok(admitted) => admitted,
        Err(why) => return not_begun(door, script, busy(id, &why)),
    };
    let ready = ready(door, script, id, (&admitted, stage), stop.as_mut()).await;
    let (mut linked, limits, _slot) = match ready {
        Ok(ready) => ready,
        Err(answer) => return not_begun(door, script, *answer),
    };
    if let Some(audit) = &door.audit {
        linked.observe(audit.run(&script.asked));
    }
    to_its_end(door, &linked, script, id, &limits, stop).await
}

/// The script, ready to run in its slot.
async fn ready<'a>(
    door: &Door,
    script: &Script,
    id: &str,
    (admitted, stage): (&'a Admitted<'_>, &Stage),
    mut stop: impl Future<Output = String> + Unpin,
) -> Result<(Linked, Limits, SemaphorePermit<'a>), Box<Answer>> {
    let cancelled = |why: &str| Box::new(answer::refused(Code::Cancelled, id, why, None));
    let InForce { grants, limits, .. } = door.rules.now();
    let linked = tokio::select! {
        biased;
        why = &mut stop => return Err(cancelled(&why)),
        prepared = prepare::prepared(door, script, id, grants, &limits, stage) => prepared?,
    };
    stage.set(Step::Waiting);
    let slot = tokio::select! {
        biased;
        why = &mut stop => return Err(cancelled(&why)),
        slot = admitted.slot() => slot.map_err(|why| Box::new(busy(id, &why)))?,
    };
    stage.set(Step::Running);
    Ok((linked, limits, slot))
}

/// A script of which nothing has run.
fn not_begun(door: &Door, script: &Script, answer: Answer) -> Answer {
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
    let report = match ran {
        Ok(report) => report,
        // The queue has as many slots as the host, so that one is always free.
        Err(RunError::Busy { slots, .. }) => {
            let slots = usize::try_from(slots).unwrap_or(usize::MAX);
            return busy(id, &Busy::Slots { slots });
        }
        Err(RunError::Execute(error @ ExecuteError::NotObserved(_))) => {
            return answer::refused(Code::Internal, id, &error.to_string(), None);
        }
        Err(error) => {
            tracing::error!(run = id, "the run failed: {}", with_causes(&error));
            let what = format!("the host failed to run the script (correlation id {id})");
            return answer::refused(Code::Internal, id, &what, None);
        }
    };
    let answer = match &report.result {
        Some(result) => {
            door.results.keep(script.scope, id, result.as_str().into());
            let answer = answer::finished(id, &report, script.max_tokens);
            attached::attach(answer, &report, &door.results.blobs, script.scope)
        }
        None => answer::failed(id, &report, &linked.tools()),
    };
    door.ran(&report, answer.text.len());
    answer
}
