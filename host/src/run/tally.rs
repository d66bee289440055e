//! Usage counters of one run, shared by every skill in it.

use std::sync::Arc;
use std::time::Instant;

use super::calls::Calls;
use super::log_quota::LogMeter;
use crate::rules::limits::{Account, Limits};

/// Usage counters of one run, shared by every skill in it.
pub(crate) struct Tally {
    pub(crate) account: Arc<Account>,
    pub(crate) calls: Calls,
    pub(crate) log: LogMeter,
}

impl Tally {
    pub(crate) fn new(limits: &Limits, start: Instant) -> Self {
        let account = Arc::new(Account::new(
            limits.memory,
            start.checked_add(limits.timeout),
        ));
        Self {
            calls: Calls::new(limits, &account),
            account,
            log: LogMeter::new(limits.log_lines),
        }
    }
}
