//! Calls that have no answer yet, until they have one or the guest drops them.

use std::task::Waker;

use super::state::Shared;
use crate::ledger::DroppedLine;

/// A call without an answer, until it has one or the guest drops it.
pub(super) struct Flight<'a> {
    shared: &'a Shared,
    /// The call, if it was made by this process.
    pub(super) call: Option<usize>,
    is_at_server: bool,
}

impl<'a> Flight<'a> {
    pub(super) fn new(shared: &'a Shared) -> Self {
        shared.lock().in_flight += 1;
        Self {
            shared,
            call: None,
            is_at_server: false,
        }
    }

    /// The call is one that a server has.
    pub(super) fn at_server(mut self) -> Self {
        self.is_at_server = true;
        self.shared.lock().at_servers += 1;
        self
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.in_flight -= 1;
        state.at_servers -= usize::from(self.is_at_server);
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
pub(super) struct Asking<'a> {
    shared: &'a Shared,
    n: usize,
}

impl<'a> Asking<'a> {
    pub(super) fn new(shared: &'a Shared, n: usize) -> Self {
        let waker = Waker::noop().clone();
        shared.lock().asking.push_back((n, waker));
        Self { shared, n }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
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
