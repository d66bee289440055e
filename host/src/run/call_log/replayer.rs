//! Answers the calls of a run from a recording, in its order, and stops the run at the first difference.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use serde::de::DeserializeOwned;

use crate::recording::{Answer, Call, Difference, Line, Recording};
use crate::run::turns::{Turns, Waited};

pub(crate) struct Replayer {
    recording: Arc<Recording>,
    playing: Mutex<Playing>,
    turns: Turns,
}

#[derive(Default)]
struct Playing {
    started: usize,
    /// Starts and answers that have happened, beyond `next`.
    happened: BTreeSet<u64>,
    /// The number of the first event that has not happened, less one.
    passed: u64,
    /// The futures that wait, by the event that each needs next.
    waiting: BTreeMap<u64, Waker>,
    /// Calls in flight that wait for the recording, by their number from 1.
    held: BTreeSet<usize>,
    difference: Option<Difference>,
}

/// The recorded answer does not have this call's type.
#[derive(Debug, thiserror::Error)]
#[error("recorded answer {n} is not a valid answer to `{call}`")]
pub(super) struct Unreadable {
    n: usize,
    call: &'static str,
    source: std::io::Error,
}

impl Unreadable {
    pub(super) fn new(n: usize, call: &'static str, source: serde_json::Error) -> Self {
        Self::lost(n, call, source.into())
    }

    /// It cannot be read from its file.
    pub(super) fn lost(n: usize, call: &'static str, source: std::io::Error) -> Self {
        Self { n, call, source }
    }

    /// There is no answer.
    pub(super) fn missing(n: usize, call: &'static str) -> Self {
        Self::lost(n, call, std::io::ErrorKind::NotFound.into())
    }
}

impl Replayer {
    pub(crate) fn new(recording: Arc<Recording>) -> Self {
        Self {
            recording,
            playing: Mutex::default(),
            turns: Turns::default(),
        }
    }

    /// Compares the call with the next one of the recording, and returns the recorded answer in its turn. Calls
    /// `unanswered` where the recorded run ended before an answer came, and returns nothing then.
    pub(crate) async fn call<T, E>(
        &self,
        call: &Call,
        unanswered: impl FnOnce(),
    ) -> wasmtime::Result<Answer<T, E>>
    where
        T: DeserializeOwned,
        E: DeserializeOwned,
    {
        let line = self.start(call)?;
        let _held = Held::new(self, line.n);
        let Some(answer) = &line.answer else {
            unanswered();
            // `replay` finds out where this run stops.
            return pending().await;
        };
        // From its text: a content block is a tagged enum, and of a tree serde passes it no number beyond 64 bits.
        let read = serde_json::from_str(answer.get())
            .map_err(|source| Unreadable::new(line.n, call.name(), source))?;
        if let (Some(began), Some(ended)) = (line.began, line.ended)
            && began != ended
        {
            self.turns.begun();
            let mut waited = Waited::default();
            poll_fn(|context| self.turn(ended, &mut waited, context)).await;
        }
        Ok(read)
    }

    /// Compares a call that returns nothing.
    pub(crate) fn log_event(&self, call: &Call) -> wasmtime::Result<()> {
        self.start(call).map(drop)
    }

    /// The turns of its answers.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// The first difference in a call.
    pub(crate) fn difference(&self) -> Option<Difference> {
        self.playing().difference.clone()
    }

    /// The first call that waits for the recording.
    pub(crate) fn held(&self) -> Option<&Line> {
        let first = self.playing().held.first().copied()?;
        self.recording.calls().get(first - 1)
    }

    /// The number of calls so far.
    pub(crate) fn started(&self) -> usize {
        self.playing().started
    }

    fn start(&self, call: &Call) -> wasmtime::Result<&Line> {
        let now = call.fields();
        let mut playing = self.playing();
        let n = playing.started + 1;
        let found = self.recording.calls().get(playing.started);
        let difference = match found {
            None => Some(Difference::further(n, &now)),
            Some(line) => Difference::between_calls(n, &line.call, &now),
        };
        match (found, difference) {
            (Some(line), None) => {
                playing.started = n;
                if let Some(began) = line.began {
                    playing.happen(began);
                }
                Ok(line)
            }
            (_, difference) => {
                let difference = difference.unwrap_or_else(|| Difference::further(n, &now));
                playing.difference.get_or_insert(difference.clone());
                Err(wasmtime::Error::new(difference))
            }
        }
    }

    /// Whether all earlier events have happened, and the guest had its turn since the last of them: two answers that
    /// come at once have no order for the guest. Always false at the first poll: the recorded call was not answered at
    /// once either.
    fn turn(&self, event: u64, waited: &mut Waited, context: &mut Context<'_>) -> Poll<()> {
        let mut playing = self.playing();
        let is_next = playing.passed + 1 == event;
        if !is_next {
            playing.waiting.insert(event, context.waker().clone());
            return Poll::Pending;
        }
        if self.turns.had_turn(waited, context) {
            self.turns.answered();
            playing.happen(event);
            return Poll::Ready(());
        }
        Poll::Pending
    }

    fn playing(&self) -> MutexGuard<'_, Playing> {
        // Nothing panics under this lock.
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call in flight, until it is answered or dropped.
struct Held<'a> {
    player: &'a Replayer,
    n: usize,
}

impl<'a> Held<'a> {
    fn new(player: &'a Replayer, n: usize) -> Self {
        player.playing().held.insert(n);
        Self { player, n }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.player.playing().held.remove(&self.n);
    }
}

impl Playing {
    fn happen(&mut self, event: u64) {
        self.happened.insert(event);
        while self.happened.remove(&(self.passed + 1)) {
            self.passed += 1;
        }
        if let Some(waker) = self.waiting.remove(&(self.passed + 1)) {
            waker.wake();
        }
    }
}
