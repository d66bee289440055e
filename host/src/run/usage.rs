//! Usage counters of one run, shared by every skill in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::attachments::Attachments;
use super::calls::CallTracker;
use super::changed::Changed;
use super::log_quota::LogMeter;
use crate::component::engine::ticks;
use crate::rules::limits::{Account, Limits};

/// Usage counters of one run, shared by every skill in it.
pub(crate) struct Usage {
    pub(crate) account: Arc<Account>,
    pub(crate) calls: CallTracker,
    pub(crate) attachments: Attachments,
    pub(crate) changed: Changed,
    pub(crate) log: LogMeter,
    /// When a host function last gave the thread back, in ticks.
    pub(crate) turn: AtomicU64,
}

impl Usage {
    pub(crate) fn new(limits: &Limits, start: Instant) -> Self {
        let account = Arc::new(Account::new(
            limits.memory,
            start.checked_add(limits.timeout),
        ));
        Self {
            calls: CallTracker::new(limits, &account),
            account,
            attachments: Attachments::default(),
            changed: Changed::default(),
            log: LogMeter::new(limits.log_lines),
            turn: AtomicU64::new(ticks()),
        }
    }

    /// Gives the thread back once in each tick.
    pub(crate) async fn give_way(&self) {
        let now = ticks();
        if self.turn.swap(now, Ordering::Relaxed) != now {
            tokio::task::yield_now().await;
        }
    }
}
