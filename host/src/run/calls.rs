//! Every tool call of a run goes through here: call budget, size limits, statistics. Knows nothing of WIT types, and
//! nothing of grants.

mod failures;
mod observed;
mod observing;
mod refusal;
mod replayed;
mod span;
mod stats;
mod verdict;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, Either, FutureExt as _, ready};
use mcp_bridge::{Answer, CallError, CallToolResult, JsonObject, Source};
use serde_json::Value;
use serde_json::value::RawValue;
use tracing::instrument::Instrumented;
use tracing::{Instrument as _, Span};

use super::turns::Turns;
use crate::catalog::ToolServer;
use crate::contract::{ToolError, call_error};
use crate::report::{FailedCall, Latency, Outcome, ToolUse, ToolUses};
use crate::rules::limits::{Account, Charge, DeadlinePassed, Limits, Spend};
use crate::rules::policy::{Decider, Grants};
use failures::{Failures, of_error};
use mcp_codec::json;
use observed::{Answered, Observed, ObservedCall};
pub(crate) use refusal::{Refusal, out_of, refusal};
use stats::CallStats;
pub(crate) use stats::InFlightCall;
pub(crate) use verdict::Verdict;

/// The rejected calls after which the host stops a guest that continues to call. A well-behaved skill gets
/// `budget-exhausted` a few times (in a batch, for example) and returns what it has.
const GRACE: u32 = 64;

/// What the host and the bridge hold for one call in flight, besides its arguments.
const CALL: usize = 12 << 10;

/// How many copies of the arguments the message to the server holds in memory.
const LINES: usize = 2;

/// The tool calls of one run, shared by every skill in it.
pub(crate) struct CallTracker {
    limit: u32,
    transfer: usize,
    account: Arc<Account>,
    stats: CallStats,
    failures: Failures,
    /// In a recorded run, the turns of its answers.
    turns: OnceLock<Arc<Turns>>,
    /// What counts the calls under each policy: the skills of a run may have several.
    deciders: Mutex<Vec<(Arc<Grants>, Arc<Decider>)>>,
    observed: OnceLock<Observed>,
}

/// The arguments of a call.
pub(crate) enum Arguments<'a> {
    /// An object, and what it is charged with.
    Object(JsonObject, Spend<'a>),
    /// The text of an object. The guest's own copy is charged.
    Text(Box<RawValue>),
}

/// A call in flight.
struct StartedCall<'a> {
    /// Bytes of JSON.
    bytes_in: usize,
    /// Dropped with the future when the run is cancelled, so that the stats stay correct.
    flight: InFlightCall<'a>,
    /// The object that the host built for this call, and its text in the message.
    _held: Charge<'a>,
    span: Span,
    observed: Option<ObservedCall<'a>>,
}

/// A pending answer.
type PendingAnswer<'a> = Instrumented<BoxFuture<'a, Result<Answer, CallError>>>;

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

impl CallTracker {
    pub(crate) fn new(limits: &Limits, account: &Arc<Account>) -> Self {
        Self {
            limit: limits.calls,
            transfer: limits.transfer,
            account: Arc::clone(account),
            stats: CallStats::default(),
            failures: Failures::default(),
            turns: OnceLock::new(),
            deciders: Mutex::default(),
            observed: OnceLock::new(),
        }
    }

    /// What counts the calls of this run under these grants.
    pub(crate) fn decider(&self, grants: &Arc<Grants>) -> Arc<Decider> {
        let mut deciders = self.deciders.lock().unwrap_or_else(PoisonError::into_inner);
        let known = deciders
            .iter()
            .find(|(known, _)| Arc::ptr_eq(known, grants));
        if let Some((_, decider)) = known {
            return Arc::clone(decider);
        }
        let decider = Arc::new(Decider::new(grants));
        deciders.push((Arc::clone(grants), Arc::clone(&decider)));
        decider
    }

    /// From now on, an answer waits for its turn before it counts.
    pub(crate) fn take_turns(&self, turns: &Arc<Turns>) {
        // A run is recorded once.
        let _ = self.turns.set(Arc::clone(turns));
    }

