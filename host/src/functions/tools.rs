//! `mcp:tools/tools`: calls by name, each under a grant. The arguments and the result of a call are charged to the run.
//! The text of the arguments goes to the server unchanged, checked in one pass and never parsed into a tree.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use mcp_bridge::CallToolResult;
use serde_json::value::RawValue;

use crate::catalog::ToolServer;
use crate::contract::bindings::mcp::tools::tools::{Host, ToolCall};
use crate::contract::{Cases as _, charge_answer, charge_result, tool_result};
use crate::contract::{ToolError, ToolResult};
use crate::recording::Call;
use crate::rules::limits::{Account, Charge, OutOfMemory, Spend, Stop};
use crate::run::Run;
use crate::run::call_log::{self, CallLog};
use crate::run::calls::{Arguments, CallTracker, Verdict, out_of};
use crate::run::capabilities::Capabilities;
use crate::run::judge::{self, ToolJudge};
use mcp_codec::json;

/// Calls of one batch that are in flight at once; the others wait.
const AT_ONCE: usize = 1024;

/// What the host holds for one call of a batch, besides its arguments and its cost in flight.
const CALL: usize = 1 << 10;

/// Longer arguments are checked on a thread of their own, so that they block neither other runs nor the deadline.
const CHECKED_HERE: usize = 256 << 10;

/// The deepest nesting of JSON, as in `serde_json`.
const DEEPEST: usize = 128;

impl Host for Run {
    async fn call_tool(
        &mut self,
        server: String,
        tool: String,
        arguments: String,
    ) -> wasmtime::Result<Result<ToolResult, ToolError>> {
        let called = ToolCall {
            server,
            tool,
            arguments,
        };
        let account = self.usage.calls.account();
        let held = match account.charge(CALL + weight(&called)) {
            Ok(held) => held,
            Err(stop) => return out_of(stop).map(Err),
        };
        let done = call(
            &self.usage.calls,
            &self.capabilities,
            &self.call_log,
            called,
        )
        .await?;
        drop(held);
        Ok(self.returned(done))
    }

    async fn call_tools(
        &mut self,
        calls: Vec<ToolCall>,
    ) -> wasmtime::Result<Vec<Result<ToolResult, ToolError>>> {
        let account = self.usage.calls.account();
        let at_once = calls.len().min(AT_ONCE);
        let results = calls
            .len()
            .saturating_mul(size_of::<Result<ToolResult, ToolError>>());
        let handed: usize = calls.iter().map(weight).sum();
        let held = account.charge(handed.saturating_add(at_once * CALL));
        let (Ok(held), Ok(results)) = (held, account.charge(results)) else {
            // The run has no memory for the errors of so many calls either.
            return Err(wasmtime::Error::new(OutOfMemory));
        };
        let batch = calls.into_iter().map(|called| {
            call(
                &self.usage.calls,
                &self.capabilities,
                &self.call_log,
                called,
            )
        });
        let done: Vec<_> = stream::iter(batch)
            .buffered(at_once.max(1))
            .try_collect()
            .await?;
        drop(held);
        self.meter.lower(results.keep());
        Ok(done.into_iter().map(|done| self.returned(done)).collect())
    }
}

impl Run {
    /// The result of a call, as the guest gets it. It stays charged until the guest has it.
    fn returned(&self, done: Called<'_>) -> Result<ToolResult, ToolError> {
        let (done, charge) = match done {
            Ok((result, charge)) => (Ok(result), charge),
            Err((error, charge)) => (Err(error), charge),
        };
        self.meter.lower(charge.keep());
        done
    }
}

/// What the host holds of a call that the guest made.
fn weight(called: &ToolCall) -> usize {
    size_of::<ToolCall>() + called.server.len() + called.tool.len() + called.arguments.len()
}

/// Makes the call. The result is charged until the guest has it.
async fn call<'a>(
    calls: &'a CallTracker,
    capabilities: &'a Capabilities,
    call_log: &'a Option<Arc<CallLog>>,
    called: ToolCall,
) -> wasmtime::Result<Called<'a>> {
    let ToolCall {
        server,
        tool,
        arguments,
    } = called;
    let call = call_log::call_to_log(call_log, calls.account(), |spend| {
        spend.take(server.len() + tool.len())?;
        // Arguments that are not an object are rejected below; the recording contains them.
        let arguments = match json::parse(&arguments, spend) {
            Ok(object @ serde_json::Value::Object(_)) => object,
            Err(error) if let Some(stop) = error.stop() => return Err(stop),
            Ok(_) | Err(_) if arguments.trim_ascii().is_empty() => serde_json::Map::new().into(),
            Ok(_) | Err(_) => {
                spend.take(arguments.len())?;
                arguments.clone().into()
            }
        };
        Ok(Call::Tool {
            server: server.clone(),
            tool: tool.clone(),
            arguments,
        })
    })?;
    let judge = capabilities.judge(&server, &tool);
    let judge = judge.as_ref();
    let judges_here = !call_log.as_deref().is_some_and(CallLog::can_wait);
    let here = judge.filter(|_| judges_here);
    let live = |of_ledger| {
        let judges = (here, judge, of_ledger);
        granted(calls, capabilities, (&server, &tool), judges, arguments)
    };
    let answer = call_log::tool(call_log, calls, call, judge, live).await?;
    let account = calls.account();
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return failed(error, account),
    };
    let mut spend = Spend::of(account);
    let charged = charge_answer(&answer, &mut spend).and_then(|()| charge_result(&answer, account));
    match charged {
        Ok(charge) => match tool_result(*answer) {
            Ok(result) => Ok(Ok((result, charge))),
            Err(failed @ ToolError::Failed(_)) => Ok(Err((failed, charge))),
            Err(error) => failed(error, account),
        },
        Err(stop) => failed(out_of(stop)?, account),
    }
}

