//! The memory of the ledgers from which runs go on: bounded for all of them together, because a model may let many runs
//! with large ledgers wait, and resume them all at once. Reads one on a thread that
//! no other run needs.

use std::time::Duration;

use mcp_host::{Ledger, LedgerError, RunStore, RunStoreError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// MiB of all ledgers that are in memory.
const ROOM: u32 = 512;

/// A ledger in memory takes at most so many times what its file takes.
const TIMES: u64 = 3;

/// How long a run waits for room.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads and locks the ledger of a run. Another process may hold its lock for a moment.
pub(crate) async fn opened(runs: &RunStore, id: &str) -> Result<Ledger, RunStoreError> {
    let (runs, run) = (runs.clone(), id.to_owned());
    let opened = tokio::task::spawn_blocking(move || runs.ledger(&run)).await;
    // It fails where this process ends.
    opened.unwrap_or_else(|_| Err(LedgerError::InUse.into()))
}

/// The room for ledgers.
pub(crate) struct Ledgers {
    room: Semaphore,
    patience: Duration,
}

impl Default for Ledgers {
    fn default() -> Self {
        Self {
            room: Semaphore::new(usize::try_from(ROOM).unwrap_or(Semaphore::MAX_PERMITS)),
            patience: PATIENCE,
        }
    }
}

impl Ledgers {
    /// Waits for room for a ledger whose file has so many bytes. `None`: others had all of it for too long.
    pub(crate) async fn room(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let taken = self.room.acquire_many(needed(bytes));
        let taken = tokio::time::timeout(self.patience, taken).await;
        taken.ok()?.ok()
    }
}

/// MiB, at most all that there are: the largest ledger comes alone.
fn needed(bytes: u64) -> u32 {
    let mib = (bytes >> 20).saturating_mul(TIMES).saturating_add(1);
    u32::try_from(mib).unwrap_or(ROOM).min(ROOM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_ledgers_wait_for_each_other_and_small_ones_do_not() {
        assert_eq!(needed(0), 1);
        assert_eq!(needed(u64::MAX), ROOM);
        let ledgers = Ledgers {
            patience: Duration::from_millis(20),
            ..Ledgers::default()
        };
        let first = ledgers.room(128 << 20).await;
        assert!(first.is_some());
        assert!(ledgers.room(1 << 10).await.is_some());
        assert!(ledgers.room(128 << 20).await.is_none());
        drop(first);
        assert!(ledgers.room(128 << 20).await.is_some());
    }
}
