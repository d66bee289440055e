//! Gives the calls of a run to its observer, where it has one.

use std::sync::Arc;
use std::time::Instant;

use super::observed::{Observed, ObservedCall};
use super::{Arguments, CallTracker};
use crate::catalog::ToolServer;
use crate::contract::ToolError;
use crate::observe::{CallArguments, RunEvents};

impl CallTracker {
    /// From now on, this observer is given each call.
    pub(crate) fn observe(&self, events: Arc<dyn RunEvents>) {
        // A run is observed once.
        let _ = self.observed.set(Observed::new(events));
    }

    /// Gives the observer a call that is about to be sent.
    pub(super) fn sending<'a>(
        &'a self,
        server: &'a dyn ToolServer,
        tool: &'a str,
        (arguments, bytes_in): (&Arguments<'_>, usize),
        begun: Instant,
    ) -> Option<ObservedCall<'a>> {
        let observed = self.observed.get()?;
        let arguments = match arguments {
            Arguments::Object(object, _) => CallArguments::Object(object),
            Arguments::Text(text) => CallArguments::Text(text.get()),
        };
        Some(observed.sending(server, tool, (arguments, bytes_in), begun))
    }

    /// Gives the observer a call that the host refuses.
    pub(crate) fn unsent(&self, server: &str, tool: &str, error: &ToolError) {
        if let Some(observed) = self.observed.get() {
            observed.unsent(server, tool, error);
        }
    }
}
