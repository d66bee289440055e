//! The runs that wait or run: bounded in number, in bytes, and for each session, so that no session takes all of it.
//! Slots are given in the order of requests. Runs nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a run waits for a slot.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs that wait or run, for each slot.
const FOR_EACH_SLOT: usize = 64;

/// Bytes of the scripts and the inputs of all these runs.
const MOST_BYTES: usize = 64 << 20;

/// All slots, and who waits for them.
pub(crate) struct Queue {
    free: Semaphore,
    slots: usize,
    patience: Duration,
    inside: Mutex<Inside>,
}

/// What waits or runs.
#[derive(Default)]
struct Inside {
    runs: usize,
    bytes: usize,
    of_session: HashMap<u64, Own>,
}

/// The part of one session.
#[derive(Default)]
struct Own {
    runs: usize,
    bytes: usize,
}

/// A run that is not taken now.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Busy {
    #[error("{0} scripts wait or run already")]
    Runs(usize),
    #[error("this session has {0} scripts that wait or run already")]
    Session(usize),
    #[error("the scripts that wait or run have too much text and input already")]
    Bytes,
    #[error("all {slots} slots were in use for {} s", PATIENCE.as_secs())]
    Slots { slots: usize },
}

/// A run that was taken, until this is dropped.
pub(crate) struct Admitted<'q> {
    queue: &'q Queue,
    session: u64,
    bytes: usize,
}

impl Queue {
    pub(crate) fn new(slots: u32) -> Self {
        let slots = usize::try_from(slots).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            free: Semaphore::new(slots),
            slots,
            patience: PATIENCE,
            inside: Mutex::default(),
        }
    }

    /// Takes a run of a session. `bytes` is what its script and its input take.
    pub(crate) fn admit(&self, session: u64, bytes: usize) -> Result<Admitted<'_>, Busy> {
        let most = self.slots.saturating_mul(FOR_EACH_SLOT);
        let mut inside = self.inside();
        if inside.runs >= most {
            return Err(Busy::Runs(inside.runs));
        }
        // The rest is for the others.
        let own = inside.of_session.get(&session);
        let (own_runs, own_bytes) = own.map_or((0, 0), |own| (own.runs, own.bytes));
        if own_runs >= most / 2 {
            return Err(Busy::Session(own_runs));
        }
        let all = inside.bytes.saturating_add(bytes);
        let own_bytes = own_bytes.saturating_add(bytes);
        // One alone may always come: its size has a bound of its own.
        if (all > MOST_BYTES && inside.runs > 0) || (own_bytes > MOST_BYTES / 2 && own_runs > 0) {
            return Err(Busy::Bytes);
        }
        inside.bytes = all;
        inside.runs += 1;
        let own = inside.of_session.entry(session).or_default();
        (own.runs, own.bytes) = (own_runs + 1, own_bytes);
        Ok(Admitted {
            queue: self,
            session,
            bytes,
        })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'q> Admitted<'q> {
    /// Waits for a slot, behind those that came earlier.
    pub(crate) async fn slot(&self) -> Result<SemaphorePermit<'q>, Busy> {
        let waiting = tokio::time::timeout(self.queue.patience, self.queue.free.acquire());
        match waiting.await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) | Err(_) => Err(Busy::Slots {
                slots: self.queue.slots,
            }),
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        let mut inside = self.queue.inside();
        inside.runs -= 1;
        inside.bytes -= self.bytes;
        if let Some(own) = inside.of_session.get_mut(&self.session) {
            own.runs -= 1;
            own.bytes -= self.bytes;
            if own.runs == 0 {
                inside.of_session.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_takes_at_most_half_of_the_queue() {
        let queue = Queue::new(1);
        let first: Vec<_> = (0..32).map(|_| queue.admit(1, 1)).collect();
        assert!(first.iter().all(Result::is_ok));
        assert_eq!(queue.admit(1, 1).err(), Some(Busy::Session(32)));
        let second: Vec<_> = (0..32).map(|_| queue.admit(2, 1)).collect();
        assert!(second.iter().all(Result::is_ok));
        assert_eq!(queue.admit(3, 1).err(), Some(Busy::Runs(64)));
        drop(first);
        assert!(queue.admit(1, 1).is_ok());
    }

    #[test]
    fn the_inputs_of_all_runs_are_bounded_together() {
        let queue = Queue::new(4);
        let large = queue.admit(1, MOST_BYTES - 10);
        assert!(large.is_ok());
        assert_eq!(queue.admit(2, 11).err(), Some(Busy::Bytes));
        assert!(queue.admit(2, 10).is_ok());
        drop(large);
        assert!(queue.admit(2, MOST_BYTES).is_ok());
    }

    #[test]
    fn a_session_takes_at_most_half_of_the_bytes() {
        let queue = Queue::new(4);
        let half = queue.admit(1, MOST_BYTES / 2);
        assert!(half.is_ok());
        assert_eq!(queue.admit(1, 1).err(), Some(Busy::Bytes));
        assert!(queue.admit(2, MOST_BYTES / 2).is_ok());
        drop(half);
        assert!(queue.admit(1, 1).is_ok());
    }

    #[tokio::test]
    async fn a_run_waits_for_a_slot_for_a_bounded_time() {
        let queue = Queue {
            patience: Duration::from_millis(50),
            ..Queue::new(1)
        };
        let (Ok(first), Ok(second)) = (queue.admit(1, 1), queue.admit(2, 1)) else {
            unreachable!("the queue is empty");
        };
        let slot = first.slot().await;
        assert!(slot.is_ok());
        assert_eq!(second.slot().await.err(), Some(Busy::Slots { slots: 1 }));
        drop(slot);
        assert!(second.slot().await.is_ok());
    }
}
