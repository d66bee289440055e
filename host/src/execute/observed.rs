//! Gives the start and the end of a run to the observer of its skill. A run that is dropped has an end too.

use std::sync::Arc;

use crate::link::Linked;
use crate::observe::{RunEnd, RunEvents, RunStarted};
use crate::report::Report;
use crate::run::Usage;
use crate::run::call_log::CallLog;

/// A run whose start its observer knows.
pub(super) struct ObservedRun {
    events: Option<Arc<dyn RunEvents>>,
    /// The run has a ledger, which numbers its calls.
    has_ledger: bool,
}

impl ObservedRun {
    /// Gives the start to the observer. The error says why the run must not begin.
    pub(super) fn start(linked: &Linked, call_log: Option<&CallLog>) -> Result<Self, String> {
        // A replay calls no server.
        let is_replay = matches!(call_log, Some(CallLog::Replay(_)));
        let (has_ledger, is_resumed) = match call_log {
            Some(CallLog::Ledger(journal)) => (true, journal.is_resumed()),
            _ => (false, false),
        };
        let observer = linked.observer.as_ref().filter(|_| !is_replay);
        let started = observer.map(|observer| {
            observer.started(&RunStarted {
                digest: &linked.skill.digest,
                is_script: linked.skill.script().is_some(),
                is_resumed,
            })
        });
        Ok(Self {
            events: started.transpose()?,
            has_ledger,
        })
    }

    /// The calls of the run, from now on.
    pub(super) fn observe(&self, usage: &Usage) {
        if let Some(events) = &self.events {
            usage.calls.observe(Arc::clone(events), self.has_ledger);
        }
    }

    /// Gives the end to the observer; without a report, the host failed.
    pub(super) fn ended(mut self, report: Option<&Report>) {
        if let Some(events) = self.events.take() {
            events.ended(&report.map_or(RunEnd::HostFault, RunEnd::Reported));
        }
    }
}

impl Drop for ObservedRun {
    fn drop(&mut self) {
        if let Some(events) = self.events.take() {
            events.ended(&RunEnd::Dropped);
        }
    }
}
