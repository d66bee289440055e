//! Coalesces identical reads in flight: the second caller waits for the answer to the first.
//! A call is cancelled when its last caller leaves, and not before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use crate::error::CallError;
use crate::response_cache::Key;
use crate::tool_result::CallToolResult;

/// What every caller of one shared call gets.
pub(crate) type Outcome = Result<Arc<CallToolResult>, CallError>;

type Call = BoxFuture<'static, Outcome>;

/// The calls of one server that may be shared.
#[derive(Default)]
pub(crate) struct InFlight {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: HashMap<Key, (u64, WeakShared<Call>)>,
    started: u64,
}

impl InFlight {
    /// Joins the call with this key, or starts it. Says whether it was in flight already.
    pub(crate) fn join(
        self: &Arc<Self>,
        key: Key,
        start: impl FnOnce() -> Call,
    ) -> (Shared<Call>, bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, call)) = state.calls.get(&key)
            && let Some(call) = call.upgrade()
        {
            return (call, true);
        }
        // Before `leaving`, which takes the lock when it is dropped: a panic here must not wait for itself.
        let call = start();
        state.started += 1;
        let number = state.started;
        let leaving = Leave {
            in_flight: Arc::clone(self),
            key,
            number,
        };
        let call = async move {
            let _leaving = leaving;
            call.await
        };
        let call = call.boxed().shared();
        if let Some(weak) = call.downgrade() {
            state.calls.insert(key, (number, weak));
        }
        (call, false)
    }
}

/// Takes the call off the list when it has ended or was given up.
struct Leave {
    in_flight: Arc<InFlight>,
    key: Key,
    number: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        let mut state = self
            .in_flight
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Another call may have taken the place of one that was given up.
        if state
            .calls
            .get(&self.key)
            .is_some_and(|(number, _)| *number == self.number)
        {
            state.calls.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use tokio::sync::oneshot;

    use super::*;

    fn answer(text: &str) -> Outcome {
        let block = rmcp::model::ContentBlock::text(text);
        Ok(Arc::new(CallToolResult::success(vec![block])))
    }

    fn waiting() -> (oneshot::Sender<Outcome>, Call) {
        let (sender, receiver) = oneshot::channel();
        (sender, async { receiver.await.unwrap() }.boxed())
    }

    #[tokio::test]
    async fn second_caller_gets_the_answer_to_the_first_and_a_third_asks_again() {
        let in_flight = Arc::new(InFlight::default());
        let (send, call) = waiting();
        let (first, joined) = in_flight.join([1; 32], || call);
        assert!(!joined);
        let (second, joined) = in_flight.join([1; 32], || unreachable!());
        assert!(joined);
        let (_, joined) = in_flight.join([2; 32], || waiting().1);
        assert!(!joined, "another key");
        send.send(answer("one")).unwrap();
        assert_eq!(first.await, answer("one"));
        assert_eq!(second.await, answer("one"));
        let (_, joined) = in_flight.join([1; 32], || waiting().1);
        assert!(!joined, "it has ended");
    }

    #[tokio::test]
    async fn call_goes_on_as_long_as_one_waits_and_no_longer() {
        let in_flight = Arc::new(InFlight::default());
        let (send, call) = waiting();
        let (first, _) = in_flight.join([1; 32], || call);
        let (second, _) = in_flight.join([1; 32], || unreachable!());
        drop(first);
        assert!(!send.is_closed());
        drop(second);
        assert!(send.is_closed(), "the last caller has left");
        assert!(in_flight.state.lock().unwrap().calls.is_empty());
    }
}
