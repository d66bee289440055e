//! Calls that wait for a person: when the run stops for them. Decides nothing about them.

use std::future::poll_fn;
use std::task::{Context, Poll};

use tokio::time::{Duration, Instant};

use super::Journal;
use super::held::{Asking, Flight};
use crate::run::turns::Waited;

/// How long a question waits for timers and for calls whose answer does not come in its turn, while nothing else moves.
/// It waits for calls that servers have as long as the run has time.
const PATIENCE: Duration = Duration::from_secs(5);

impl Journal {
    /// Whether a call waits for a person.
    pub(crate) fn asks(&self) -> bool {
        !self.shared.lock().asking.is_empty()
    }

    fn at_servers(&self) -> bool {
        self.shared.lock().at_servers > 0
    }

    /// A call without an answer, until the guest drops it.
    pub(crate) async fn dropped<T>(&self) -> T {
        self.turns.begun();
        let _flight = Flight::new(&self.shared);
        std::future::pending().await
    }

    /// Waits for a person, which ends the run here as soon as nothing else goes on. The decision comes with another
    /// run.
    pub(crate) async fn ask<T>(&self, n: usize) -> T {
        self.turns.begun();
        let _asking = Asking::new(&self.shared, n);
        let mut waited = Waited::default();
        let mut moves = self.turns.moves();
        let mut patience = std::pin::pin!(tokio::time::sleep(PATIENCE));
        poll_fn(|context| {
            if self.goes_on(n, context) {
                let now = self.turns.moves();
                if now != moves {
                    moves = now;
                    patience.as_mut().reset(Instant::now() + PATIENCE);
                }
                // A timer, or a call that the guest drops, holds up no question.
                if self.at_servers() || patience.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
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
        let mut state = self.shared.lock();
        let is_first = state.asking.front().is_some_and(|(first, _)| *first == n);
        if let Some((_, waker)) = state.asking.iter_mut().find(|(asking, _)| *asking == n) {
            waker.clone_from(context.waker());
        }
        let rests = state.in_flight == 0 && state.order.passed() >= self.before;
        !(is_alone || is_first && rests)
    }
}
