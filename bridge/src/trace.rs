//! The trace of a call (W3C Trace Context): taken from the caller, and given to servers in `_meta` (SEP-414) and in
//! headers of HTTP. Starts no span, and passes no `baggage` on: that is data of the caller.

use std::future::Future;
use std::sync::OnceLock;

use hyper::http::header::{HeaderName, HeaderValue};
use rmcp::model::{
    CallToolRequestParams, ClientJsonRpcMessage, ClientRequest, JsonRpcMessage,
    RequestParamsMeta as _,
};
use tracing::Span;

/// Bytes of a `tracestate` that are passed on: what every receiver has to take (W3C Trace Context, 3.3.1.5).
const LONGEST_STATE: usize = 512;

const PARENT: HeaderName = HeaderName::from_static("traceparent");
const STATE: HeaderName = HeaderName::from_static("tracestate");

/// A place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    parent: String,
    state: Option<String>,
}

/// What a program that exports spans makes of them.
#[derive(Clone, Copy)]
pub struct Tracer {
    /// The place of the current span; `None` where it is not exported.
    pub current: fn() -> Option<TraceContext>,
    /// Makes a span a part of the caller's trace.
    pub continues: fn(&Span, &TraceContext),
}

static TRACER: OnceLock<Tracer> = OnceLock::new();

tokio::task_local! {
    static OF_CALLER: TraceContext;
}

impl TraceContext {
    /// Reads `traceparent` and `tracestate`. `None` where `traceparent` is not valid. A `tracestate` that is not valid,
    /// or is longer than 512 bytes, is left out.
    #[must_use]
    pub fn read(parent: &str, state: Option<&str>) -> Option<Self> {
        let state = state.filter(|state| {
            let is_printable = state.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            !state.is_empty() && state.len() <= LONGEST_STATE && is_printable
        });
        is_parent(parent).then(|| Self {
            parent: parent.to_owned(),
            state: state.map(str::to_owned),
        })
    }

    /// `traceparent`
    #[must_use]
    pub fn parent(&self) -> &str {
        &self.parent
    }

    /// `tracestate`
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// `00-` and the ids of trace and span, which are not 0, and flags. A later version may have more after that.
fn is_parent(text: &str) -> bool {
    let hex = |text: &str, digits: usize| {
        let is_hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        text.len() == digits && text.bytes().all(is_hex)
    };
    let id = |text: &str, digits| hex(text, digits) && text.bytes().any(|byte| byte != b'0');
    let mut parts = text.splitn(5, '-');
    let mut next = || parts.next().unwrap_or_default();
    let (version, trace, span, flags) = (next(), next(), next(), next());
    let more = parts.next();
    let is_short = text.len() <= 128 && text.is_ascii();
    let version_is_right = match version {
        "ff" => false,
        "00" => more.is_none(),
        later => hex(later, 2),
    };
    is_short && version_is_right && id(trace, 32) && id(span, 16) && hex(flags, 2)
}

/// From now on, the spans of this program say where a call is in a trace. Call it once.
pub fn trace_by(tracer: Tracer) {
    // A program has one exporter.
    let _ = TRACER.set(tracer);
}

/// Makes the calls within this future a part of the caller's trace: also where this program exports no spans.
pub async fn traced<F: Future>(caller: Option<TraceContext>, inner: F) -> F::Output {
    match caller {
        Some(caller) => OF_CALLER.scope(caller, inner).await,
        None => inner.await,
    }
}

/// Makes a span that is exported a part of the caller's trace.
pub fn continue_trace(span: &Span, caller: Option<&TraceContext>) {
    if let (Some(tracer), Some(caller)) = (TRACER.get(), caller) {
        (tracer.continues)(span, caller);
    }
}

fn current() -> Option<TraceContext> {
    let exported = TRACER.get().and_then(|tracer| (tracer.current)());
    exported.or_else(|| OF_CALLER.try_with(TraceContext::clone).ok())
}

/// Writes the trace of the caller into a call.
pub(crate) fn mark(call: &mut CallToolRequestParams) {
    if let Some(context) = current() {
        call.set_traceparent(context.parent());
        if let Some(state) = context.state() {
            call.set_tracestate(state);
        }
    }
}

/// The headers of a message over HTTP that is a call with a trace.
pub(crate) fn headers(message: &ClientJsonRpcMessage) -> Vec<(HeaderName, HeaderValue)> {
    let JsonRpcMessage::Request(request) = message else {
        return Vec::new();
    };
    let ClientRequest::CallToolRequest(call) = &request.request else {
        return Vec::new();
    };
    let fields = [
        (PARENT, call.params.traceparent()),
        (STATE, call.params.tracestate()),
    ];
    let headers = fields.into_iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_str(value?).ok()?;
        Some((name, value))
    });
    headers.collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    const GIVEN: &str = "00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01";

    #[test]
    fn what_is_no_traceparent_is_not_passed_on() {
        assert_eq!(TraceContext::read(GIVEN, None).unwrap().parent(), GIVEN);
        let later = GIVEN.replacen("00", "cc", 1) + "-more";
        assert!(TraceContext::read(&later, None).is_some());
        for wrong in [
            "",
            "00",
            &GIVEN.to_uppercase(),
            &GIVEN[..54],
            &GIVEN.replacen("00", "ff", 1),
            &format!("{GIVEN}-more"),
            &format!("{GIVEN}\r\nx: y"),
            &GIVEN.replace("5bd66ef5095369c7b0d1f8f4bd33716a", &"0".repeat(32)),
            &GIVEN.replace("c532cb4098ac3dd2", &"0".repeat(16)),
            &(GIVEN.replacen("00", "cc", 1) + "-" + &"x".repeat(200)),
        ] {
            assert_eq!(TraceContext::read(wrong, None), None, "{wrong}");
        }
    }

    #[test]
    fn a_tracestate_that_is_not_valid_is_left_out() {
        let state = |text: &str| {
            let read = TraceContext::read(GIVEN, Some(text)).unwrap();
            read.state().map(str::to_owned)
        };
        assert_eq!(state("a=1,b=2").unwrap(), "a=1,b=2");
        for wrong in ["", "a=1\n", "a=\u{e9}", &"x".repeat(513)] {
            assert_eq!(state(wrong), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_call_is_in_the_trace_of_its_caller_and_in_no_other() {
        let marked = || {
            let mut call = CallToolRequestParams::new("t");
            mark(&mut call);
            let parent = call.traceparent().map(str::to_owned);
            (parent, call.tracestate().map(str::to_owned))
        };
        assert_eq!(marked(), (None, None));
        let caller = TraceContext::read(GIVEN, Some("a=1"));
        let (parent, state) = traced(caller, async { marked() }).await;
        assert_eq!(
            (parent.unwrap(), state.unwrap()),
            (GIVEN.to_owned(), "a=1".to_owned())
        );
        assert_eq!(marked(), (None, None));
    }
}
