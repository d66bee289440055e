//! Gives one call of direct mode to the audit. A call that is dropped before its end counts as unanswered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mcp_bridge::{Answer, CallError, JsonObject, Source, Tool};
use mcp_host::{CallArguments, CallDecision, CallOver, CallStarted, RunEvents, call_outcome};

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
    /// What the call came to, whatever the client gets of it.
    pub(super) outcome: Option<&'static str>,
    /// The response cache answered, and the server saw no call.
    pub(super) from_cache: bool,
}

impl<'a> ObservedCall<'a> {
    /// A call of which nothing has happened.
    pub(super) fn new(events: Option<Arc<dyn RunEvents>>, server: &'a str, tool: &'a str) -> Self {
        Self {
            events,
            server,
            tool,
            begun: None,
            bytes_in: 0,
            rule: None,
            outcome: None,
            from_cache: false,
        }
    }
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

    /// The server, or the cache, answered.
    pub(super) fn answer(&mut self, answer: &Result<Answer, CallError>) {
        self.outcome = Some(match answer {
            Ok(answer) if answer.result.is_error == Some(true) => "tool-error",
            Ok(_) => "ok",
            Err(error) => call_outcome(error),
        });
        self.from_cache = answer
            .as_ref()
            .is_ok_and(|answer| answer.source == Source::Cache);
    }

    /// The client gets the answer.
    pub(super) fn answered(mut self, bytes_out: usize) {
        let outcome = self.outcome.unwrap_or("ok");
        self.over(outcome, None, bytes_out as u64);
    }

    /// The client gets an error.
    pub(super) fn failed(mut self, code: Code, why: &str) {
        let rule = Some(why).filter(|_| code == Code::ImportDenied);
        let outcome = match (code, self.outcome) {
            // More than one host call may carry.
            (Code::ResultTooLarge, _) => "too-large",
            (_, Some(outcome)) => outcome,
            (Code::ImportDenied, None) => "denied",
            (Code::UnknownImport, None) => "not-found",
            (Code::BadArguments, None) => "too-large",
            (Code::ServerUnavailable | Code::LoginRequired, None) => "unavailable",
            (Code::LimitTime, None) => "timed-out",
            (_, None) => "not-sent",
        };
        self.over(outcome, rule, 0);
    }

    fn over(&mut self, outcome: &'static str, rule: Option<&str>, bytes_out: u64) {
        if let Some(events) = self.events.take() {
            let elapsed = self.begun.map(|begun| begun.elapsed());
            events.called(&CallOver {
                number: 1,
                server: self.server,
                tool: self.tool,
                decision: match outcome == "denied" {
                    true => CallDecision::Deny,
                    false => CallDecision::Allow,
                },
                rule: rule.or(self.rule.as_deref()),
                outcome,
                from_cache: self.from_cache,
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
