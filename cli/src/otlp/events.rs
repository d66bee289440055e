//! Entries of the audit log as events (log records with a name). Without arguments, and without the words of a user.

use std::sync::OnceLock;
use std::time::SystemTime;

use mcp_audit::Entry;
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};
use serde_json::Value;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::metrics::{self, SCOPE};

static LOGGER: OnceLock<SdkLogger> = OnceLock::new();

pub(super) fn start(provider: &SdkLoggerProvider) {
    // There is one exporter.
    let _ = LOGGER.set(provider.logger(SCOPE));
}

/// Sends an entry as an event, and counts it.
pub(crate) fn emit(entry: &Entry) {
    metrics::count(entry);
    let Some(logger) = LOGGER.get() else { return };
    let mut record = logger.create_log_record();
    record.set_event_name(name(&entry.kind));
    record.set_timestamp(SystemTime::now());
    record.set_severity_number(Severity::Info);
    let context = Span::current().context();
    let span = context.span();
    let place = span.span_context();
    if place.is_valid() {
        let flags = Some(place.trace_flags());
        record.set_trace_context(place.trace_id(), place.span_id(), flags);
    }
    let Ok(Value::Object(fields)) = serde_json::to_value(entry.clone().bounded()) else {
        return;
    };
    for (field, value) in fields {
        if let (Some(key), Some(value)) = (attribute(&field), any(value)) {
            record.add_attribute(key, value);
        }
    }
    logger.emit(record);
}

fn any(value: Value) -> Option<AnyValue> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(whole.into()),
            None => number.as_f64().map(AnyValue::from),
        },
        _ => None,
    }
}

/// The names of the kinds of entries.
fn name(kind: &str) -> &'static str {
    const NAMES: [&str; 13] = [
        "mcp_host.run",
        "mcp_host.refused",
        "mcp_host.direct",
        "mcp_host.sent",
        "mcp_host.call",
        "mcp_host.ask",
        "mcp_host.pause",
        "mcp_host.decision",
        "mcp_host.rule",
        "mcp_host.resume",
        "mcp_host.expire",
        "mcp_host.cancel",
        "mcp_host.end",
    ];
    let named = NAMES
        .iter()
        .find(|name| name.ends_with(&format!(".{kind}")));
    named.copied().unwrap_or("mcp_host.other")
}

/// The attribute of a field, by OpenTelemetry's semantic conventions where there is one.
fn attribute(field: &str) -> Option<&'static str> {
    Some(match field {
        "run" => "mcp_host.run.id",
        "by" => "mcp_host.run.by",
        "user" => "user.name",
        "pid" => "process.pid",
        "principal" => "mcp_host.principal",
        "client" => "mcp_host.client.name",
        "client_version" => "mcp_host.client.version",
        "session" => "mcp_host.session",
        "component" | "script" => "mcp_host.skill.digest",
        "call" => "mcp_host.call.number",
        "server" => "mcp_host.server.name",
        "tool" => "gen_ai.tool.name",
        "decision" => "mcp_host.decision",
        "rule" => "mcp_host.rule",
        "digest" => "mcp_host.question.digest",
        "channel" => "mcp_host.decision.channel",
        "more" => "mcp_host.decision.more",
        "outcome" => "mcp_host.outcome",
        "source" => "mcp_host.source",
        "calls" => "mcp_host.tool_calls",
        "bytes_in" => "mcp_host.bytes_in",
        "bytes_out" => "mcp_host.bytes_out",
        "ms" => "mcp_host.duration_ms",
        // The time is that of the record. Arguments and the words of a user stay here.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_an_entry_has_a_name_of_its_own() {
        assert_eq!(name("run"), "mcp_host.run");
        assert_eq!(name("call"), "mcp_host.call");
        assert_eq!(name("new"), "mcp_host.other");
    }

    #[test]
    fn arguments_and_the_words_of_a_user_are_no_attributes() {
        for field in ["arguments", "because", "time"] {
            assert_eq!(attribute(field), None);
        }
    }
}
