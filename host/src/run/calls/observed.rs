//! Calls as the observer of a run is given them. An observed call that is dropped before its end counts as unanswered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mcp_bridge::{CallToolResult, Source};

use super::verdict::Verdict;
use crate::catalog::ToolServer;
use crate::contract::{Cases as _, ToolError};
use crate::observe::{CallArguments, CallDecision, CallOver, CallStarted, RunEvents};
use crate::rules::policy::Hints;

/// The outcome of a call, as the guest gets it.
pub(super) type Answered = Result<Box<CallToolResult>, ToolError>;

/// The observer of a run's calls.
pub(super) struct Observed {
    events: Arc<dyn RunEvents>,
    calls: AtomicU32,
    /// The calls have the numbers of a ledger.
    by_ledger: bool,
}

/// A call whose start the observer knows.
pub(super) struct ObservedCall<'a> {
    observed: &'a Observed,
    server: &'a str,
    tool: &'a str,
    number: u32,
    verdict: Verdict,
    begun: Instant,
    bytes_in: u64,
    was_sent: bool,
    is_over: bool,
}

impl Observed {
    pub(super) fn new(events: Arc<dyn RunEvents>, by_ledger: bool) -> Self {
        Self {
            events,
            calls: AtomicU32::new(0),
            by_ledger,
        }
    }

    fn number(&self, verdict: &Verdict) -> u32 {
        match verdict.number {
            Some(number) => number,
            None if self.by_ledger => 0,
            None => self.calls.fetch_add(1, Ordering::Relaxed).saturating_add(1),
        }
    }

    /// A call that is about to be sent.
    pub(super) fn sending<'a>(
        &'a self,
        server: &'a dyn ToolServer,
        tool: &'a str,
        (arguments, bytes_in): (CallArguments<'_>, usize),
        begun: Instant,
        verdict: Verdict,
    ) -> ObservedCall<'a> {
        let hints = server.tool(tool).map(Hints::of).unwrap_or_default();
        let call = ObservedCall {
            observed: self,
            server: server.name(),
            tool,
            number: self.number(&verdict),
            verdict,
            begun,
            bytes_in: bytes_in as u64,
            was_sent: false,
            is_over: false,
        };
        self.events.sending(&CallStarted {
            number: call.number,
            server: call.server,
            tool,
            read_only: hints.read_only(),
            decision: call.verdict.decision,
            rule: call.verdict.rule.as_deref(),
            bytes_in: call.bytes_in,
            arguments,
        });
        call
    }

    /// A call that the host refuses.
    pub(super) fn unsent(&self, server: &str, tool: &str, error: &ToolError, verdict: &Verdict) {
        let is_denied = matches!(error, ToolError::Denied(_));
        let decision = match verdict.decision {
            CallDecision::Allow if is_denied => CallDecision::Deny,
            decision => decision,
        };
        let why = || error.text().filter(|_| is_denied);
        self.events.called(&CallOver {
            number: self.number(verdict),
            server,
            tool,
            decision,
            rule: verdict.rule.as_deref().or_else(why),
            outcome: error.case(),
            from_cache: false,
            bytes_in: 0,
            bytes_out: 0,
            elapsed: Duration::ZERO,
        });
    }
}

impl ObservedCall<'_> {
    /// The host handed the call to the bridge.
    pub(super) fn sent(&mut self) {
        self.was_sent = true;
    }

    /// Gives the observer the end of the call.
    pub(super) fn ended(
        mut self,
        answer: &Answered,
        source: Option<Source>,
        bytes_out: usize,
        ended: Instant,
    ) {
        let (outcome, refusal) = match answer {
            Ok(answer) if answer.is_error == Some(true) => ("tool-error", None),
            Ok(_) => ("ok", None),
            Err(error @ ToolError::Denied(why)) => (error.case(), Some(why.as_str())),
            Err(error) => (error.case(), None),
        };
        self.over(outcome, refusal, source, (bytes_out as u64, ended));
    }

    fn over(
        &mut self,
        outcome: &'static str,
        refusal: Option<&str>,
        source: Option<Source>,
        (bytes_out, ended): (u64, Instant),
    ) {
        self.is_over = true;
        let decision = match refusal {
            Some(_) => CallDecision::Deny,
            None => self.verdict.decision,
        };
        self.observed.events.called(&CallOver {
            number: self.number,
            server: self.server,
            tool: self.tool,
            decision,
            rule: refusal.or(self.verdict.rule.as_deref()),
            outcome,
            from_cache: source == Some(Source::Cache),
            bytes_in: self.bytes_in,
            bytes_out,
            elapsed: ended.saturating_duration_since(self.begun),
        });
    }
}

impl Drop for ObservedCall<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let outcome = match self.was_sent {
                true => "unanswered",
                // The run has no memory or no time for it.
                false => "not-sent",
            };
            self.over(outcome, None, None, (0, Instant::now()));
        }
    }
}
