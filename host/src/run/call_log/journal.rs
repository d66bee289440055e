//! Writes a ledger while its run goes on, and answers from it what it had before. Stops the run at the first
//! difference.

mod again;
mod held;
mod pause;
mod state;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;

use held::Flight;
use state::{Shared, State};

use super::order::Order;
use super::recorder::Unwritable;
use super::replayer::Unreadable;
use super::{Answered, Noted};
use crate::contract::ToolError;
use crate::ledger::{AnswerLine, EndLine, Entry, Ledger, StartLine, pause_line};
use crate::observe::CallDecision;
use crate::recording::{Answer, Difference, End, InLine};
use crate::rules::limits::{Account, Stop};
use crate::run::calls::{CallTracker, Verdict};
use crate::run::judge::{Judged, ToolJudge};
use crate::run::turns::{Turns, Waited, polled_once};
use mcp_codec::json;

/// The answer in its line.
#[derive(Deserialize)]
struct AnswerOnly<T> {
    answer: T,
}

/// What happens with a call.
pub(crate) enum Step {
    /// Its answer is in the ledger.
    Recorded(usize),
    /// It is made.
    Live(usize, Verdict),
    /// It waits for a person, and the run for it.
    Asks(usize),
    /// The guest dropped it before, and drops it again: it is not made, and no person is asked.
    Dropped,
    /// It is not made.
    Refused(usize, ToolError, Verdict),
}

pub(crate) struct Journal {
    /// The calls before this process had the run, and the events.
    entries: Vec<Entry>,
    before: u64,
    is_resumed: bool,
    shared: Shared,
    turns: Arc<Turns>,
    paused: Notify,
}

impl Journal {
    pub(crate) fn new(ledger: Ledger) -> Self {
        let Ledger {
            file,
            calls,
            events,
            grants,
            is_resumed,
            ..
        } = ledger;
        let turns = Arc::new(Turns::default());
        if events > 0 {
            turns.hold();
        }
        Self {
            entries: calls,
            before: events,
            is_resumed,
            shared: Shared::new(State {
                file,
                started: 0,
                events,
                order: Order::default(),
                in_flight: 0,
                at_servers: 0,
                asking: VecDeque::new(),
                grants,
                difference: None,
                failed: None,
                is_over: false,
            }),
            turns,
            paused: Notify::new(),
        }
    }

    /// Charges what is kept of the calls before to the run, as long as it goes on.
    pub(crate) fn charge(&self, account: &Account) -> Result<(), Stop> {
        let kept = self.entries.iter().map(Entry::weight).sum();
        account.charge(kept).map(|charge| {
            charge.keep();
        })
    }

    /// The turns of its answers.
    pub(crate) fn turns(&self) -> &Arc<Turns> {
        &self.turns
    }

    /// Whether an earlier part of the run wrote into the ledger.
    pub(crate) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// Whether not all has happened again that the ledger had.
    pub(crate) fn repeats(&self) -> bool {
        self.shared.lock().order.passed() < self.before
    }

    /// Waits until nothing goes on but calls that wait for a person.
    pub(crate) async fn paused(&self) {
        self.paused.notified().await;
    }

    /// The first call of the ledger that was not made again.
    pub(crate) fn first_missing(&self) -> Option<&Entry> {
        let started = self.shared.lock().started;
        self.entries.get(started)
    }

    /// The guest does not run any more: calls that are dropped from now on were not dropped by it.
    pub(crate) fn is_over(&self) {
        self.shared.lock().is_over = true;
    }

    /// The first call that is not the one in the ledger.
    pub(crate) fn difference(&self) -> Option<Difference> {
        self.shared.lock().difference.clone()
    }

    /// Writes that the run waits for a person.
    pub(crate) fn pause(&self) -> io::Result<()> {
        let mut state = self.shared.lock();
        let written = state.append(&pause_line());
        written.map_err(|error| state.cause(error))?;
        state.file.keep()
    }

