//! One answer at a time: the guest has its turn between two answers. Where two came at once, a run that ends with the first
//! would drop the second either before or after it came, and its replay could not know which.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// How often an answer lets others go first. After two of them Wasmtime looks at what the guest can do.
pub(crate) const TURNS: u32 = 4;

/// The turns of the answers of one recorded run.
#[derive(Default)]
pub(crate) struct Turns(tokio::sync::Mutex<()>);

impl Turns {
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
            let _turn = self.0.lock().await;
            let mut left = TURNS;
            poll_fn(|context| {
                if left == 0 {
                    return Poll::Ready(());
                }
                left -= 1;
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
        done
    }
}
