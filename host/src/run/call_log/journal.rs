//! Writes a ledger while its run goes on, and answers from it what it had before. Stops the run where nothing goes on but
//! calls that wait for a person, and at the first difference.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::{Future, poll_fn};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Notify;

use super::recorder::Unwritable;
use super::replayer::Unreadable;
use super::{Answered, Noted};
use crate::contract::ToolError;
use crate::ledger::{
    AnswerLine, DroppedLine, EndLine, Entry, Ledger, LedgerFile, RunGrant, SentLine, StartLine,
    pause_line,
};
use crate::recording::{Answer, Call, Difference, End, InLine};
use crate::rules::limits::Account;
use crate::run::calls::CallTracker;
use crate::run::judge::{Judged, ToolJudge};
use crate::run::turns::{Turns, Waited};

/// What happens with a call.
pub(super) enum Step {
    /// Its answer is in the ledger.
    Recorded(usize),
    /// It is made.
    Live(usize),
    /// It waits for a person, and the run for it.
    Asks(usize),
    /// It is not made.
    Refused(usize, ToolError),
}

pub(crate) struct Journal {
    /// The calls before this process had the run, and the events.
    entries: Vec<Entry>,
    before: u64,
    state: Mutex<State>,
    turns: Arc<Turns>,
    paused: Notify,
}

struct State {
    file: LedgerFile,
    started: usize,
    /// Starts and answers in the file.
    events: u64,
    /// Recorded events that happened again, beyond `passed`.
    happened: BTreeSet<u64>,
    /// The number of the first recorded event that has not happened again, less one.
    passed: u64,
    /// The calls that wait for a recorded event, by it.
    waiting: BTreeMap<u64, Waker>,
    /// Calls without an answer that wait for no person.
    in_flight: usize,
    /// Calls that wait for a person.
    asking: VecDeque<(usize, Waker)>,
    grants: Vec<RunGrant>,
    difference: Option<Difference>,
    failed: Option<io::Error>,
    /// The guest does not run any more.
    is_over: bool,
}

