//! Results of finished runs, which later scripts of the session import from `run:ID`. Immutable, bounded, and gone
//! after half an hour.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::blobs::Blobs;

/// How long a result can be imported.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(30 * 60);

/// What is kept of a result besides its text: small results are many.
const ENTRY: usize = 256;

/// Bytes of all results together. More removes the oldest.
const ROOM: usize = 64 << 20;

#[derive(Default)]
pub(crate) struct Results {
    kept: Mutex<Kept>,
    /// What the results name besides text.
    pub(crate) blobs: Blobs,
}

/// A session, and the id of a run.
type Key = (u64, String);

#[derive(Default)]
struct Kept {
    values: HashMap<Key, (Instant, Arc<str>)>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl Results {
    /// Keeps the result of a run, as JSON text.
    pub(crate) fn keep(&self, scope: u64, run: &str, value: Arc<str>) {
        if value.len() > ROOM - ENTRY {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += value.len() + ENTRY;
        kept.forget(Kept::has_old);
        kept.order.push_back((scope, run.to_owned()));
        kept.values
            .insert((scope, run.to_owned()), (Instant::now(), value));
        kept.forget(|kept| kept.bytes > ROOM);
    }

    /// The result of a run, unless it is gone.
    pub(crate) fn get(&self, scope: u64, run: &str) -> Option<Arc<str>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(Kept::has_old);
        kept.values
            .get(&(scope, run.to_owned()))
            .map(|(_, value)| Arc::clone(value))
    }
}

impl Kept {
    fn has_old(&self) -> bool {
        let oldest = self.order.front().and_then(|run| self.values.get(run));
        oldest.is_some_and(|(since, _)| since.elapsed() > KEPT_FOR)
    }

    /// Removes the oldest for as long as that is needed.
    fn forget(&mut self, is_needed: impl Fn(&Self) -> bool) {
        while is_needed(self) {
            let Some(run) = self.order.pop_front() else {
                return;
            };
            if let Some((_, value)) = self.values.remove(&run) {
                self.bytes -= value.len() + ENTRY;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_results_make_room() {
        let results = Results::default();
        let large: Arc<str> = "x".repeat(ROOM / 2 - ENTRY).into();
        for run in ["a", "b", "c"] {
            results.keep(1, run, Arc::clone(&large));
        }
        assert!(results.get(1, "a").is_none());
        assert!(results.get(1, "b").is_some() && results.get(1, "c").is_some());
        results.keep(1, "d", "1".repeat(ROOM + 1).into());
        assert!(results.get(1, "d").is_none());
        assert!(results.get(2, "c").is_none());
    }
}
