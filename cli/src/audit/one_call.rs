//! Gives the one call of `mcp-host call` to the audit. A call that is dropped before its end counts as unanswered.

use std::sync::Arc;
use std::time::Instant;

use mcp_bridge::{Answer, CallError, JsonObject, Source, Tool};
use mcp_host::{CallArguments, CallDecision, CallOver, CallStarted, RunEvents, call_outcome};

/// The call of a command.
pub(crate) struct ObservedCall<'a> {
    events: Option<Arc<dyn RunEvents>>,
    server: &'a str,
    tool: &'a str,
    begun: Instant,
    bytes_in: u64,
}

impl<'a> ObservedCall<'a> {
    pub(crate) fn new(events: Option<Arc<dyn RunEvents>>, server: &'a str, tool: &'a str) -> Self {
        Self {
            events,
            server,
            tool,
            begun: Instant::now(),
            bytes_in: 0,
        }
    }

    /// The call is about to be sent.
    pub(crate) fn sending(&mut self, live: Option<&Tool>, arguments: &JsonObject) {
        let Some(events) = &self.events else { return };
        self.bytes_in = bytes(arguments);
        let hints = live.and_then(|live| live.annotations.as_ref());
        events.sending(&CallStarted {
            number: 1,
            server: self.server,
            tool: self.tool,
            read_only: hints.is_some_and(|hints| hints.read_only_hint == Some(true)),
            decision: CallDecision::Allow,
            rule: None,
            bytes_in: self.bytes_in,
            arguments: CallArguments::Object(arguments),
        });
    }

    pub(crate) fn ended(mut self, answered: &Result<Answer, CallError>) {
        match answered {
            Ok(answer) => {
                let structured = answer.result.structured_content.as_ref();
                let structured = structured.map_or(0, |text| text.get().len() as u64);
                let size = structured.saturating_add(bytes(&answer.result.content));
                let outcome = match answer.result.is_error {
                    Some(true) => "tool-error",
                    Some(false) | None => "ok",
                };
                self.over(outcome, answer.source == Source::Cache, size);
            }
            Err(error) => {
                self.over(call_outcome(error), false, 0);
            }
        }
    }

    fn over(&mut self, outcome: &'static str, from_cache: bool, bytes_out: u64) {
        if let Some(events) = self.events.take() {
            let is_denied = outcome == "denied";
            events.called(&CallOver {
                number: 1,
                server: self.server,
                tool: self.tool,
                decision: match is_denied {
                    true => CallDecision::Deny,
                    false => CallDecision::Allow,
                },
                rule: None,
                outcome,
                from_cache,
                bytes_in: self.bytes_in,
                bytes_out,
                elapsed: self.begun.elapsed(),
            });
        }
    }
}

impl Drop for ObservedCall<'_> {
    fn drop(&mut self) {
        self.over("unanswered", false, 0);
    }
}

fn bytes(value: &impl serde::Serialize) -> u64 {
    serde_json::to_vec(value).map_or(0, |text| text.len() as u64)
}
