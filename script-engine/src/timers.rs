//! Timers of a script. Each waits in the host; the order in which they fire does not depend on it.

use std::{cell::RefCell, collections::BTreeMap};

use futures_util::future::{AbortHandle, AbortRegistration};

/// So many timers can wait at once.
pub(crate) const MOST: usize = 10_000;

thread_local! {
    static TIMERS: RefCell<Timers> = const { RefCell::new(Timers { next: 0, waiting: BTreeMap::new(), started: Vec::new() }) };
}

struct Timers {
    next: u64,
    /// By the order in which they were set.
    waiting: BTreeMap<u64, Timer>,
    /// Set since the loop asked last.
    started: Vec<Started>,
}

struct Timer {
    id: u32,
    ms: u32,
    abort: AbortHandle,
}

/// A timer that the loop has to wait for.
pub(crate) struct Started {
    pub(crate) order: u64,
    pub(crate) ms: u32,
    pub(crate) registration: AbortRegistration,
}

/// Sets a timer; false where too many wait.
pub(crate) fn set(id: u32, ms: u32) -> bool {
    TIMERS.with_borrow_mut(|timers| {
        if timers.waiting.len() >= MOST {
            return false;
        }
        let (abort, registration) = AbortHandle::new_pair();
        let order = timers.next;
        timers.next += 1;
        timers.waiting.insert(order, Timer { id, ms, abort });
        timers.started.push(Started {
            order,
            ms,
            registration,
        });
        true
    })
}

/// Ends the wait of a timer.
pub(crate) fn cancel(id: u32) {
    TIMERS.with_borrow_mut(|timers| {
        timers.waiting.retain(|_, timer| {
            if timer.id == id {
                timer.abort.abort();
            }
            timer.id != id
        });
    });
}

/// Takes the timers that were set since the last time.
pub(crate) fn take_started() -> Vec<Started> {
    TIMERS.with_borrow_mut(|timers| std::mem::take(&mut timers.started))
}

/// The timers that are due when this one is, in order: those that were set before and wait no longer than it.
pub(crate) fn due(order: u64) -> Vec<u32> {
    TIMERS.with_borrow_mut(|timers| {
        let Some(ms) = timers.waiting.get(&order).map(|timer| timer.ms) else {
            return Vec::new();
        };
        let mut due: Vec<_> = timers
            .waiting
            .range(..=order)
            .filter(|(_, timer)| timer.ms <= ms)
            .map(|(at, timer)| (timer.ms, *at))
            .collect();
        due.sort_unstable();
        due.iter()
            .filter_map(|(_, at)| timers.waiting.remove(at))
            .map(|timer| {
                timer.abort.abort();
                timer.id
            })
            .collect()
    })
}
