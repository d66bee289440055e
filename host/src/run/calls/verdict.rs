//! What decided about a call, and its number in a ledger: for the observer of the run. Decides nothing.

use std::sync::Arc;

use crate::observe::CallDecision;

/// What decided about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The number of the call in the ledger of its run, if the run has one.
    pub(crate) number: Option<u32>,
    pub(crate) decision: CallDecision,
    /// The rule that decided, or because of which the user was asked.
    pub(crate) rule: Option<Arc<str>>,
}

impl Verdict {
    /// The policy allows the call, or there is none.
    pub(crate) fn allowed(rule: Option<Arc<str>>) -> Self {
        Self {
            number: None,
            decision: CallDecision::Allow,
            rule,
        }
    }

    /// The same for the call with this number in a ledger.
    pub(crate) fn of(number: usize, decision: CallDecision, rule: Option<&str>) -> Self {
        Self {
            number: u32::try_from(number).ok(),
            decision,
            rule: rule.map(Arc::from),
        }
    }

    /// With the rule that allows the call, where the user was not asked.
    pub(crate) fn by(mut self, rule: impl FnOnce() -> Option<Arc<str>>) -> Self {
        if self.decision == CallDecision::Allow && self.rule.is_none() {
            self.rule = rule();
        }
        self
    }
}
