//! Answers the calls of a run from a recording, in its order, and stops the run at the first difference.

use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use serde::de::DeserializeOwned;

use super::order::Order;
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
    order: Order,
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
                    playing.order.happen(began);
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

    fn turn(&self, event: u64, waited: &mut Waited, context: &mut Context<'_>) -> Poll<()> {
        let order = &mut self.playing().order;
        order.turn(event, &self.turns, waited, context)
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
