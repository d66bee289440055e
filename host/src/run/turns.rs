//! One answer at a time: the guest has its turn between two answers. Where two came at once, a run that ends with the first
//! would drop the second either before or after it came, and its replay could not know which.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

/// How often an answer lets others go first. After two of them Wasmtime looks at what the guest can do.
const TURNS: u32 = 4;

/// A guest that is in its code for so many polls may wait there for this very answer, as one that cancels a call does.
const STUCK: u32 = 10_000;

/// The turns of the answers of a recorded run, or of a replay.
#[derive(Default)]
pub(crate) struct Turns {
    /// The guest is in its code: it may have used up its share of fuel, and goes on later.
    is_running: AtomicBool,
    /// How often it entered its code or got an answer.
    moved: AtomicU64,
}

/// How long the answer that comes next has waited.
#[derive(Default)]
pub(crate) struct Waited {
    polls: u32,
    /// Polls while the guest was in its code, since it entered it.
    running: u32,
    moved: u64,
}

impl Turns {
    /// The guest enters or leaves its code.
    pub(crate) fn guest_runs(&self, runs: bool) {
        self.is_running.store(runs, Ordering::Relaxed);
        if runs {
            self.moved.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether the guest had its turn, and does nothing more by itself: it was not in its code for some polls.
    pub(crate) fn had_turn(&self, waited: &mut Waited, context: &Context<'_>) -> bool {
        let moved = self.moved.load(Ordering::Relaxed);
        let is_running = self.is_running.load(Ordering::Relaxed);
        if moved != waited.moved {
            *waited = Waited {
                moved,
                ..Waited::default()
            };
        }
        match is_running {
            true => waited.running += 1,
            false => waited.polls += 1,
        }
        if waited.polls > TURNS || waited.running > STUCK {
            return true;
        }
        context.waker().wake_by_ref();
        false
    }

    /// Waits for the answer, and then for its turn. An answer that is there at once has no turn to wait for.
    pub(crate) async fn wait<F: Future>(&self, answer: F) -> F::Output {
        let mut answer = pin!(answer);
        let mut polled = 0_u32;
        let done = poll_fn(|context| {
            polled = polled.saturating_add(1);
            answer.as_mut().poll(context)
        })
        .await;
        if polled > 1 {
            let mut waited = Waited::default();
            poll_fn(|context| match self.had_turn(&mut waited, context) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
            // The others wait anew. No lock: a guest that waits inside a call lets no other call go on.
            self.moved.fetch_add(1, Ordering::Relaxed);
        }
        done
    }
}
