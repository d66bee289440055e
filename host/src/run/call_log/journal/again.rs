//! A call that the ledger has: what happens with it when the run comes to it again. Makes none, and asks no one.

use serde_json::{Map, Value};

use super::state::State;
use super::{Journal, Step, Unreadable, unwritable};
use crate::contract::ToolError;
use crate::ledger::{Entry, SentLine, StartLine};
use crate::observe::CallDecision;
use crate::recording::{Call, Difference, OneLine};
use crate::rules::limits::{Account, Stop};
use crate::run::calls::Verdict;

/// The rule of a call that was sent, and about which the user is asked because its answer was lost.
const LOST: &str = "it was sent, and its answer was lost";

impl Journal {
    /// A call that the ledger has.
    pub(super) fn again(
        &self,
        state: &mut State,
        entry: &Entry,
        call: &Call,
        account: &Account,
    ) -> wasmtime::Result<Step> {
        let n = entry.n;
        if let Some(difference) = difference(state, entry, call, account)? {
            state.difference.get_or_insert(difference.clone());
            return Err(wasmtime::Error::new(difference));
        }
        state.started = n;
        self.happen(state, entry.began);
        if entry.answer.is_some() {
            return Ok(Step::Recorded(n));
        }
        if entry.dropped {
            return Ok(Step::Dropped);
        }
        let decided = entry.decided.as_ref().filter(|_| entry.is_decided);
        let rule = match entry.sent {
            true => Some(LOST),
            false => entry.asks.as_deref(),
        };
        match decided {
            Some(decided) if !decided.allow => {
                let because = decided.because.as_deref();
                let because = because.map_or_else(String::new, |why| format!(": {why}"));
                let error = match entry.sent {
                    true => ToolError::Unavailable(format!(
                        "the call was sent, and its answer was lost; the user does not let it be made again{because}"
                    )),
                    false => ToolError::Denied(format!("the user refused the call{because}")),
                };
                let by = Verdict::of(n, CallDecision::Denied, rule);
                Ok(Step::Refused(n, error, by))
            }
            Some(_) => {
                let line = SentLine { n, sent: true };
                state.append(&line).map_err(|_| unwritable())?;
                Ok(Step::Live(n, Verdict::of(n, CallDecision::Approved, rule)))
            }
            None if entry.sent && entry.is_repeatable() => {
                Ok(Step::Live(n, Verdict::of(n, CallDecision::Allow, None)))
            }
            None => Ok(Step::Asks(n)),
        }
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
    };
    let mut text = Vec::with_capacity(line.len());
    serde_json::to_writer(OneLine(&mut text), &now)?;
    if text == line {
        return Ok(None);
    }
    let before: Map<String, Value> = serde_json::from_slice(&line)?;
    Ok(Difference::between_calls(entry.n, &before, &call.fields()))
}
