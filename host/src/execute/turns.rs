//! Polls a guest, which yields after some fuel, and looks at the deadline each time. It goes on at once, and gives the
//! thread back after some milliseconds: a yield to the runtime costs more than the fuel between two yields.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use tokio::task::coop;

use crate::rules::limits::{Account, DeadlinePassed};

/// How long a guest that only computes keeps the thread.
const TURN: Duration = Duration::from_millis(5);

/// Drives calls of a guest until the deadline of its run.
pub(super) async fn in_turns<T>(
    account: &Account,
    guest: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    let mut guest = pin!(guest);
    let signal = Arc::new(Signal::default());
    let waker = Waker::from(Arc::clone(&signal));
    std::future::poll_fn(|outer| {
        signal.outer.register(outer.waker());
        let mut inner = Context::from_waker(&waker);
        let mut began = None;
        loop {
            signal.state.store(POLLED, Ordering::Release);
            if let Poll::Ready(done) = guest.as_mut().poll(&mut inner) {
                return Poll::Ready(done);
            }
            if signal.rest() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if account.is_late(now) {
                return Poll::Ready(Err(wasmtime::Error::new(DeadlinePassed)));
            }
            let began = *began.get_or_insert(now);
            // The runtime bounds what a task does between two of its own polls.
            if now.duration_since(began) >= TURN || !coop::has_budget_remaining() {
                signal.state.store(AT_REST, Ordering::Release);
                outer.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    })
    .await
}

/// The guest waits for something else.
const AT_REST: u8 = 0;
/// The guest is being polled: the one who polls it looks at the state afterwards.
const POLLED: u8 = 1;
/// The guest can go on.
const WOKEN: u8 = 2;

/// Tells a guest that yielded from one that waits.
#[derive(Default)]
struct Signal {
    state: AtomicU8,
    outer: AtomicWaker,
}

impl Signal {
    /// Whether the guest waits for something else, which will wake the task.
    fn rest(&self) -> bool {
        self.state
            .compare_exchange(POLLED, AT_REST, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, Ordering::AcqRel) == AT_REST {
            self.outer.wake();
        }
    }
}

#[cfg(test)]
#[path = "turns/tests.rs"]
mod tests;
