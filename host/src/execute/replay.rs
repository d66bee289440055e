//! A run that gets all answers from a recording, and is compared with it.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use super::{ExecuteError, Request, once, record};
use crate::component::exports::InvokeError;
use crate::link::Linked;
use crate::recording::{Difference, End, LoweredLimit, Recording, lower};
use crate::report::{Outcome, Report};
use crate::rules::determinism::Determinism;
use crate::rules::limits::{Limit, Limits};
use crate::run::call_log::{CallLog, Replayer};

/// A replay that differs from its recording.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The first difference.
    #[error(transparent)]
    Differs(#[from] Difference),
    /// The replay differs because a limit stopped it that the recorded run did not have.
    #[error("the replay was stopped by a limit: {limit}")]
    Limited {
        /// The limit.
        limit: LoweredLimit,
        /// What differed.
        source: Difference,
    },
    /// The recorded function cannot be called.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// The host could not run the skill.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

/// Runs the skill once with the recorded input and answers. Link it with [`Recording::catalog`]; no server is called,
/// no file and no state is touched.
///
/// `limits` are those of any run of this skill: the recording lowers them where it has lower ones, and never raises
/// them. `fixed` is that of the recording, unless it is to be another.
///
/// # Errors
///
/// At the first call that is not the recorded one, or that waits for an answer which the recording never gives; when
/// the outcome or the result is another; when fuel is, where component, limits, seed and clock are the same and the run
/// did not time out.
pub async fn replay(
    linked: &Linked,
    recording: &Arc<Recording>,
    limits: &Limits,
    fixed: Determinism,
) -> Result<Report, ReplayError> {
    let limits = lower(limits, recording.limits());
    let invocation = recording.invocation(&linked.skill)?;
    let request = match &invocation {
        Some(invocation) => Request::Function(invocation),
        None => Request::Input(recording.input()),
    };
    let player = Arc::new(Replayer::new(Arc::clone(recording)));
    let call_log = Arc::new(CallLog::Replay(Arc::clone(&player)));
    let (stop, stopped) = oneshot::channel();
    let run = once(linked, &request, &limits, fixed, Some(call_log), async {
        match stopped.await {
            Ok(why) => why,
            Err(_) => pending().await,
        }
    });
    let report = to_its_end(run, &player, recording.end(), stop).await??;
    match difference(linked, recording, &player, &report, &limits, fixed) {
        None => Ok(report),
        Some(source) => Err(match limit(&report, recording, &limits) {
            Some(limit) => ReplayError::Limited { limit, source },
            None => source.into(),
        }),
    }
}

/// A run in which a call waits for the recording, and nothing else moves for so long, never moves again: nothing of a
/// replay waits for anything outside of it but a guest that sleeps.
const STILL: Duration = Duration::from_secs(1);

/// Drives the run to its end. A run that waits only for answers that the recording does not have ends here: as
/// cancelled if the recorded run was, else with the call that waits. A recorded run that timed out waits again, until
/// the deadline.
async fn to_its_end<R>(
    run: impl Future<Output = R>,
    player: &Replayer,
    recorded: &End,
    stop: oneshot::Sender<String>,
) -> Result<R, Difference> {
    let mut run = pin!(run);
    let mut stop = Some(stop);
    loop {
        let mut polls = 0_u32;
        let still = pin!(tokio::time::sleep(STILL));
        tokio::select! {
            biased;
            done = poll_fn(|context| {
                polls = polls.saturating_add(1);
                run.as_mut().poll(context)
            }) => return Ok(done),
            () = still => {}
        }
        // The first poll is that of this turn, and the second that of its timer.
        let moves = polls > 2;
        let Some(held) = player.held().filter(|_| !moves) else {
            continue;
        };
        match recorded.outcome.as_str() {
            "timed-out" => return Ok(run.await),
            "cancelled" if held.answer.is_none() => {
                let Some(stop) = stop.take() else {
                    return Ok(run.await);
                };
                let why = recorded.detail.get("message").and_then(Value::as_str);
                // The run takes it when it is polled next.
                let _ = stop.send(why.unwrap_or_default().to_owned());
            }
            _ => return Err(Difference::never_answered(held)),
        }
    }
}

/// The first difference between the recorded run and this one.
fn difference(
    linked: &Linked,
    recording: &Recording,
    player: &Replayer,
    report: &Report,
    limits: &Limits,
    fixed: Determinism,
) -> Option<Difference> {
    let now = record::end(report);
    if let Some(difference) = player.difference() {
        return Some(difference);
    }
    if let Some(missing) = recording.calls().get(player.started()) {
        return Some(Difference::missing(missing.n, &missing.call, &now));
    }
    let same_component = recording.digest() == linked.skill.digest().to_string();
    let has_fuel = same_component && recording.has_fuel();
    let repeatable = has_fuel && fixed == recording.fixed() && limits == recording.limits();
    ending(recording.end(), &now, same_component, repeatable)
}

/// The limit that stopped this run, if the recorded run had a higher one.
fn limit(report: &Report, recording: &Recording, limits: &Limits) -> Option<LoweredLimit> {
    let stopped_by = match &report.outcome {
        Outcome::OutOfFuel { .. } => Limit::Fuel,
        Outcome::OutOfMemory { quota, .. } => *quota,
        Outcome::TimedOut { .. } => Limit::Timeout,
        Outcome::BudgetExhausted { .. } => Limit::Calls,
        Outcome::OutputTooLarge { .. } => Limit::Output,
        // A dropped log line is not a call in the recording.
        _ if report.log_lines_dropped > 0 => Limit::LogLines,
        _ => return None,
    };
    let mut lowered = recording.lowered_by(limits).into_iter();
    lowered.find(|lowered| lowered.limit == stopped_by)
}

fn ending(recorded: &End, now: &End, same_component: bool, repeatable: bool) -> Option<Difference> {
    let differs = Difference::at_the_end;
    // The backtrace of a trap names functions and places of one component.
    let detail = same_component || now.outcome != "trapped";
    // The deadline does not pass at a fixed point.
    let fuel = repeatable && now.outcome != "timed-out";
    differs(
        "outcome",
        &recorded.outcome.as_str().into(),
        &now.outcome.as_str().into(),
    )
    .or_else(|| {
        let [recorded, now] = [recorded, now].map(|end| Value::Object(end.detail.clone()));
        detail
            .then(|| differs("outcome", &recorded, &now))
            .flatten()
    })
    .or_else(|| differs("result", &recorded.result, &now.result))
    .or_else(|| {
        let [recorded, now] = [recorded, now].map(|end| end.fuel.into());
        fuel.then(|| differs("fuel", &recorded, &now)).flatten()
    })
}