impl Journal {
    pub(crate) fn new(ledger: Ledger) -> Self {
        let Ledger {
            file,
            calls,
            events,
            grants,
            ..
        } = ledger;
        let turns = Arc::new(Turns::default());
        if events > 0 {
            turns.hold();
        }
        Self {
            entries: calls,
            before: events,
            state: Mutex::new(State {
                file,
                started: 0,
                events,
                happened: BTreeSet::new(),
                passed: 0,
                waiting: BTreeMap::new(),
                in_flight: 0,
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

    /// The turns of its answers.
    pub(crate) fn turns(&self) -> &Arc<Turns> {
        &self.turns
    }

    /// Waits until nothing goes on but calls that wait for a person.
    pub(crate) async fn paused(&self) {
        self.paused.notified().await;
    }

    /// The guest does not run any more: calls that are dropped from now on were not dropped by it.
    pub(crate) fn is_over(&self) {
        self.state().is_over = true;
    }

    /// The first call that is not the one in the ledger.
    pub(crate) fn difference(&self) -> Option<Difference> {
        self.state().difference.clone()
    }

    /// Writes that the run waits for a person.
    pub(crate) fn pause(&self) -> io::Result<()> {
        let mut state = self.state();
        state.append(&pause_line())?;
        state.file.keep()
    }

    /// Keeps the ledger as it is, of a run that may go on.
    pub(crate) fn leave(&self) -> io::Result<()> {
        let mut state = self.state();
        match state.failed.take() {
            Some(error) => Err(error),
            None => state.file.keep(),
        }
    }

    /// Writes how the run ended.
    pub(crate) fn end(&self, end: &End, result: &InLine<'_>) -> io::Result<()> {
        let mut state = self.state();
        state.append(&EndLine {
            end: true,
            outcome: &end.outcome,
            detail: &end.detail,
            result,
            fuel: end.fuel,
        })?;
        state.file.keep()
    }

    /// A call begins: compares it with the ledger, or writes it.
    pub(super) fn begin(
        &self,
        noted: Noted<'_>,
        judge: Option<(&ToolJudge, &CallTracker)>,
    ) -> wasmtime::Result<Step> {
        let call = noted.call;
        let mut state = self.state();
        let n = state.started + 1;
        if let Some(entry) = self.entries.get(state.started) {
            if let Some((judge, calls)) = judge.filter(|_| entry.sent) {
                judge.made(calls, &call);
            }
            return self.again(&mut state, entry, &call);
        }
        let judged = match judge {
            Some((judge, calls)) => judge.judge_call(calls, &call),
            None => Judged::Allow,
        };
        let (asks, covered, step) = match judged {
            Judged::Allow => (None, false, Step::Live(n)),
            Judged::Deny(why) => (None, false, Step::Refused(n, ToolError::Denied(why))),
            Judged::Ask(rule) => match state.covering(&call) {
                Some(grant) => {
                    grant.left -= 1;
                    (None, true, Step::Live(n))
                }
                None => (Some(rule), false, Step::Asks(n)),
            },
        };
        let began = state.events + 1;
        let line = StartLine {
            n,
            call: &call,
            began,
            asks: asks.as_deref(),
            covered,
        };
        state.append(&line).map_err(|_| unwritable())?;
        state.started = n;
        state.events = began;
        Ok(step)
    }

    /// A call that the ledger has.
    fn again(&self, state: &mut State, entry: &Entry, call: &Call) -> wasmtime::Result<Step> {
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
        let decided = entry.decided.as_ref().filter(|_| entry.is_decided);
        match decided {
            Some(decided) if !decided.allow => {
                let because = decided.because.as_deref();
                let because = because.map_or_else(String::new, |why| format!(": {why}"));
                Ok(Step::Refused(
                    n,
                    match entry.sent {
                        true => ToolError::Unavailable(format!(
                            "the call was sent, and its answer was lost; the user does not let it be made again{because}"
                        )),
                        false => ToolError::Denied(format!("the user refused the call{because}")),
                    },
                ))
            }
            Some(_) => {
                let line = SentLine { n, sent: true };
                state.append(&line).map_err(|_| unwritable())?;
                Ok(Step::Live(n))
            }
            None if entry.sent && (entry.dropped || entry.is_repeatable()) => Ok(Step::Live(n)),
            None => Ok(Step::Asks(n)),
        }
    }

    /// The recorded answer, in its turn.
    pub(super) async fn recorded<T, E>(
        &self,
        n: usize,
        call: &'static str,
    ) -> wasmtime::Result<Answer<T, E>>
    where
        T: DeserializeOwned,
        E: DeserializeOwned,
    {
        let _flight = Flight::new(self);
        let entry = n.checked_sub(1).and_then(|at| self.entries.get(at));
        let line = entry.map(|entry| &entry.line);
        let answer = line.and_then(|line| line.answer.as_ref());
        let text = answer.unwrap_or(&Value::Null).to_string();
        let read =
            serde_json::from_str(&text).map_err(|source| Unreadable::new(n, call, source))?;
        let line = line.and_then(|line| line.began.zip(line.ended));
        if let Some((began, ended)) = line
            && began != ended
        {
            self.turns.begun();
            let mut waited = Waited::default();
            poll_fn(|context| self.turn(ended, &mut waited, context)).await;
        }
        Ok(read)
    }

    /// As in a replay.
    fn turn(&self, event: u64, waited: &mut Waited, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.passed + 1 != event {
            state.waiting.insert(event, context.waker().clone());
            return Poll::Pending;
        }
        if !self.turns.had_turn(waited, context) {
            return Poll::Pending;
        }
        self.turns.answered();
        self.happen(&mut state, event);
        Poll::Ready(())
    }

    /// Makes the call, and writes its answer, which `answer` formats.
    pub(super) async fn live<'a, R>(
        &self,
        n: usize,
        account: &'a Account,
        live: impl Future<Output = wasmtime::Result<R>>,
        answer: impl FnOnce(&wasmtime::Result<R>, &'a Account) -> wasmtime::Result<Option<Answered<'a>>>,
    ) -> wasmtime::Result<R> {
        let mut flight = Flight::new(self);
        flight.call = Some(n);
        let mut live = std::pin::pin!(live);
        let mut polled = 0_u32;
        let done = poll_fn(|context| {
            polled = polled.saturating_add(1);
            live.as_mut().poll(context)
        })
        .await;
        let is_new = n > self.entries.len();
        let at_once = polled == 1 && is_new;
        if polled == 1 && !is_new {
            // The first time, it had to wait.
            self.turns.begun();
            self.turns.turn().await;
        }
        if let Some(answer) = answer(&done, account)? {
            let mut state = self.state();
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

    /// Compares or writes a call that returns nothing.
    pub(super) fn log_event(&self, account: &Account, noted: Noted<'_>) -> wasmtime::Result<()> {
        let Step::Live(n) = self.begin(noted, None)? else {
            return Ok(());
        };
        let nothing = super::Answer::<(), ()>::Result(());
        if let Some(answer) = super::answered(nothing, account)? {
            let mut state = self.state();
            let ended = state.events;
            let line = AnswerLine {
                n,
                ended,
                answer: &answer.text,
            };
            state.append(&line).map_err(|_| unwritable())?;
        }
        Ok(())
    }

    /// Waits for a person, which ends the run here as soon as nothing else goes on. The decision comes with another run.
    pub(super) async fn ask<T>(&self, n: usize) -> T {
        self.turns.begun();
        let _asking = Asking::new(self, n);
        let mut waited = Waited::default();
        poll_fn(|context| {
            if self.goes_on(n, context) {
                return Poll::Pending;
            }
            if self.turns.had_turn(&mut waited, context) {
                self.paused.notify_one();
            }
            Poll::Pending
        })
        .await
    }

    /// Whether something goes on besides the calls that wait for a person, or another of these looks at that.
    fn goes_on(&self, n: usize, context: &Context<'_>) -> bool {
        // Wasmtime polls no other call while the guest waits in this one.
        let is_alone = self.turns.is_in_host();
        let mut state = self.state();
        let is_first = state.asking.front().is_some_and(|(first, _)| *first == n);
        if let Some((_, waker)) = state.asking.iter_mut().find(|(asking, _)| *asking == n) {
            waker.clone_from(context.waker());
        }
        let rests = state.in_flight == 0 && state.passed >= self.before;
        !(is_alone || is_first && rests)
    }

    fn happen(&self, state: &mut State, event: u64) {
        state.happened.insert(event);
        while state.happened.remove(&(state.passed + 1)) {
            state.passed += 1;
        }
        if let Some(waker) = state.waiting.remove(&(state.passed + 1)) {
            waker.wake();
        }
        if state.passed >= self.before {
            self.turns.release();
            state.wake_asking();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// After the first error, nothing is written any more.
    fn append(&mut self, line: &impl serde::Serialize) -> io::Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.kind().into());
        }
        let written = self.file.append(line);
        written.map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }

    fn covering(&mut self, call: &Call) -> Option<&mut RunGrant> {
        match call {
            Call::Tool { server, tool, .. } => RunGrant::covering(&mut self.grants, server, tool),
            _ => None,
        }
    }

    fn wake_asking(&self) {
        if let Some((_, waker)) = self.asking.front() {
            waker.wake_by_ref();
        }
    }
}

fn unwritable() -> wasmtime::Error {
    wasmtime::Error::new(Unwritable)
}

/// A call without an answer, until it has one or the guest drops it.
struct Flight<'a> {
    journal: &'a Journal,
    /// The call, if it was made by this process.
    call: Option<usize>,
}

impl<'a> Flight<'a> {
    fn new(journal: &'a Journal) -> Self {
        journal.state().in_flight += 1;
        Self {
            journal,
            call: None,
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut state = self.journal.state();
        state.in_flight -= 1;
        state.wake_asking();
        if let Some(n) = self.call.filter(|_| !state.is_over) {
            // The guest does not want its answer: no person is asked about it.
            let line = DroppedLine { n, dropped: true };
            // An error is kept, and ends the run at its next call.
            let _ = state.append(&line);
        }
    }
}

/// A call that waits for a person, until the guest drops it.
struct Asking<'a> {
    journal: &'a Journal,
    n: usize,
}

impl<'a> Asking<'a> {
    fn new(journal: &'a Journal, n: usize) -> Self {
        let waker = Waker::noop().clone();
        journal.state().asking.push_back((n, waker));
        Self { journal, n }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut state = self.journal.state();
        state.asking.retain(|(n, _)| *n != self.n);
        state.wake_asking();
        if !state.is_over {
            let line = DroppedLine {
                n: self.n,
                dropped: true,
            };
            let _ = state.append(&line);
        }
    }
}
