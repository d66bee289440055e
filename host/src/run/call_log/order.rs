//! The order of the events that a file has: each start and answer happens again in its place. Knows no file.

use std::collections::{BTreeMap, BTreeSet};
use std::task::{Context, Poll, Waker};

use crate::run::turns::{Turns, Waited};

/// Which of the recorded events happened again.
#[derive(Default)]
pub(super) struct Order {
    /// Those beyond `passed`.
    happened: BTreeSet<u64>,
    /// The number of the first event that has not happened, less one.
    passed: u64,
    /// The futures that wait, by the event that each needs next.
    waiting: BTreeMap<u64, Waker>,
}

impl Order {
    /// The number of the first event that has not happened, less one.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// An event happens, which needs no turn or had it.
    pub(super) fn happen(&mut self, event: u64) {
        self.happened.insert(event);
        while self.happened.remove(&(self.passed + 1)) {
            self.passed += 1;
        }
        if let Some(waker) = self.waiting.remove(&(self.passed + 1)) {
            waker.wake();
        }
    }

    /// An answer happens as soon as all earlier events have happened, and the guest had its turn since the last of
    /// them: two answers that come at once have no order for the guest. Never at the first poll: the recorded call was
    /// not answered at once either.
    pub(super) fn turn(
        &mut self,
        event: u64,
        turns: &Turns,
        waited: &mut Waited,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        if self.passed + 1 != event {
            self.waiting.insert(event, context.waker().clone());
            return Poll::Pending;
        }
        if !turns.had_turn(waited, context) {
            return Poll::Pending;
        }
        turns.answered();
        self.happen(event);
        Poll::Ready(())
    }
}
