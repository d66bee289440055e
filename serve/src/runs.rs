//! `run_script`: from the agent's code to the text of an answer. Every step before the first call of a tool says that
//! none was made, and hears a caller that goes away.

pub(crate) mod answered;
pub(crate) mod paused;
pub(crate) mod prepare;
pub(crate) mod ready;

use std::fmt::Write as _;

use mcp_bridge::with_causes;
use mcp_host::{ExecuteError, Limits, Linked, Request, RunError};

use crate::answer::{self, Answer, Code, Made};
use crate::audit::Asked;
use crate::door::Door;
use crate::progress::Stage;
use crate::unwritten::Share;
use answered::{finish, internal, no_slot, not_begun};
pub(crate) use prepare::Script;
use ready::ready;

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
        Err(refusal) => return not_begun(door, script, refusal.answer(id, Made::NONE)),
    };
    let (linked, limits) = (&ready.linked, &ready.limits);
    match &door.runs {
        Some(runs) if door.keep_all || linked.may_ask() => {
            paused::begin(door, runs, linked, (script, id), limits, stop).await
        }
        _ => to_its_end(door, linked, script, id, limits, stop).await,
    }
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
            finish(door, linked, ended, of, script).await
        }
        Err(RunError::Execute(error @ ExecuteError::NotObserved(_))) => {
            answer::refused(Code::Internal, id, &error.to_string())
        }
        Err(RunError::Busy { slots, .. }) => no_slot(slots).answer(id, Made::NONE),
        Err(error) => internal(id, Made::Unknown, &with_causes(&error)),
    }
}
