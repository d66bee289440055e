//! Usage counters of one run, shared by every skill in it.

use std::sync::Arc;
use std::time::Instant;

use super::calls::CallTracker;
use super::log_quota::LogMeter;
use crate::rules::limits::{Account, Limits};

/// Usage counters of one run, shared by every skill in it.
pub(crate) struct Usage {
    pub(crate) account: Arc<Account>,
    pub(crate) calls: CallTracker,
    pub(crate) log: LogMeter,
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
            log: LogMeter::new(limits.log_lines),
        }
    }
}