    /// The account of the run.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Counts one more call. It counts in any case: a denied or malformed call costs the host work too.
    pub(crate) fn admit(&self) -> Result<InFlightCall<'_>, Refusal> {
        let flight = self.stats.admit(self.limit).map_err(|refused| {
            if refused > GRACE {
                return Err(wasmtime::Error::new(BudgetIgnored));
            }
            Ok(ToolError::BudgetExhausted(format!(
                "the run's budget of {} tool calls is used up; raise it with `--max-calls`",
                self.limit
            )))
        })?;
        self.in_time(&flight).map_err(Err)?;
        Ok(flight)
    }

    /// Makes a call that was admitted.
    pub(crate) fn send<'a>(
        &'a self,
        flight: InFlightCall<'a>,
        server: &'a Arc<dyn ToolServer>,
        tool: &'a str,
        arguments: Arguments<'a>,
        verdict: Verdict,
    ) -> impl Future<Output = wasmtime::Result<Result<Box<CallToolResult>, ToolError>>> + use<'a>
    {
        // Not an `async` block, which would hold everything twice: the future is moved into a box for each call.
        match self.begin(flight, server, tool, arguments, verdict) {
            Ok((begun, coming)) => {
                let end = move |answer| Ok(self.end(server, tool, begun, answer));
                Either::Left(match self.turns.get() {
                    None => Either::Left(coming.map(end)),
                    Some(turns) => Either::Right(turns.wait(coming).map(end).boxed()),
                })
            }
            Err(refused) => Either::Right(ready(refused.map(Err))),
        }
    }

    /// Sends the arguments, or returns why not.
    fn begin<'a>(
        &'a self,
        flight: InFlightCall<'a>,
        server: &'a Arc<dyn ToolServer>,
        tool: &'a str,
        arguments: Arguments<'a>,
        verdict: Verdict,
    ) -> Result<(StartedCall<'a>, PendingAnswer<'a>), Refusal> {
        let bytes_in = match &arguments {
            Arguments::Object(object, _) => json::size(object),
            Arguments::Text(text) => text.get().len(),
        };
        if bytes_in > self.transfer {
            // It counts as a failed call, as in a replay of it.
            let used = ToolUse {
                calls: 1,
                errors: 1,
                bytes_in: bytes_in as u64,
                ..ToolUse::default()
            };
            self.stats.record(server.name(), tool, used);
            let error = self.too_large("arguments", bytes_in);
            self.refused_by(server.name(), tool, &error, &verdict);
            return Err(Ok(error));
        }
        let line = CALL + bytes_in.saturating_mul(LINES);
        let span = span::of_call(server.name(), tool);
        let sized = (&arguments, bytes_in);
        let mut observed = self.sending(&**server, tool, sized, flight.started(), verdict);
        let (coming, held) = match arguments {
            Arguments::Object(object, mut spend) => {
                spend.take(line).map_err(out_of)?;
                (server.call(tool, object), spend)
            }
            Arguments::Text(text) => {
                let mut spend = Spend::of(&self.account);
                spend.take(line).map_err(out_of)?;
                match server.call_text(tool, text) {
                    Ok(coming) => (coming, spend),
                    Err(text) => {
                        let object = Self::object(&text, &mut spend)?;
                        (server.call(tool, object), spend)
                    }
                }
            }
        };
        self.stats.sent(server.name(), tool, bytes_in as u64);
        if let Some(observed) = &mut observed {
            observed.sent();
        }
        let begun = StartedCall {
            bytes_in,
            flight,
            _held: held.charge(&self.account),
            span: span.clone(),
            observed,
        };
        Ok((begun, coming.instrument(span)))
    }

    /// For a server that does not take text.
    fn object(text: &RawValue, spend: &mut Spend<'_>) -> Result<JsonObject, Refusal> {
        match json::parse(text.get(), spend) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Ok(ToolError::InvalidArguments(
                "the arguments are not a JSON object".into(),
            ))),
            Err(error) => Err(refusal(&error, || format!("the arguments: {error}"))),
        }
    }

    /// Records the outcome of a call.
    fn end(
        &self,
        server: &Arc<dyn ToolServer>,
        tool: &str,
        begun: StartedCall<'_>,
        answer: Result<Answer, CallError>,
    ) -> Answered {
        let ended = Instant::now();
        let StartedCall {
            bytes_in,
            flight,
            span,
            observed,
            ..
        } = begun;
        let source = answer.as_ref().ok().map(|answer| answer.source);
        // What the guest gets: nothing of a response that exceeds a limit.
        let mut bytes_out = 0;
        let result = match answer {
            Ok(answer) => {
                let size = answer_size(&answer.result);
                if size > self.transfer {
                    Err(self.too_large("answer", size))
                } else {
                    bytes_out = size;
                    Ok(answer.result)
                }
            }
            Err(error) => Err(call_error(&error)),
        };
        let is_error = matches!(&result, Ok(answer) if answer.is_error == Some(true));
        let failed = is_error || result.is_err();
        span::record_failure(&span, result.as_ref().err(), is_error);
        self.note(server.name(), tool, failure(&result));
        if let Some(observed) = observed {
            observed.ended(&result, source, bytes_out, ended);
        }
        let used = ToolUse {
            // Counted when it was sent.
            calls: 0,
            unfinished: 0,
            bytes_in: 0,
            errors: u32::from(failed),
            cache_hits: u32::from(source == Some(Source::Cache)),
            cache_misses: u32::from(source == Some(Source::ServerAfterMiss)),
            shared: u32::from(source == Some(Source::Shared)),
            bytes_out: bytes_out as u64,
            latency: Latency::default(),
        };
        let elapsed = flight.finish(ended, server.name(), tool, used);
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
        result
    }

    /// Counts the time until it is dropped as time in host calls. What the guest does meanwhile, in a task of
    /// its own, counts as that too.
    ///
    /// # Errors
    ///
    /// The trap of a run that is over its deadline: none of its host calls starts any more.
    pub(crate) fn waiting(&self) -> wasmtime::Result<InFlightCall<'_>> {
        let flight = self.stats.flight();
        self.in_time(&flight)?;
        Ok(flight)
    }

    fn in_time(&self, flight: &InFlightCall<'_>) -> wasmtime::Result<()> {
        if self.account.is_late(flight.started()) {
            return Err(wasmtime::Error::new(DeadlinePassed));
        }
        Ok(())
    }

    /// Remembers how a call ended.
    fn note(&self, server: &str, tool: &str, failure: Option<(&'static str, &str)>) {
        match failure {
            Some((case, text)) => self.failures.failed(server, tool, case, text),
            None => self.failures.passed(),
        }
    }

    /// The failed call that is the reason for this outcome of a run.
    pub(crate) fn failed_call(&self, outcome: &Outcome) -> Option<FailedCall> {
        match outcome {
            Outcome::Failed { message } => self.failures.in_message(message),
            // A panic says nothing about a call. One just before it is its likely reason.
            Outcome::Trapped { .. } => self.failures.last(),
            _ => None,
        }
    }

    /// The statistics per tool, and the total time with at least one host call in flight.
    pub(crate) fn close(&self) -> (ToolUses, Duration) {
        self.stats.close()
    }

    /// The arguments or the response are larger than one host call may carry.
    fn too_large(&self, what: &str, size: usize) -> ToolError {
        ToolError::TooLarge(format!(
            "the {what} of the call: {size} bytes of JSON; the limit is {}",
            self.transfer
        ))
    }
}

/// How a call failed, in its case and its text.
fn failure(answer: &Result<Box<CallToolResult>, ToolError>) -> Option<(&'static str, &str)> {
    match answer {
        Err(error) => Some(of_error(error)),
        Ok(answer) if answer.is_error == Some(true) => {
            let mut texts = answer.content.iter();
            let text = texts.find_map(|block| block.as_text());
            Some(("failed", text.map_or("", |text| &text.text)))
        }
        Ok(_) => None,
    }
}

fn answer_size(answer: &CallToolResult) -> usize {
    let structured = answer.structured_content.as_ref();
    json::size(&answer.content) + structured.map_or(0, |text| text.get().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_past_its_deadline_starts_no_call_and_waits_for_none() {
        for (deadline, starts) in [(None, true), (Some(Instant::now()), false)] {
            let account = Arc::new(Account::new(usize::MAX, deadline));
            let calls = CallTracker::new(&Limits::default(), &account);
            assert_eq!(calls.admit().is_ok(), starts);
            assert_eq!(calls.waiting().is_ok(), starts);
        }
    }
}
