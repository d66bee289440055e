//! A script that can run: read and linked, and in its slot. Hears a caller that goes away. Runs nothing.

use mcp_host::{Limits, Linked};
use tokio::sync::SemaphorePermit;

use super::answered::busy;
use super::prepare::{self, Script};
use crate::answer::{Code, Refusal};
use crate::door::Door;
use crate::progress::{Stage, Step};
use crate::queue::Admitted;
use crate::rules::InForce;

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
) -> Result<Ready<'d>, Refusal> {
    let cancelled = |why: String| Refusal::new(Code::Cancelled, why);
    let admitted = door
        .queue
        .admit(door.part(script.scope), script.bytes() + script.input.len());
    let admitted = admitted.map_err(|why| busy(&why))?;
    let rules = match &script.skill {
        None => door.rules(),
        Some(skill) => {
            let rules = door.rules_of(skill.bare_name());
            rules.map_err(|fault| {
                let what = format!("the settings cannot be read, and no saved skill runs: {fault}");
                Refusal::new(Code::Internal, what)
            })?
        }
    };
    let InForce { grants, limits, .. } = rules;
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
    let slot = slot.map_err(|why| busy(&why))?;
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
