//! Every tool call of a run goes through here: budget, size limits, and what is written down of it.
//! Knows nothing of WIT types, and nothing of grants.

mod ledger;
mod span;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, Either, FutureExt as _, ready};
use mcp_bridge::{Answer, CallError, CallToolResult, JsonObject, Source};
use serde_json::Value;
use tracing::instrument::Instrumented;
use tracing::{Instrument as _, Span};

use crate::catalog::ToolServer;
use crate::contract::{ToolError, call_error};
use crate::limits::Limits;
use crate::outcome::{Latency, ToolUse, ToolUses};
use crate::recording::Call;
use ledger::{Flight, Ledger};

/// Refused calls after which a guest that goes on calling is stopped. A well-behaved skill sees
/// `budget-exhausted` a few times (a batch, say) and returns what it has.
const GRACE: u32 = 64;

/// The calls of one run, of all skills in it.
pub(crate) struct Calls {
    limit: u32,
    transfer: usize,
    ledger: Ledger,
}

/// A call under way.
struct Begun<'a> {
    /// Bytes of JSON.
    bytes_in: usize,
    /// Dropped with the future when the run is cancelled, so that the ledger stays true.
    flight: Flight<'a>,
    span: Span,
}

/// An answer that is on its way.
type Coming<'a> = Instrumented<BoxFuture<'a, Result<Answer, CallError>>>;

/// The trap that stops a guest which ignores `budget-exhausted`.
#[derive(Debug)]
pub(crate) struct BudgetIgnored;

impl fmt::Display for BudgetIgnored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the skill went on calling tools after its budget was used up"
        )
    }
}

impl std::error::Error for BudgetIgnored {}

impl Calls {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.calls,
            transfer: limits.transfer,
            ledger: Ledger::default(),
        }
    }

    /// Makes one call. It counts from here on, and not from when the future is first polled.
    ///
    /// # Errors
    ///
    /// The outer error is a trap: the guest ignored its budget too often.
    pub(crate) fn call<'a>(
        &'a self,
        server: &'a Arc<dyn ToolServer>,
        tool: &'a str,
        arguments: JsonObject,
    ) -> impl Future<Output = wasmtime::Result<Result<Box<CallToolResult>, ToolError>>> + 'a {
        // Not an `async` block, which would hold everything twice: it is moved into a box for each call.
        match self.begin(server, tool, arguments) {
            Ok((begun, coming)) => {
                let end = move |answer| Ok(self.end(server, tool, begun, answer));
                Either::Left(coming.map(end))
            }
            Err(refused) => Either::Right(ready(refused.map(Err))),
        }
    }

    /// Sends the arguments, or says why not.
    fn begin<'a>(
        &'a self,
        server: &'a Arc<dyn ToolServer>,
        tool: &'a str,
        arguments: JsonObject,
    ) -> Result<(Begun<'a>, Coming<'a>), wasmtime::Result<ToolError>> {
        let flight = self.ledger.admit(self.limit).map_err(|refused| {
            if refused > GRACE {
                return Err(wasmtime::Error::new(BudgetIgnored));
            }
            Ok(ToolError::BudgetExhausted(format!(
                "the run's budget of {} tool calls is used up; raise it with `--max-calls`",
                self.limit
            )))
        })?;
        let bytes_in = json_size(&arguments);
        if bytes_in > self.transfer {
            return Err(Ok(self.too_large("arguments", bytes_in)));
        }
        let span = span::of_call(server.name(), tool);
        let coming = server.call(tool, arguments).instrument(span.clone());
        let begun = Begun {
            bytes_in,
            flight,
            span,
        };
        Ok((begun, coming))
    }

    /// Writes down what became of a call.
    fn end(
        &self,
        server: &Arc<dyn ToolServer>,
        tool: &str,
        begun: Begun<'_>,
        answer: Result<Answer, CallError>,
    ) -> Result<Box<CallToolResult>, ToolError> {
        let ended = Instant::now();
        let Begun {
            bytes_in,
            flight,
            span,
        } = begun;
        let source = answer.as_ref().ok().map(|answer| answer.source);
        let bytes_out = answer
            .as_ref()
            .map_or(0, |answer| answer_size(&answer.result));
        let failed = span::record_failure(&span, &answer);
        let used = ToolUse {
            calls: 1,
            errors: u32::from(failed),
            cache_hits: u32::from(source == Some(Source::Cache)),
            cache_misses: u32::from(source == Some(Source::ServerAfterMiss)),
            shared: u32::from(source == Some(Source::Shared)),
            bytes_in: bytes_in as u64,
            bytes_out: bytes_out as u64,
            latency: Latency::default(),
        };
        let elapsed = flight.land(ended, server.name(), tool, used);
        let _entered = span.enter();
        tracing::debug!(
            server = server.name(),
            tool,
            bytes_in,
            bytes_out,
            failed,
            ?source,
            ?elapsed,
            "tool call"
        );
        if bytes_out > self.transfer {
            return Err(self.too_large("answer", bytes_out));
        }
        match answer {
            Ok(answer) => Ok(answer.result),
            Err(error) => Err(call_error(error)),
        }
    }

    /// Enters a call that a recording answered. What was refused, or had no JSON object to send, had not reached a
    /// server.
    pub(crate) fn replayed(&self, call: &Call, answer: &Result<Box<CallToolResult>, ToolError>) {
        let Call::Tool {
            server,
            tool,
            arguments: arguments @ Value::Object(_),
        } = call
        else {
            return;
        };
        if let Err(ToolError::Denied(_) | ToolError::NotFound(_) | ToolError::BudgetExhausted(_)) =
            answer
        {
            return;
        }
        let failed = !matches!(answer, Ok(answer) if answer.is_error != Some(true));
        let used = ToolUse {
            calls: 1,
            errors: u32::from(failed),
            bytes_in: json_size(arguments) as u64,
            bytes_out: answer.as_ref().map_or(0, |answer| answer_size(answer)) as u64,
            ..ToolUse::default()
        };
        self.ledger.record(server, tool, used);
    }

    /// Counts the time until it is dropped as time in host calls. What the guest does meanwhile, in a task of
    /// its own, counts as that too.
    pub(crate) fn waiting(&self) -> Flight<'_> {
        self.ledger.flight()
    }

    /// What was used, and how long at least one host call was under way.
    pub(crate) fn close(&self) -> (ToolUses, Duration) {
        self.ledger.close()
    }

    /// The arguments or the answer are larger than one host call may carry.
    fn too_large(&self, what: &str, size: usize) -> ToolError {
        ToolError::TooLarge(format!(
            "the {what} of the call: {size} bytes of JSON; the limit is {}",
            self.transfer
        ))
    }
}

fn answer_size(answer: &CallToolResult) -> usize {
    json_size(&answer.content) + answer.structured_content.as_ref().map_or(0, json_size)
}

/// The length of a value's JSON text, without making the text.
fn json_size(value: &impl serde::Serialize) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // A counter cannot fail, and these values have no map with keys other than strings.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}
