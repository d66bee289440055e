//! The spans of host, bridge and server, and their places in traces (W3C Trace Context). Never events.

use mcp_bridge::{TraceContext, Tracer};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::collections::HashMap;
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, filter_fn};

use super::metrics::SCOPE;
use crate::log::Spans;

/// Takes the spans, and gives their places to the calls of servers.
pub(super) fn layer(provider: &SdkTracerProvider) -> Spans {
    mcp_bridge::trace_by(Tracer { current, continues });
    let ours = filter_fn(|metadata| {
        metadata.is_span()
            && *metadata.level() <= Level::INFO
            && metadata.target().starts_with("mcp_")
    });
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(SCOPE))
        // Source locations and threads of this program are not exported.
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(ours.with_max_level_hint(LevelFilter::INFO))
        .boxed()
}

/// The place of the current span.
fn current() -> Option<TraceContext> {
    let context = Span::current().context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    let state = carrier.get("tracestate").map(String::as_str);
    TraceContext::read(carrier.get("traceparent")?, state)
}

/// Makes a span a part of the caller's trace.
fn continues(span: &Span, caller: &TraceContext) {
    let mut carrier = HashMap::from([("traceparent".to_owned(), caller.parent().to_owned())]);
    if let Some(state) = caller.state() {
        carrier.insert("tracestate".to_owned(), state.to_owned());
    }
    let caller = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    // It fails for a span that is not exported.
    let _ = span.set_parent(caller);
}
