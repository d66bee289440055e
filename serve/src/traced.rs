//! Which trace a call of a client belongs to (W3C Trace Context): from its `_meta` (SEP-414), else from the headers of
//! HTTP. Its calls of servers are in the same trace.

use hyper::http::request::Parts;
use mcp_bridge::{TraceContext, User};
use rmcp::RoleServer;
use rmcp::service::RequestContext;
use tracing::{Instrument as _, Span};

/// Answers a call of this tool within the trace of its client, in a span of its own. Calls of servers are for this
/// user.
pub(crate) async fn traced<F: Future>(
    tool: &str,
    context: &RequestContext<RoleServer>,
    user: Option<User>,
    answer: F,
) -> F::Output {
    let caller = of(context);
    let span = span(tool);
    mcp_bridge::continue_trace(&span, caller.as_ref());
    // The future is large, and each of these would move it.
    let answer = Box::pin(answer.instrument(span));
    mcp_bridge::on_behalf_of(user, mcp_bridge::traced(caller, answer)).await
}

fn of(context: &RequestContext<RoleServer>) -> Option<TraceContext> {
    let meta = &context.meta;
    if let Some(parent) = meta.get_traceparent() {
        return TraceContext::read(parent, meta.get_tracestate());
    }
    let headers = &context.extensions.get::<Parts>()?.headers;
    let header = |name| headers.get(name)?.to_str().ok();
    TraceContext::read(header("traceparent")?, header("tracestate"))
}

/// By OpenTelemetry's semantic conventions for MCP. It has no arguments and no text of the script.
fn span(tool: &str) -> Span {
    let tool = mcp_bridge::text::short(tool, 100);
    // The watch of calls knows the span of a call of a server by its name.
    tracing::info_span!(
        "serve",
        otel.name = format!("tools/call {tool}"),
        otel.kind = "server",
        mcp.method.name = "tools/call",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = %tool,
    )
}
