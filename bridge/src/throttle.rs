//! Lets a bounded number of events of one kind through each second, and counts the others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::Metadata;

const WINDOW: Duration = Duration::from_secs(1);
/// How many log lines of libraries are shown in a second. A server decides how many there are of most of them.
const LIBRARY_LINES_PER_SECOND: u32 = 200;

/// Whether an event may be logged. For the filter of a log: of what libraries say (rmcp, hyper, and all that is neither
/// this program nor a skill), 200 events in a second pass. Each call counts as one event.
#[must_use]
pub fn admits_log(metadata: &Metadata<'_>) -> bool {
    if !metadata.is_event() || is_ours(metadata.target()) {
        return true;
    }
    let now = Instant::now();
    let mut throttle = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    let throttle =
        throttle.get_or_insert_with(|| EventThrottle::new(LIBRARY_LINES_PER_SECOND, now));
    match throttle.admit(now) {
        Throttle::Pass { .. } => true,
        Throttle::Drop => {
            UNLOGGED.fetch_add(1, Ordering::Relaxed);
            false
        }
    }
}

static LIBRARIES: Mutex<Option<EventThrottle>> = Mutex::new(None);
static UNLOGGED: AtomicU64 = AtomicU64::new(0);

/// How many events [`admits_log`] has refused since the last time that this was asked.
pub(crate) fn unlogged() -> u64 {
    // Most often there are none, and a read costs less than a write.
    match UNLOGGED.load(Ordering::Relaxed) {
        0 => 0,
        _ => UNLOGGED.swap(0, Ordering::Relaxed),
    }
}

/// Parts of this program, skills and the lines of servers have bounds of their own.
fn is_ours(target: &str) -> bool {
    target == "skill" || target == "server" || target.starts_with("mcp_")
}

/// The bound for one source of events, of which a server decides how many there are.
pub(crate) struct EventThrottle {
    limit: u32,
    since: Instant,
    passed: u32,
    dropped: u64,
}

/// What to do with one event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Throttle {
    /// The event passes.
    Pass {
        /// How many events were dropped since the last one that passed.
        dropped: u64,
    },
    /// The event is dropped, and counted.
    Drop,
}

impl EventThrottle {
    /// At most `limit` events in a second pass.
    pub(crate) fn new(limit: u32, now: Instant) -> Self {
        Self {
            limit,
            since: now,
            passed: 0,
            dropped: 0,
        }
    }

    pub(crate) fn admit(&mut self, now: Instant) -> Throttle {
        if now.duration_since(self.since) >= WINDOW {
            self.since = now;
            self.passed = 0;
        }
        if self.passed >= self.limit {
            self.dropped += 1;
            return Throttle::Drop;
        }
        self.passed += 1;
        Throttle::Pass {
            dropped: self.rest(),
        }
    }

    /// How many events were dropped and not reported yet.
    pub(crate) fn rest(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

/// A count for the log, which leaves out a field that is `None`: how many more events there were than are shown.
pub(crate) fn not_zero(count: u64) -> Option<u64> {
    (count > 0).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn library_events_are_throttled_and_own_events_are_not() {
        use tracing_subscriber::filter::dynamic_filter_fn;
        use tracing_subscriber::layer::SubscriberExt as _;
        use tracing_subscriber::{Layer as _, fmt};

        #[derive(Clone, Default)]
        struct Lines(std::sync::Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let written = lines.clone();
        let filter = dynamic_filter_fn(|metadata, _| admits_log(metadata));
        let layer = fmt::layer()
            .with_writer(move || written.clone())
            .with_filter(filter);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            for _ in 0..5000 {
                tracing::warn!(target: "rmcp::service", "theirs");
                tracing::warn!("ours");
            }
        });
        let text = lines
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let text = String::from_utf8_lossy(&text);
        let theirs = text.matches("theirs").count();
        assert!((200..=1000).contains(&theirs), "{theirs}");
        assert_eq!(text.matches("ours").count(), 5000);
        assert!(unlogged() > 0);
    }

    #[test]
    fn excess_events_are_dropped_and_counted_once() {
        let begun = Instant::now();
        let mut throttle = EventThrottle::new(2, begun);
        assert_eq!(throttle.admit(begun), Throttle::Pass { dropped: 0 });
        assert_eq!(throttle.admit(begun), Throttle::Pass { dropped: 0 });
        assert_eq!(throttle.admit(begun), Throttle::Drop);
        assert_eq!(throttle.admit(begun + WINDOW / 2), Throttle::Drop);
        assert_eq!(
            throttle.admit(begun + WINDOW),
            Throttle::Pass { dropped: 2 }
        );
        assert_eq!(
            throttle.admit(begun + WINDOW),
            Throttle::Pass { dropped: 0 }
        );
    }
}
