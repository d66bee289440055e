//! The bytes of large answers that clients have not read yet: of all clients together, taken before the bytes are made.
//! Knows no answer, and writes none.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::http::request::Parts;
use rmcp::RoleServer;
use rmcp::service::RequestContext;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// KiB of all of them.
const ROOM: usize = 64 << 10;

/// Bytes of an answer that are not counted here. Requests whose answers wait are bounded in number.
const SMALL: usize = 64 << 10;

/// The room for all large answers of a serving process.
pub(crate) struct Unwritten {
    room: Arc<Semaphore>,
    /// The room for answers that were made already, and wait for the other one.
    waiting: Arc<Semaphore>,
}

/// What the answer to one request takes until it is written, or its client is gone. The transport and the handler of
/// the request share it.
#[derive(Clone, Default)]
pub(crate) struct Share(Arc<Taken>);

#[derive(Default)]
struct Taken {
    room: Mutex<Option<OwnedSemaphorePermit>>,
    /// The place of the request among those that wait.
    _place: Option<OwnedSemaphorePermit>,
}

impl Default for Unwritten {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(ROOM)),
            waiting: Arc::new(Semaphore::new(ROOM)),
        }
    }
}

impl Unwritten {
    /// Takes the room for an answer of so many bytes. Waits for other answers to be written, for so long. `false`:
    /// there is no room.
    pub(crate) async fn take(&self, bytes: usize, share: &Share, patience: Duration) -> bool {
        let Some(kib) = kib(bytes) else {
            return true;
        };
        let room = Arc::clone(&self.room).acquire_many_owned(kib);
        match tokio::time::timeout(patience, room).await {
            Ok(Ok(room)) => {
                share.hold(room);
                true
            }
            Ok(Err(_)) | Err(_) => false,
        }
    }

    /// The same for an answer that is here already, in so many bytes. All that wait are bounded together.
    pub(crate) async fn take_made(
        &self,
        (made, bytes): (usize, usize),
        share: &Share,
        patience: Duration,
    ) -> bool {
        if self.take(bytes, share, Duration::ZERO).await {
            return true;
        }
        let kib = kib(made).unwrap_or_default();
        let Ok(_waiting) = self.waiting.try_acquire_many(kib) else {
            return false;
        };
        self.take(bytes, share, patience).await
    }

    /// Waits until no answer waits for room. `false`: some do for so long.
    pub(crate) async fn is_open(&self, patience: Duration) -> bool {
        let open = tokio::time::timeout(patience, self.room.acquire()).await;
        matches!(open, Ok(Ok(_)))
    }
}

/// The room for so many bytes, if they are counted. One alone may always come: its size has a bound of its own.
fn kib(bytes: usize) -> Option<u32> {
    let kib = bytes.saturating_sub(SMALL).div_ceil(1 << 10).min(ROOM);
    (kib > 0).then(|| u32::try_from(kib).unwrap_or(u32::MAX))
}

impl Share {
    /// The share of a request that has this place.
    pub(crate) fn in_place(place: Option<OwnedSemaphorePermit>) -> Self {
        Self(Arc::new(Taken {
            room: Mutex::default(),
            _place: place,
        }))
    }

    /// The share that the transport gave to this request. Without one, nothing is held beyond the handler.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Self {
        let over_http = || context.extensions.get::<Parts>()?.extensions.get::<Self>();
        let given = context.extensions.get::<Self>().or_else(over_http);
        given.cloned().unwrap_or_default()
    }

    fn hold(&self, room: OwnedSemaphorePermit) {
        let mut held = self.0.room.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *held {
            Some(held) => held.merge(room),
            None => *held = Some(room),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn large_answers_have_a_bound_together_until_they_are_written() {
        let unwritten = Unwritten::default();
        let (first, second) = (Share::default(), Share::default());
        assert!(unwritten.take(40 << 20, &first, MOMENT).await);
        assert!(!unwritten.take(40 << 20, &second, MOMENT).await);
        // The handler has ended, and the transport writes.
        let writing = first.clone();
        drop(first);
        assert!(!unwritten.take(40 << 20, &second, MOMENT).await);
        drop(writing);
        assert!(unwritten.take(40 << 20, &second, MOMENT).await);
    }

    #[tokio::test]
    async fn answers_that_wait_have_a_bound_together() {
        let unwritten = Unwritten::default();
        let (written, first, second) = (Share::default(), Share::default(), Share::default());
        assert!(unwritten.is_open(MOMENT).await);
        assert!(unwritten.take(64 << 20, &written, MOMENT).await);
        let patience = Duration::from_secs(60);
        let waiting = unwritten.take_made((40 << 20, 40 << 20), &first, patience);
        let mut waiting = std::pin::pin!(waiting);
        assert!(tokio::time::timeout(MOMENT, &mut waiting).await.is_err());
        // It is left out at once, and no further call is sent.
        assert!(
            !unwritten
                .take_made((40 << 20, 40 << 20), &second, patience)
                .await
        );
        assert!(!unwritten.is_open(MOMENT).await);
        drop(written);
        assert!(waiting.await);
        assert!(unwritten.is_open(MOMENT).await);
    }

    #[tokio::test]
    async fn a_small_answer_and_a_single_one_always_have_room() {
        let unwritten = Unwritten::default();
        let (large, small) = (Share::default(), Share::default());
        assert!(unwritten.take(usize::MAX, &large, MOMENT).await);
        assert!(unwritten.take(SMALL, &small, MOMENT).await);
        assert!(!unwritten.take(SMALL + 1, &small, MOMENT).await);
    }
}
