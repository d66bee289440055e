//! Gives the calls of a run to its observer, where it has one, and notes those that the host refuses.

use std::sync::Arc;
use std::time::Instant;

use super::failures::of_error;
use super::observed::{Observed, ObservedCall};
use super::verdict::Verdict;
use super::{Arguments, CallTracker};
use crate::catalog::ToolServer;
use crate::contract::ToolError;
use crate::observe::{CallArguments, RunEvents};

impl CallTracker {
    /// From now on, this observer is given each call. `by_ledger`: the calls have the numbers of a ledger.
    pub(crate) fn observe(&self, events: Arc<dyn RunEvents>, by_ledger: bool) {
        // A run is observed once.
        let _ = self.observed.set(Observed::new(events, by_ledger));
    }

    /// What decided about a call that goes to its server: as a ledger says, or `rule` allows it. The rule is written
    /// only for an observer.
    pub(crate) fn verdict(
        &self,
        of_ledger: Option<Verdict>,
        rule: impl FnOnce() -> Option<Arc<str>>,
    ) -> Verdict {
        let verdict = of_ledger.unwrap_or_else(|| Verdict::allowed(None));
        match self.observed.get() {
            Some(_) => verdict.by(rule),
            None => verdict,
        }
    }

    /// Gives the observer a call that is about to be sent.
    pub(super) fn sending<'a>(
        &'a self,
        server: &'a dyn ToolServer,
        tool: &'a str,
        (arguments, bytes_in): (&Arguments<'_>, usize),
        begun: Instant,
        verdict: Verdict,
    ) -> Option<ObservedCall<'a>> {
        let observed = self.observed.get()?;
        let arguments = match arguments {
            Arguments::Object(object, _) => CallArguments::Object(object),
            Arguments::Text(text) => CallArguments::Text(text.get()),
        };
        Some(observed.sending(server, tool, (arguments, bytes_in), begun, verdict))
    }

    /// Remembers a call that was refused before it was sent.
    pub(crate) fn refused(&self, server: &str, tool: &str, error: &ToolError) {
        self.refused_by(server, tool, error, &Verdict::allowed(None));
    }

    /// The same for a call that a ledger decides about.
    pub(crate) fn refused_by(&self, server: &str, tool: &str, error: &ToolError, by: &Verdict) {
        self.note(server, tool, Some(of_error(error)));
        self.unsent_by(server, tool, error, by);
    }

    /// Gives the observer a call that the host refuses.
    pub(crate) fn unsent(&self, server: &str, tool: &str, error: &ToolError) {
        self.unsent_by(server, tool, error, &Verdict::allowed(None));
    }

    /// The same for a call that a ledger decides about.
    pub(super) fn unsent_by(&self, server: &str, tool: &str, error: &ToolError, by: &Verdict) {
        if let Some(observed) = self.observed.get() {
            observed.unsent(server, tool, error, by);
        }
    }
}
