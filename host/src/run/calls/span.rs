//! The span of a tool call, by OpenTelemetry's semantic conventions for MCP and generative AI. It never holds
//! arguments, results, or the words of a server.

use mcp_bridge::{Answer, CallError};
use tracing::Span;

/// The span of one call, before it is made.
pub(super) fn of_call(server: &str, tool: &str) -> Span {
    tracing::info_span!(
        "tools/call",
        otel.name = format!("tools/call {tool}"),
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        mcp.method.name = "tools/call",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = tool,
        mcp_host.server.name = server,
        "error.type" = tracing::field::Empty,
    )
}

/// Says in the span whether the call failed, and how.
pub(super) fn record_failure(span: &Span, answer: &Result<Answer, CallError>) -> bool {
    let Some(kind) = failure(answer) else {
        return false;
    };
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
    true
}

/// `tool_error` is the convention's word for an answer that says `isError`; the others are those of `tool-error`.
fn failure(answer: &Result<Answer, CallError>) -> Option<&'static str> {
    let error = match answer {
        Ok(answer) => return (answer.result.is_error == Some(true)).then_some("tool_error"),
        Err(error) => error,
    };
    Some(match error {
        CallError::InvalidArguments(_) => "invalid-arguments",
        CallError::NotFound(_) => "not-found",
        CallError::Refused(_) => "denied",
        CallError::TimedOut(_) | CallError::Silent(_) | CallError::Throttled { .. } => "timed-out",
        CallError::Unavailable(_) => "unavailable",
        CallError::TooLarge(_) => "too-large",
        CallError::Protocol(_) | _ => "protocol",
    })
}
