//! `run_script`: from the agent's code to the text of an answer. Every step before the first call of a tool says that none
//! was made, and hears a caller that goes away.

mod prepare;

use std::fmt::Write as _;

use mcp_bridge::with_causes;
use mcp_host::{Limits, Linked, Request, RunError};

use crate::answer::{self, Answer, Code};
use crate::attached;
use crate::door::Door;
use crate::progress::{Stage, Step};
use crate::queue::Busy;
use crate::rules::InForce;
pub(crate) use prepare::Script;

/// Runs the script, and keeps its result for later ones. `stop` ends it at any step, with the reason.
pub(crate) async fn run(
    door: &Door,
    script: Script,
    stage: &Stage,
    stop: impl Future<Output = String>,
) -> Answer {
    let id = door.run_id();
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
    let admitted = door
        .queue
        .admit(script.scope, script.code.len() + script.input.len());
    let admitted = match admitted {
        Ok(admitted) => admitted,
        Err(why) => return busy(id, &why),
    };
    let InForce { grants, limits, .. } = door.rules.now();
    let mut stop = std::pin::pin!(stop);
    let prepared = tokio::select! {
        biased;
        why = &mut stop => return answer::refused(Code::Cancelled, id, &why, None),
        prepared = prepare::prepared(door, script, id, grants, &limits, stage) => prepared,
    };
    let linked = match prepared {
        Ok(linked) => linked,
        Err(answer) => return *answer,
    };
    stage.set(Step::Waiting);
    let slot = tokio::select! {
        biased;
        why = &mut stop => return answer::refused(Code::Cancelled, id, &why, None),
        slot = admitted.slot() => slot,
    };
    let _slot = match slot {
        Ok(slot) => slot,
        Err(why) => return busy(id, &why),
    };
    stage.set(Step::Running);
    to_its_end(door, &linked, script, id, &limits, stop).await
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
            let blobs = &door.results.blobs;
            let answer = attached::attach(answer, &report, blobs, script.scope);
            // The run keeps its slot meanwhile: so the bytes that wait are those of as many runs as there are slots.
            attached::in_room(answer, &door.unwritten, &script.share).await
        }
        None => answer::failed(id, &report, &linked.tools()),
    };
    door.ran(&report, answer.text.len());
    answer
}
