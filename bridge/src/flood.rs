//! Lets a bounded number of events of one kind through each second, and counts the others.

use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// The bound for one source of events, of which a server decides how many there are.
pub(crate) struct Flood {
    limit: u32,
    since: Instant,
    passed: u32,
    dropped: u64,
}

/// What becomes of one event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It passes, and before it so many did not: they are reported once.
    Passed {
        /// Events dropped since the last report.
        dropped: u64,
    },
    /// It is dropped, and counted.
    Dropped,
}

impl Flood {
    /// At most `limit` events in a second pass.
    pub(crate) fn new(limit: u32, now: Instant) -> Self {
        Self {
            limit,
            since: now,
            passed: 0,
            dropped: 0,
        }
    }

    pub(crate) fn admit(&mut self, now: Instant) -> Admission {
        if now.duration_since(self.since) >= WINDOW {
            self.since = now;
            self.passed = 0;
        }
        if self.passed >= self.limit {
            self.dropped += 1;
            return Admission::Dropped;
        }
        self.passed += 1;
        Admission::Passed {
            dropped: self.rest(),
        }
    }

    /// How many events were dropped and not reported yet.
    pub(crate) fn rest(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_dropped_and_counted_once() {
        let begun = Instant::now();
        let mut flood = Flood::new(2, begun);
        assert_eq!(flood.admit(begun), Admission::Passed { dropped: 0 });
        assert_eq!(flood.admit(begun), Admission::Passed { dropped: 0 });
        assert_eq!(flood.admit(begun), Admission::Dropped);
        assert_eq!(flood.admit(begun + WINDOW / 2), Admission::Dropped);
        assert_eq!(
            flood.admit(begun + WINDOW),
            Admission::Passed { dropped: 2 }
        );
        assert_eq!(
            flood.admit(begun + WINDOW),
            Admission::Passed { dropped: 0 }
        );
    }
}
