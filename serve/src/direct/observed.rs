//! Gives one call of direct mode to the audit. A call that is dropped before its end counts as unanswered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mcp_bridge::{JsonObject, Tool};
use mcp_host::{CallArguments, CallDecision, CallOver, CallStarted, RunEvents};

use crate::answer::Code;

/// A call that the audit follows.
pub(super) struct ObservedCall<'a> {
    pub(super) events: Option<Arc<dyn RunEvents>>,
    pub(super) server: &'a str,
    pub(super) tool: &'a str,
    /// When the call was sent.
    pub(super) begun: Option<Instant>,
    pub(super) bytes_in: u64,
    /// The rule that allows it.
    pub(super) rule: Option<String>,
}

impl ObservedCall<'_> {
    /// The call is about to be sent.
    pub(super) fn sending(&mut self, live: Option<&Tool>, arguments: &JsonObject, bytes_in: usize) {
        self.begun = Some(Instant::now());
        self.bytes_in = bytes_in as u64;
        let hints = live.and_then(|live| live.annotations.as_ref());
        if let Some(events) = &self.events {
            events.sending(&CallStarted {
                number: 1,
                server: self.server,
                tool: self.tool,
                read_only: hints.is_some_and(|hints| hints.read_only_hint == Some(true)),
                decision: CallDecision::Allow,
                rule: self.rule.as_deref(),
                bytes_in: self.bytes_in,
                arguments: CallArguments::Object(arguments),
            });
        }
    }

    /// The call was answered.
    pub(super) fn answered(mut self, is_error: bool, bytes_out: usize) {
        let outcome = if is_error { "tool-error" } else { "ok" };
        self.over(outcome, None, bytes_out as u64);
    }

    /// The client gets an error.
    pub(super) fn failed(mut self, code: Code, why: &str) {
        let rule = Some(why).filter(|_| code == Code::ImportDenied);
        self.over(code.name(), rule, 0);
    }

    fn over(&mut self, outcome: &'static str, rule: Option<&str>, bytes_out: u64) {
        if let Some(events) = self.events.take() {
            let elapsed = self.begun.map(|begun| begun.elapsed());
            events.called(&CallOver {
                number: 1,
                server: self.server,
                tool: self.tool,
                was_sent: self.begun.is_some(),
                decision: match outcome == Code::ImportDenied.name() {
                    true => CallDecision::Deny,
                    false => CallDecision::Allow,
                },
                rule: rule.or(self.rule.as_deref()),
                outcome,
                from_cache: false,
                bytes_in: self.bytes_in,
                bytes_out,
                elapsed: elapsed.unwrap_or(Duration::ZERO),
            });
        }
    }
}

impl Drop for ObservedCall<'_> {
    fn drop(&mut self) {
        self.over("unanswered", None, 0);
    }
}
