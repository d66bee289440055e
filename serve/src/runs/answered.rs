//! The answers of runs: of one that is over, and of one that did not begin or that the host failed to run.

use mcp_host::{Linked, Report};

use super::prepare::Script;
use crate::answer::{self, Answer, Code, Made, Refusal};
use crate::attached;
use crate::door::Door;
use crate::queue::Busy;

/// A script of which nothing has run.
pub(crate) fn not_begun(door: &Door, script: &Script, answer: Answer) -> Answer {
    if let Some(audit) = &door.audit {
        let (code, why) = answer.refusal();
        audit.refused(&script.asked, code, why);
    }
    answer
}

pub(super) fn busy(why: &Busy) -> Refusal {
    let hint = Some("try again in 5 s, with fewer scripts at once");
    Refusal::new(Code::Busy, why.to_string()).hint(hint)
}

/// The queue has as many slots as the host, so that one is always free.
pub(crate) fn no_slot(slots: u32) -> Refusal {
    let slots = usize::try_from(slots).unwrap_or(usize::MAX);
    busy(&Busy::Slots { slots })
}

/// `made` are the calls of the run before the fault.
pub(crate) fn internal(id: &str, made: Made, error: &str) -> Answer {
    tracing::error!(run = id, "the run failed: {error}");
    let what = format!("the host failed to run the script (correlation id {id})");
    answer::given_up(Code::Internal, id, made, &what)
}

/// The answer of a run that is over: its id, the session that gets its result, and the most tokens.
pub(crate) async fn finish(
    door: &Door,
    linked: &Linked,
    (report, code): (&Report, Code),
    (id, scope, max_tokens): (&str, u64, usize),
    script: &Script,
) -> Answer {
    if let Some(skill) = &script.skill {
        door.skills.ran(skill, &report.outcome);
    }
    let answer = match &report.result {
        Some(result) => {
            let part = door.part(scope);
            door.results.keep(part, (scope, id), result.as_str().into());
            let answer = answer::finished(id, report, max_tokens);
            let answer = attached::attach(answer, report, &door.results, (part, scope));
            // The run keeps its slot meanwhile: so the bytes that wait are those of as many runs as there are slots.
            attached::in_room(answer, &door.unwritten, &script.share).await
        }
        None => answer::failed(id, report, &linked.tools(), code),
    };
    door.ran(report, answer.text.len());
    answer
}
