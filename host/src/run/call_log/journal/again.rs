//! What happens with a call that the ledger has, and that the guest makes again. What a person decided holds for what was
//! shown: a rule that denies the call now, or another definition of its tool, comes before it.

use super::state::State;
use super::{Journal, Step, unwritable};
use crate::contract::ToolError;
use crate::ledger::{AskLine, DriftedTool, Entry, SentLine};
use crate::recording::{Call, Difference};
use crate::run::judge::ToolJudge;

impl Journal {
    /// A call that the ledger has.
    pub(super) fn again(
        &self,
        state: &mut State,
        entry: &Entry,
        call: &Call,
        judge: Option<&ToolJudge>,
    ) -> wasmtime::Result<Step> {
        let n = entry.line.n;
        if let Some(difference) = Difference::between_calls(n, &entry.line.call, &call.fields()) {
            state.difference.get_or_insert(difference.clone());
            return Err(wasmtime::Error::new(difference));
        }
        state.started = n;
        self.happen(state, entry.line.began.unwrap_or_default());
        if entry.line.answer.is_some() {
            return Ok(Step::Recorded(n));
        }
        if entry.dropped {
            return Ok(Step::Dropped);
        }
        match entry.decided.as_ref().filter(|_| entry.is_decided) {
            Some(decided) if !decided.allow => {
                Ok(Step::Refused(n, refused(entry, decided.because.as_deref())))
            }
            Some(_) => allowed(state, entry, call, judge),
            None if entry.sent && entry.is_repeatable() => Ok(Step::Live(n)),
            None => Ok(Step::Asks(n)),
        }
    }
}

/// A call that a person allowed, under the policy and the definition of its tool as they are now.
fn allowed(
    state: &mut State,
    entry: &Entry,
    call: &Call,
    judge: Option<&ToolJudge>,
) -> wasmtime::Result<Step> {
    let n = entry.line.n;
    if let Some(why) = judge.and_then(|judge| judge.denies(call)) {
        return Ok(Step::Refused(n, ToolError::Denied(why)));
    }
    let definition = |drifted: &DriftedTool| drifted.definition.clone();
    if let Some(judge) = judge
        && let Some(drifted) = judge.drifted()
        && entry.drift.as_ref().map(definition).as_ref() != Some(&drifted.definition)
    {
        let line = AskLine {
            n,
            asks: judge.drift_rule().unwrap_or_default(),
            drift: drifted,
        };
        state.append(&line).map_err(|_| unwritable())?;
        return Ok(Step::Asks(n));
    }
    let line = SentLine { n, sent: true };
    state.append(&line).map_err(|_| unwritable())?;
    Ok(Step::Live(n))
}

/// The error of a call that the user refused.
fn refused(entry: &Entry, because: Option<&str>) -> ToolError {
    let because = because.map_or_else(String::new, |why| format!(": {why}"));
    match entry.sent {
        true => ToolError::Unavailable(format!(
            "the call was sent, and its answer was lost; the user does not let it be made again{because}"
        )),
        false => ToolError::Denied(format!("the user refused the call{because}")),
    }
}
