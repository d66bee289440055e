//! The guest's clocks: coarse ones of the machine, or ones that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// The resolution of the guest's clocks: fine enough to date an event, too coarse to time a cache line.
const GRAIN: Duration = Duration::from_millis(1);

/// A clock of the machine that advances a millisecond at a time. Holds the start of the run.
pub(super) struct Coarse(pub(super) Instant);

impl HostWallClock for Coarse {
    fn resolution(&self) -> Duration {
        GRAIN
    }

    fn now(&self) -> Duration {
        Duration::from_millis(
            u64::try_from(since_epoch(SystemTime::now()).as_millis()).unwrap_or(u64::MAX),
        )
    }
}

impl HostMonotonicClock for Coarse {
    fn resolution(&self) -> u64 {
        nanos(GRAIN)
    }

    fn now(&self) -> u64 {
        let elapsed = nanos(self.0.elapsed());
        elapsed - elapsed % nanos(GRAIN)
    }
}

/// A wall clock that stands still.
pub(super) struct Standing(pub(super) SystemTime);

impl HostWallClock for Standing {
    fn resolution(&self) -> Duration {
        GRAIN
    }

    fn now(&self) -> Duration {
        since_epoch(self.0)
    }
}

/// A monotonic clock that advances by a grain with each reading, so that a guest that waits for time to pass does
/// finish.
#[derive(Default)]
pub(super) struct Stepping(AtomicU64);

impl HostMonotonicClock for Stepping {
    fn resolution(&self) -> u64 {
        nanos(GRAIN)
    }

    fn now(&self) -> u64 {
        self.0.fetch_add(nanos(GRAIN), Ordering::Relaxed)
    }
}

/// WASI has no times before 1970.
fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