    /// Keeps the ledger as it is, of a run that may go on.
    pub(crate) fn leave(&self) -> io::Result<()> {
        let mut state = self.shared.lock();
        match state.failed.take() {
            Some(error) => Err(error),
            None => state.file.keep(),
        }
    }

    /// Writes how the run ended.
    pub(crate) fn end(&self, end: &End, result: &InLine<'_>) -> io::Result<()> {
        let mut state = self.shared.lock();
        // The account of the run is closed: no copy of the result is made.
        let written = state.append_long(&EndLine {
            end: true,
            outcome: &end.outcome,
            detail: &end.detail,
            result,
            fuel: end.fuel,
        });
        written.map_err(|error| state.cause(error))?;
        state.file.keep()
    }

    /// A call begins: compares it with the ledger, or writes it.
    pub(super) fn begin(
        &self,
        noted: &Noted<'_>,
        judge: Option<(&ToolJudge, &CallTracker)>,
        account: &Account,
    ) -> wasmtime::Result<Step> {
        let call = &noted.call;
        // Its line, which is made to be written or compared.
        let _line = account
            .charge(super::LINE + json::size(call))
            .map_err(Stop::trap)?;
        let mut state = self.shared.lock();
        let n = state.started + 1;
        if let Some(entry) = self.entries.get(state.started) {
            if let Some((judge, calls)) = judge.filter(|_| entry.was_allowed()) {
                judge.made(calls, call);
            }
            let judge = judge.map(|(judge, _)| judge);
            return self.again(&mut state, entry, call, judge, account);
        }
        let judged = match judge {
            Some((judge, calls)) => judge.judge_call(calls, call),
            None => Judged::Allow,
        };
        let drift = judge.and_then(|(judge, _)| judge.drifted());
        let refused = matches!(judged, Judged::Deny(_));
        let by = |decision, rule: Option<&str>| Verdict::of(n, decision, rule);
        let (asks, covered, step) = match judged {
            Judged::Allow => (None, false, Step::Live(n, by(CallDecision::Allow, None))),
            Judged::Deny(why) => {
                let refused = ToolError::Denied(why);
                let by = by(CallDecision::Deny, None);
                (None, false, Step::Refused(n, refused, by))
            }
            Judged::Ask(rule) => match state.covering(call, drift) {
                Some(grant) => {
                    grant.left -= 1;
                    let by = by(CallDecision::Approved, Some(&rule));
                    (None, true, Step::Live(n, by))
                }
                None => (Some(rule), false, Step::Asks(n)),
            },
        };
        let began = state.events + 1;
        let line = StartLine {
            n,
            call,
            began,
            asks: asks.as_deref(),
            covered,
            refused,
            drift: drift.filter(|_| asks.is_some() || covered),
        };
        state.append(&line).map_err(|_| unwritable())?;
        state.started = n;
        state.events = began;
        Ok(step)
    }

    /// The recorded answer, in its turn.
    pub(super) async fn recorded<T, E>(
        &self,
        n: usize,
        call: &'static str,
        account: &Account,
    ) -> wasmtime::Result<Answer<T, E>>
    where
        T: DeserializeOwned,
        E: DeserializeOwned,
    {
        let _flight = Flight::new(&self.shared);
        let entry = n.checked_sub(1).and_then(|at| self.entries.get(at));
        let answer = entry.and_then(|entry| Some((entry.began, entry.answer.as_ref()?)));
        let (began, answer) = answer.ok_or_else(|| Unreadable::missing(n, call))?;
        if began != answer.ended {
            self.turns.begun();
            let mut waited = Waited::default();
            poll_fn(|context| self.turn(answer.ended, &mut waited, context)).await;
        }
        // The text stays in the file until its turn, and is charged until the answer is made of it.
        let _held = account.charge(answer.line.bytes()).map_err(Stop::trap)?;
        let line = self.shared.lock().file.line(&answer.line);
        let line = line.map_err(|source| Unreadable::lost(n, call, source))?;
        let read: AnswerOnly<Answer<T, E>> =
            serde_json::from_slice(&line).map_err(|source| Unreadable::new(n, call, source))?;
        Ok(read.answer)
    }

