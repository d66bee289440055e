//! Entries of the audit log as metrics: how long calls and runs took, and how many decisions there were. Latencies of
//! calls have the name and the bounds of OpenTelemetry's semantic conventions for MCP.

use std::sync::OnceLock;

use mcp_audit::Entry;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;

/// The name of this program among the sources of a collector.
pub(super) const SCOPE: &str = "mcp-host";

/// Seconds, as the conventions have them.
const BOUNDS: [f64; 14] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];

struct Metrics {
    calls: Histogram<f64>,
    runs: Histogram<f64>,
    decisions: Counter<u64>,
}

static METRICS: OnceLock<Metrics> = OnceLock::new();

pub(super) fn start(provider: &SdkMeterProvider) {
    let meter = provider.meter(SCOPE);
    let seconds = |name| {
        meter
            .f64_histogram(name)
            .with_unit("s")
            .with_boundaries(BOUNDS.to_vec())
    };
    // There is one exporter.
    let _ = METRICS.set(Metrics {
        calls: seconds("mcp.client.operation.duration")
            .with_description("From the admission of a call to its end.")
            .build(),
        runs: seconds("mcp_host.run.duration")
            .with_description("The time of one part of a run.")
            .build(),
        decisions: meter
            .u64_counter("mcp_host.decisions")
            .with_unit("{decision}")
            .with_description("Decisions about calls, of the policy and of users.")
            .build(),
    });
}

/// Counts an entry.
pub(super) fn count(entry: &Entry) {
    let Some(metrics) = METRICS.get() else { return };
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let outcome = text(entry.outcome.as_deref());
    let decision = || KeyValue::new("mcp_host.decision", text(entry.decision.as_deref()));
    let channel = |channel: String| KeyValue::new("mcp_host.decision.channel", channel);
    let seconds = entry.ms.unwrap_or_default() / 1_000.0;
    match &*entry.kind {
        "call" => {
            let is_of_policy = matches!(entry.decision.as_deref(), Some("allow" | "deny"));
            if is_of_policy {
                metrics
                    .decisions
                    .add(1, &[decision(), channel("policy".to_owned())]);
            }
            if matches!(entry.decision.as_deref(), Some("deny" | "denied")) {
                return;
            }
            let mut attributes = vec![
                KeyValue::new("mcp.method.name", "tools/call"),
                KeyValue::new("gen_ai.operation.name", "execute_tool"),
                KeyValue::new("gen_ai.tool.name", text(entry.tool.as_deref())),
                KeyValue::new("mcp_host.server.name", text(entry.server.as_deref())),
            ];
            match outcome.as_str() {
                "ok" => {}
                "tool-error" => attributes.push(KeyValue::new("error.type", "tool_error")),
                _ => attributes.push(KeyValue::new("error.type", outcome)),
            }
            metrics.calls.record(seconds, &attributes);
        }
        "decision" => {
            let by = channel(text(entry.channel.as_deref()));
            metrics.decisions.add(1, &[decision(), by]);
        }
        "pause" | "end" => {
            let attributes = [KeyValue::new("mcp_host.outcome", outcome)];
            metrics.runs.record(seconds, &attributes);
        }
        _ => {}
    }
}
