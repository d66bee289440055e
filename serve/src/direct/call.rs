//! One call of direct mode: from the live server to the client's result. Repeats nothing, and changes nothing of a
//! result.

use std::time::{Duration, Instant};

use mcp_bridge::{CallError, JsonObject, RawJson};
use mcp_codegen::names::shown;
use mcp_host::{Decision, Hints, ToolServer};
use rmcp::model::{CallToolResult, ContentBlock};

use super::observed::ObservedCall;
use crate::answer::Code;
use crate::answer::unavailable::unavailable;
use crate::audit::Asked;
use crate::door::Door;
use crate::queue::Busy;
use crate::unwritten::Share;

/// Calls the tool, if policy and pins allow it as it is now.
pub(super) async fn answer(
    door: &Door,
    asked: &Asked,
    (server, tool): (&str, &str),
    arguments: JsonObject,
    share: &Share,
) -> CallToolResult {
    let events = door.audit.as_ref().map(|audit| audit.direct(asked));
    let events = match events.transpose() {
        Ok(events) => events,
        Err(why) => return failed(Code::Internal, &why),
    };
    let mut observed = ObservedCall::new(events, server, tool);
    match called(door, &mut observed, arguments, share).await {
        Ok((result, bytes)) => {
            observed.answered(bytes);
            result
        }
        Err((code, what)) => {
            observed.failed(code, &what);
            failed(code, &what)
        }
    }
}

/// Gives the audit a call of a tool that policy keeps back, with the rule that does. Nothing is called.
pub(super) async fn kept_back(door: &Door, asked: &Asked, (server, tool): (&str, &str)) {
    let events = door.audit.as_ref().map(|audit| audit.direct(asked));
    let Some(Ok(events)) = events else {
        return;
    };
    let observed = ObservedCall::new(Some(events), server, tool);
    let why = match door.servers.up(server).await {
        Ok(live) => allowed(door, &*live, tool, &JsonObject::new()).err(),
        Err(_) => None,
    };
    let why = why.map_or_else(
        || "policy does not allow the tool".to_owned(),
        |(_, why)| why,
    );
    observed.failed(Code::ImportDenied, &why);
}

fn failed(code: Code, what: &str) -> CallToolResult {
    let what = mcp_bridge::text::cut(what, LONGEST_ERROR);
    let text = format!("error {}  {what}", code.name());
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// Bytes of the text of an error.
const LONGEST_ERROR: usize = 8_000;

/// How long an answer waits for others to be written. A client over HTTP that reads nothing for so long is cut off.
const UNREAD: Duration = Duration::from_secs(30);

async fn called(
    door: &Door,
    observed: &mut ObservedCall<'_>,
    arguments: JsonObject,
    share: &Share,
) -> Result<(CallToolResult, usize), (Code, String)> {
    let (name, tool) = (observed.server, observed.tool);
    let server = door.servers.up(name).await;
    let server = server.map_err(|why| unavailable(name, &why))?;
    observed.rule = allowed(door, &*server, tool, &arguments)?;
    let limits = door.rules().limits;
    let bytes = serde_json::to_string(&arguments).map_or(0, |text| text.len());
    if bytes > limits.transfer {
        let what = format!(
            "arguments of {bytes} bytes are more than the limit of {}",
            limits.transfer
        );
        return Err((Code::BadArguments, what));
    }
    // A slot is that of a script too: what runs at once is bounded together.
    let admitted = door
        .queue
        .admit(door.part(0), bytes)
        .map_err(|why| busy(&why))?;
    let _slot = admitted.slot().await.map_err(|why| busy(&why))?;
    if !door.unwritten.is_open(UNREAD).await {
        let what =
            "the call was not made: the client has not read the answers before it".to_owned();
        return Err((Code::Busy, what));
    }
    observed.sending(server.tool(tool), &arguments, bytes);
    let begun = Instant::now();
    let answer = tokio::time::timeout(limits.timeout, server.call(tool, arguments)).await;
    let ms = begun.elapsed().as_millis();
    if let Ok(answer) = &answer {
        observed.answer(answer);
    }
    let answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::info!(server = name, tool, ms, "a direct call failed");
            return Err((code_of(&error), mcp_bridge::with_causes(&error)));
        }
        Err(_) => {
            let ms = limits.timeout.as_millis();
            return Err((
                Code::LimitTime,
                format!("the tool gave no answer within {ms} ms"),
            ));
        }
    };
    let is_error = answer.result.is_error == Some(true);
    tracing::info!(server = name, tool, ms, is_error, "a direct call");
    let size = Size::of(&answer.result);
    if size.bytes > limits.transfer {
        let (bytes, most) = (size.bytes, limits.transfer);
        let what = format!("the answer of {bytes} bytes is larger than the limit of {most}");
        return Err((Code::ResultTooLarge, what));
    }
    // The call keeps its slot meanwhile.
    let takes = (size.bytes, size.memory);
    if !door.unwritten.take_made(takes, share, UNREAD).await {
        let bytes = size.bytes;
        let what = format!(
            "the call was made, and its answer of {bytes} bytes is left out: the client has not read the answers before it"
        );
        return Err((Code::Busy, what));
    }
    Ok((passed(*answer.result), size.bytes))
}