    /// As in a replay.
    fn turn(&self, event: u64, waited: &mut Waited, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.shared.lock();
        let turn = state.order.turn(event, &self.turns, waited, context);
        if turn.is_ready() {
            self.happened(&state);
        }
        turn
    }

    /// Makes the call, and writes its answer, which `answer` formats.
    pub(super) async fn live<'a, R>(
        &self,
        n: usize,
        account: &'a Account,
        live: impl Future<Output = wasmtime::Result<R>>,
        answer: impl FnOnce(&wasmtime::Result<R>, &'a Account) -> wasmtime::Result<Option<Answered<'a>>>,
    ) -> wasmtime::Result<R> {
        let flight = Flight::new(&self.shared);
        self.written(n, flight, account, live, answer).await
    }

    /// The same for a call that a server gets.
    pub(super) async fn live_tool<'a, R>(
        &self,
        n: usize,
        account: &'a Account,
        live: impl Future<Output = wasmtime::Result<R>>,
        answer: impl FnOnce(&wasmtime::Result<R>, &'a Account) -> wasmtime::Result<Option<Answered<'a>>>,
    ) -> wasmtime::Result<R> {
        let flight = Flight::new(&self.shared).at_server();
        self.written(n, flight, account, live, answer).await
    }

    async fn written<'a, R>(
        &self,
        n: usize,
        mut flight: Flight<'_>,
        account: &'a Account,
        live: impl Future<Output = wasmtime::Result<R>>,
        answer: impl FnOnce(&wasmtime::Result<R>, &'a Account) -> wasmtime::Result<Option<Answered<'a>>>,
    ) -> wasmtime::Result<R> {
        flight.call = Some(n);
        let (done, was_there) = polled_once(live).await;
        let is_new = n > self.entries.len();
        let at_once = was_there && is_new;
        if was_there && !is_new {
            // The first time, it had to wait.
            self.turns.begun();
            self.turns.turn().await;
        }
        if let Some(answer) = answer(&done, account)? {
            // The line has a copy of its text.
            let _line = account
                .charge(answer.text.get().len())
                .map_err(Stop::trap)?;
            let mut state = self.shared.lock();
            let ended = state.events + u64::from(!at_once);
            let line = AnswerLine {
                n,
                ended,
                answer: &answer.text,
            };
            state.append(&line).map_err(|_| unwritable())?;
            state.events = ended;
        }
        flight.call = None;
        done
    }

    /// Compares or writes a call that returns nothing. Whether it is new.
    pub(super) fn log_event(&self, account: &Account, noted: Noted<'_>) -> wasmtime::Result<bool> {
        let Step::Live(n, _) = self.begin(&noted, None, account)? else {
            return Ok(false);
        };
        let nothing = super::Answer::<(), ()>::Result(());
        if let Some(answer) = super::answered(nothing, account)? {
            let mut state = self.shared.lock();
            // It is over when it begins, also where an earlier process did not come so far.
            let entry = n.checked_sub(1).and_then(|at| self.entries.get(at));
            let began = entry.map(|entry| entry.began);
            let ended = began.unwrap_or(state.events);
            let line = AnswerLine {
                n,
                ended,
                answer: &answer.text,
            };
            state.append(&line).map_err(|_| unwritable())?;
        }
        Ok(true)
    }

    /// An event happened again. After the last one, the run goes on by itself.
    fn happened(&self, state: &State) {
        if state.order.passed() >= self.before {
            self.turns.release();
            state.wake_asking();
        }
    }
}

fn unwritable() -> wasmtime::Error {
    wasmtime::Error::new(Unwritable)
}

#[cfg(test)]
mod tests;