/// The result of a call, and its charge until the guest has it.
type Called<'a> = Result<(ToolResult, Charge<'a>), (ToolError, Charge<'a>)>;

/// A batch can have many error texts: they contain names that the guest gave.
fn failed(error: ToolError, account: &Account) -> wasmtime::Result<Called<'_>> {
    /// What the allocator gives for a short text.
    const TEXT: usize = 32;
    // The content of a tool's own failure is charged as that of a result is.
    let charge = account.charge(TEXT + error.text().map_or(0, str::len));
    Ok(Err((error, charge.map_err(Stop::trap)?)))
}

async fn granted(
    calls: &CallTracker,
    capabilities: &Capabilities,
    (server, tool): (&str, &str),
    (here, judge, of_ledger): (Option<&ToolJudge>, Option<&ToolJudge>, Option<Verdict>),
    arguments: String,
) -> wasmtime::Result<Result<Box<CallToolResult>, ToolError>> {
    let flight = match calls.admit() {
        Ok(flight) => flight,
        Err(refused) => return refused.map(Err),
    };
    // Before the arguments are checked: a call that is not granted causes no work.
    let server = match capabilities.granted(server, tool) {
        Ok(server) => server,
        Err(error) => {
            calls.unsent(server, tool, &error);
            return Ok(Err(error));
        }
    };
    let checked = if arguments.len() > CHECKED_HERE {
        tokio::task::spawn_blocking(move || object_text(arguments)).await?
    } else {
        object_text(arguments)
    };
    match checked {
        Ok(text) => {
            if let Some(why) = here.and_then(|judge| refused(judge, calls, &text)) {
                return Ok(Err(ToolError::Denied(why)));
            }
            let by = calls.verdict(of_ledger, || {
                rule(
                    capabilities,
                    (server, tool),
                    judge,
                    (&text, calls.account()),
                )
            });
            calls
                .send(flight, server, tool, Arguments::Text(text), by)
                .await
        }
        Err(why) => {
            let error = ToolError::InvalidArguments(why);
            calls.unsent(server.name(), tool, &error);
            Ok(Err(error))
        }
    }
}

/// Why the policy refuses the call, if it does. Where the arguments make a difference, they are parsed for it.
fn refused(judge: &ToolJudge, calls: &CallTracker, text: &RawValue) -> Option<String> {
    let none = mcp_bridge::JsonObject::new();
    if !judge.needs_arguments() {
        return judge.judge(calls, &none).refusal();
    }
    let mut spend = Spend::of(calls.account());
    match json::parse(text.get(), &mut spend) {
        Ok(serde_json::Value::Object(arguments)) => judge.judge(calls, &arguments).refusal(),
        Ok(_) => None,
        Err(error) => Some(format!(
            "the arguments cannot be compared with the policy: {error}"
        )),
    }
}

/// The rule that allows the call, in words.
fn rule(
    capabilities: &Capabilities,
    (server, tool): (&Arc<dyn ToolServer>, &str),
    judge: Option<&ToolJudge>,
    (text, account): (&RawValue, &Account),
) -> Option<Arc<str>> {
    match judge {
        Some(judge) => match json::parse(text.get(), &mut Spend::of(account)) {
            Ok(serde_json::Value::Object(arguments)) => judge.rule(&arguments),
            // Without memory for the tree, the log has no rule.
            Ok(_) | Err(_) => None,
        },
        None => judge::rule_of_all(&capabilities.grants, server.name(), server.tool(tool)?),
    }
}

/// The text of an object, checked. An empty text stands for no arguments.
fn object_text(text: String) -> Result<Box<RawValue>, String> {
    let text = if text.trim_ascii().is_empty() {
        "{}".to_owned()
    } else {
        text
    };
    if is_too_deep(&text) {
        return Err(format!("the arguments are nested more than {DEEPEST} deep"));
    }
    let checked = RawValue::from_string(text)
        .map_err(|error| format!("the arguments are not JSON: {error}"))?;
    if !checked.get().starts_with('{') {
        return Err("the arguments are not a JSON object".to_owned());
    }
    Ok(checked)
}

/// Whether arrays and objects are nested deeper than servers can be expected to read.
fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn arguments_are_the_text_of_an_object() {
        let checked = |text: &str| object_text(text.to_owned()).map(|text| text.get().to_owned());
        assert_eq!(checked(""), Ok("{}".to_owned()));
        assert_eq!(checked(" {\"a\": [1]} "), Ok("{\"a\": [1]}".to_owned()));
        let deep = |n: usize| format!("{{\"a\":{}1{}}}", "[".repeat(n), "]".repeat(n));
        assert!(checked(&deep(DEEPEST - 1)).is_ok());
        assert!(checked(&format!("{{\"a\":\"{}\"}}", "[\\\"".repeat(500))).is_ok());
        for (text, why) in [
            ("[1]", "not a JSON object"),
            ("{\"a\":}", "not JSON"),
            ("{\"a\":\"\n\"}", "not JSON"),
            (&deep(DEEPEST), "nested"),
        ] {
            let error = checked(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
