//! A call that the ledger has: what happens with it when the run comes to it again. What a person decided holds for
//! what was shown: a rule that denies the call now, or another definition of its tool, comes before it. Makes no call.

use serde_json::{Map, Value};

use super::state::State;
use super::{Journal, Step, Unreadable, unwritable};
use crate::contract::ToolError;
use crate::ledger::{AskLine, DriftedTool, Entry, REFUSED_BY_USER, SentLine, StartLine};
use crate::observe::CallDecision;
use crate::recording::{Call, Difference, OneLine};
use crate::rules::limits::{Account, Stop};
use crate::run::calls::Verdict;
use crate::run::judge::ToolJudge;

/// The rule of a call that was sent, and about which the user is asked because its answer was lost.
const LOST: &str = "it was sent, and its answer was lost";

impl Journal {
    /// A call that the ledger has.
    pub(super) fn again(
        &self,
        state: &mut State,
        entry: &Entry,
        call: &Call,
        judge: Option<&ToolJudge>,
        account: &Account,
    ) -> wasmtime::Result<Step> {
        let n = entry.n;
        if let Some(difference) = difference(state, entry, call, account)? {
            state.difference.get_or_insert(difference.clone());
            return Err(wasmtime::Error::new(difference));
        }
        state.started = n;
        state.order.happen(entry.began);
        self.happened(state);
        if entry.answer.is_some() {
            return Ok(Step::Recorded(n));
        }
        if entry.dropped {
            return Ok(Step::Dropped);
        }
        if entry.refused {
            // The process ended before the guest got the error.
            let why = judge.and_then(|judge| judge.denies(call));
            let why =
                why.unwrap_or_else(|| "the policy denied this call when it was made".to_owned());
            let by = Verdict::of(n, CallDecision::Deny, None);
            return Ok(Step::Refused(n, ToolError::Denied(why), by));
        }
        match entry.decided.as_ref().filter(|_| entry.is_decided) {
            Some(decided) if !decided.allow => {
                let error = refused(entry, decided.because.as_deref());
                let by = Verdict::of(n, CallDecision::Denied, rule(entry));
                Ok(Step::Refused(n, error, by))
            }
            Some(_) => allowed(state, entry, call, judge),
            None if entry.sent && entry.is_repeatable() => {
                Ok(Step::Live(n, Verdict::of(n, CallDecision::Allow, None)))
            }
            None => Ok(Step::Asks(n)),
        }
    }
}

/// Why the user was asked.
fn rule(entry: &Entry) -> Option<&str> {
    match entry.sent {
        true => Some(LOST),
        false => entry.asks.as_deref(),
    }
}

/// Compares a call with its line. The texts are the same where the calls are; only other ones are parsed.
fn difference(
    state: &State,
    entry: &Entry,
    call: &Call,
    account: &Account,
) -> wasmtime::Result<Option<Difference>> {
    let _line = account.charge(entry.start.bytes()).map_err(Stop::trap)?;
    let unreadable = |source| Unreadable::lost(entry.n, call.name(), source);
    let line = state.file.line(&entry.start).map_err(unreadable)?;
    let now = StartLine {
        n: entry.n,
        call,
        began: entry.began,
        asks: entry.asks.as_deref(),
        covered: entry.covered,
        refused: entry.refused,
        drift: entry.drift.as_ref(),
    };
    let mut text = Vec::with_capacity(line.len());
    serde_json::to_writer(OneLine(&mut text), &now)?;
    if text == line {
        return Ok(None);
    }
    let before: Map<String, Value> = serde_json::from_slice(&line)?;
    Ok(Difference::between_calls(entry.n, &before, &call.fields()))
}

/// A call that a person allowed, under the policy and the definition of its tool as they are now.
fn allowed(
    state: &mut State,
    entry: &Entry,
    call: &Call,
    judge: Option<&ToolJudge>,
) -> wasmtime::Result<Step> {
    let n = entry.n;
    if let Some(why) = judge.and_then(|judge| judge.denies(call)) {
        let by = Verdict::of(n, CallDecision::Deny, None);
        return Ok(Step::Refused(n, ToolError::Denied(why), by));
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
    // The decision is on the disk. Without this line beside it, a power failure would have the call made twice.
    state.file.keep().map_err(|_| unwritable())?;
    Ok(Step::Live(
        n,
        Verdict::of(n, CallDecision::Approved, rule(entry)),
    ))
}

/// The error of a call that the user refused.
fn refused(entry: &Entry, because: Option<&str>) -> ToolError {
    let because = because.map_or_else(String::new, |why| format!(": {why}"));
    match entry.sent {
        true => ToolError::Unavailable(format!(
            "the call was sent, and its answer was lost; the user does not let it be made again{because}"
        )),
        false => ToolError::Denied(format!("{REFUSED_BY_USER}{because}")),
    }
}
