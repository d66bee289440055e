//! The span of a tool call, by OpenTelemetry's semantic conventions for MCP and generative AI. It never holds
//! arguments, results, or text of a server.

use tracing::Span;

use crate::contract::{Cases as _, ToolError};

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

/// Records in the span how the call failed: `tool_error` is the convention's value for a response with `isError`; the
/// others are the cases of `tool-error`.
pub(super) fn record_failure(span: &Span, error: Option<&ToolError>, is_error: bool) {
    let kind = match error {
        Some(error) => error.case(),
        None if is_error => "tool_error",
        None => return,
    };
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
}
