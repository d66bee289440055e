//! How often entries with a number of calls were used: for a run in memory, for a day by a [`DayCounts`].

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use super::entry::Entry;

/// Counts the calls of a day, for all runs and processes of this user.
pub trait DayCounts: fmt::Debug + Send + Sync {
    /// Takes one of the `most` calls that `rule` has today, in UTC. `false`: none is left, or that is not known.
    fn take(&self, rule: &str, most: u32) -> bool;

    /// Whether [`Self::take`] would give one now. Takes none.
    fn has(&self, rule: &str, most: u32) -> bool;
}

/// The count of one entry for one run.
#[derive(Debug, Default)]
pub(super) struct RunCount(AtomicU32);

/// Why an entry has no call left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UsedUp {
    Run(u32),
    Day(u32),
}

impl RunCount {
    /// Takes one of the calls of the entry. `rule` names it for the count of the day.
    pub(super) fn take(
        &self,
        entry: &Entry,
        rule: impl FnOnce() -> String,
        day: Option<&dyn DayCounts>,
    ) -> Result<(), UsedUp> {
        if let Some(most) = entry.per_run
            && !self.below(most)
        {
            return Err(UsedUp::Run(most));
        }
        match (entry.per_day, day) {
            (None, _) => Ok(()),
            (Some(most), Some(day)) if day.take(&rule(), most) => Ok(()),
            (Some(most), _) => Err(UsedUp::Day(most)),
        }
    }

    /// Whether the entry has a call left. Takes none.
    pub(super) fn left(
        &self,
        entry: &Entry,
        rule: impl FnOnce() -> String,
        day: Option<&dyn DayCounts>,
    ) -> Result<(), UsedUp> {
        if let Some(most) = entry.per_run
            && self.0.load(Ordering::Relaxed) >= most
        {
            return Err(UsedUp::Run(most));
        }
        match (entry.per_day, day) {
            (None, _) => Ok(()),
            (Some(most), Some(day)) if day.has(&rule(), most) => Ok(()),
            (Some(most), _) => Err(UsedUp::Day(most)),
        }
    }

    /// Counts a call that was made in an earlier part of the run, if the entry had one left.
    pub(super) fn made(&self, entry: &Entry) -> bool {
        self.below(entry.per_run.unwrap_or(u32::MAX))
    }

    fn below(&self, most: u32) -> bool {
        let next = |count: u32| (count < most).then_some(count + 1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        taken.is_ok()
    }
}

impl fmt::Display for UsedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (most, per) = match self {
            Self::Run(most) => (most, "run"),
            Self::Day(most) => (most, "day"),
        };
        let calls = if *most == 1 { "call" } else { "calls" };
        write!(f, "its {most} {calls} per {per} are used up")
    }
}