fn busy(why: &Busy) -> (Code, String) {
    (Code::Busy, format!("{why}: try again in 5 s"))
}

/// The rule that allows a call with these arguments, if one does, or why it may not be made, as its server declares it
/// now. A call that asks is refused: the client asks its user about tools, and knows nothing of this policy.
fn allowed(
    door: &Door,
    server: &dyn ToolServer,
    tool: &str,
    arguments: &JsonObject,
) -> Result<Option<String>, (Code, String)> {
    if let Some(drift) = server.drift(tool) {
        let what = format!("{}\n{}", drift.refusal(server.name()), drift.diff());
        return Err((Code::ImportDenied, what));
    }
    let Some(live) = server.tool(tool) else {
        let what = format!(
            "server `{}` has no tool `{}` any more",
            shown(server.name()),
            shown(tool)
        );
        return Err((Code::UnknownImport, what));
    };
    let grants = door.rules().grants;
    match grants.refusal_of(server.name(), live) {
        Some((refusal, Some(hint))) => Err((Code::ImportDenied, format!("{refusal}\n{hint}"))),
        Some((refusal, None)) => Err((Code::ImportDenied, refusal.to_string())),
        None => match grants.decide_alone(server.name(), live, arguments) {
            Decision::Allow => {
                let rules = grants.rules_of(server.name(), &live.name, Hints::of(live));
                Ok(rules.allowing(arguments).map(|rule| rule.rule))
            }
            Decision::Ask(rule) => {
                let what = format!("policy asks about this call, which direct mode cannot: {rule}");
                Err((Code::ImportDenied, what))
            }
            Decision::Deny(rule) => Err((
                Code::ImportDenied,
                format!("policy denies this call: {rule}"),
            )),
        },
    }
}

fn code_of(error: &CallError) -> Code {
    match error {
        CallError::InvalidArguments(_) => Code::BadArguments,
        CallError::Refused(_) => Code::ImportDenied,
        CallError::TimedOut(_) | CallError::Silent(_) => Code::LimitTime,
        CallError::TooLarge(_) | CallError::TooMuchMemory(_) => Code::ResultTooLarge,
        CallError::Unavailable(_) => Code::ServerUnavailable,
        CallError::LoginRequired(_) => Code::LoginRequired,
        _ => Code::ToolFailed,
    }
}

/// How large a result is: as text, and as what rmcp makes of it.
struct Size {
    bytes: usize,
    memory: usize,
}

impl Size {
    fn of(result: &mcp_bridge::CallToolResult) -> Self {
        let structured = result.structured_content.as_ref().map(RawJson::get);
        let structured = structured.unwrap_or_default();
        let mut content = Length(0);
        // Only a writer that fails makes it fail.
        let _ = serde_json::to_writer(&mut content, &result.content);
        let tree = mcp_bridge::json_memory(structured.as_bytes());
        Self {
            bytes: content.0.saturating_add(structured.len()),
            memory: content.0.saturating_add(tree),
        }
    }
}

/// Counts what is written, and keeps nothing.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The result of the server, in rmcp's type.
fn passed(result: mcp_bridge::CallToolResult) -> CallToolResult {
    let structured = result.structured_content.as_ref().map(RawJson::get);
    let structured = structured.and_then(|text| serde_json::from_str(text).ok());
    let mut passed = CallToolResult::success(result.content);
    passed.is_error = result.is_error;
    passed.meta = result.meta;
    passed.structured_content = structured;
    passed
}
