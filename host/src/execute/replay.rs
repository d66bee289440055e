//! A run that gets all its answers from a recording, and is compared with it.

use std::future::pending;
use std::sync::Arc;

use serde_json::Value;

use super::{ExecuteError, Request, once, record};
use crate::exports::InvokeError;
use crate::fixed::Fixed;
use crate::limits::Limits;
use crate::link::Linked;
use crate::outcome::Report;
use crate::recording::{Difference, End, Recording};
use crate::tape::{Player, Tape};

/// A replay that did not go as recorded.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The first thing that differed.
    #[error(transparent)]
    Differs(#[from] Difference),
    /// The function that was recorded cannot be called.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// The host could not run the skill.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

/// Runs the skill once with the recorded input and answers. Link it with [`Recording::catalog`]; no server is called,
/// no file and no state is touched.
///
/// `limits` and `fixed` are those of the recording, unless they are to be others.
///
/// # Errors
///
/// At the first call that is not the recorded one; when the outcome or the result is another; when fuel is, where
/// component, limits, seed and clock are the same and the run did not time out.
pub async fn replay(
    linked: &Linked,
    recording: &Arc<Recording>,
    limits: &Limits,
    fixed: Fixed,
) -> Result<Report, ReplayError> {
    let invocation = recording.invocation(&linked.skill)?;
    let request = match &invocation {
        Some(invocation) => Request::Function(invocation),
        None => Request::Input(recording.input()),
    };
    let tape = Arc::new(Tape::Play(Player::new(Arc::clone(recording))));
    let report = once(
        linked,
        &request,
        limits,
        fixed,
        Some(Arc::clone(&tape)),
        pending(),
    )
    .await?;
    let now = record::end(&report);
    if let Tape::Play(player) = &*tape {
        if let Some(difference) = player.difference() {
            return Err(difference.into());
        }
        if let Some(missing) = recording.calls().get(player.started()) {
            return Err(Difference::missing(missing.n, &missing.call, &now).into());
        }
    }
    let same_component = recording.digest() == report.digest.to_string();
    let repeatable = same_component && fixed == recording.fixed() && limits == recording.limits();
    match ending(recording.end(), &now, same_component, repeatable) {
        Some(difference) => Err(difference.into()),
        None => Ok(report),
    }
}

fn ending(recorded: &End, now: &End, same_component: bool, repeatable: bool) -> Option<Difference> {
    let differs = Difference::at_the_end;
    // The backtrace of a trap names functions and places of one component.
    let detail = same_component || now.outcome != "trapped";
    // A deadline passes where it passes.
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
