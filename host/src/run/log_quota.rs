//! Counts the log lines of one run from all sources. Writes none.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Counts the log lines of one run from all sources.
#[derive(Debug)]
pub(crate) struct LogMeter {
    limit: u32,
    kept: AtomicU32,
    dropped: AtomicU64,
}

impl LogMeter {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            limit,
            kept: AtomicU32::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// Whether one more line may be written.
    pub(crate) fn admit(&self) -> bool {
        let admitted = self
            .kept
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |kept| {
                (kept < self.limit).then_some(kept + 1)
            })
            .is_ok();
        if !admitted {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        admitted
    }

    /// Lines kept, and lines dropped.
    pub(crate) fn counts(&self) -> (u32, u64) {
        (
            self.kept.load(Ordering::Relaxed),
            self.dropped.load(Ordering::Relaxed),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_over_the_limit_are_dropped_and_counted() {
        let meter = LogMeter::new(2);
        let admitted = (0..5).filter(|_| meter.admit()).count();
        assert_eq!((admitted, meter.counts()), (2, (2, 3)));
    }
}
