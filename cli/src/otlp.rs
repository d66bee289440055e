//! Exports spans, events and metrics to an OpenTelemetry collector, over OTLP and HTTP. The environment variables of
//! the specification configure the destination; without an endpoint, nothing is sent. Events are entries of the audit
//! log: a skill's log, arguments, and any other text of skills and servers stay local.

mod events;
mod metrics;
mod spans;

use std::env;
use std::sync::mpsc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    LogExporter, MetricExporter, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, SpanExporter,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::resource::EnvResourceDetector;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::log::Spans;
pub(crate) use events::emit;
use metrics::SCOPE;

/// The longest time that the end of a command waits for a collector.
const LONGEST_FLUSH: Duration = Duration::from_secs(2);

/// The connection to a collector, for each kind of signal that it is to get.
pub(crate) struct Exporter {
    traces: Option<SdkTracerProvider>,
    logs: Option<SdkLoggerProvider>,
    metrics: Option<SdkMeterProvider>,
}

impl Exporter {
    /// `None` if the environment names no collector.
    ///
    /// # Errors
    ///
    /// When the environment's configuration of the collector is invalid.
    pub(crate) fn from_env() -> anyhow::Result<Option<Self>> {
        let is = |name: &str, value: &str| {
            env::var(name).is_ok_and(|set| set.eq_ignore_ascii_case(value))
        };
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_wanted = |endpoint: &str, exporter: &str| {
            let has_endpoint = is_set(OTEL_EXPORTER_OTLP_ENDPOINT) || is_set(endpoint);
            has_endpoint && !is("OTEL_SDK_DISABLED", "true") && !is(exporter, "none")
        };
        let traces = is_wanted(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, "OTEL_TRACES_EXPORTER");
        let logs = is_wanted(OTEL_EXPORTER_OTLP_LOGS_ENDPOINT, "OTEL_LOGS_EXPORTER");
        let metrics = is_wanted(OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, "OTEL_METRICS_EXPORTER");
        if !traces && !logs && !metrics {
            return Ok(None);
        }
        // An error means that a provider is installed already, which is enough.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = Self {
            traces: traces.then(tracer).transpose()?,
            logs: logs.then(logger).transpose()?,
            metrics: metrics.then(meter).transpose()?,
        };
        if let Some(logs) = &exporter.logs {
            events::start(logs);
        }
        if let Some(metrics) = &exporter.metrics {
            metrics::start(metrics);
        }
        Ok(Some(exporter))
    }

    /// Takes the spans of host and bridge.
    pub(crate) fn spans(&self) -> Option<Spans> {
        self.traces.as_ref().map(spans::layer)
    }

    /// Sends what remains. A failing collector costs a bounded time and a warning.
    pub(crate) fn flush(self) {
        let (sent, result) = mpsc::channel();
        // On a thread of its own, because the exporter's own time limit is longer.
        let flushing = std::thread::Builder::new().spawn(move || {
            // After the time limit, the receiver is gone.
            let _ = sent.send(self.flushed());
        });
        if let Err(error) = flushing {
            tracing::warn!(%error, "the collector did not get everything of this command");
            return;
        }
        // The error is not shown: it may contain the address, and the address may contain a password.
        match result.recv_timeout(LONGEST_FLUSH) {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::warn!(
                "the collector of `OTEL_EXPORTER_OTLP_ENDPOINT` did not take everything of this command"
            ),
            Err(_) => tracing::warn!(
                "the collector of `OTEL_EXPORTER_OTLP_ENDPOINT` did not answer within {LONGEST_FLUSH:?}"
            ),
        }
    }

    fn flushed(&self) -> OTelSdkResult {
        // A collector that does not take one kind takes the others as little.
        if let Some(traces) = &self.traces {
            traces.force_flush()?;
        }
        if let Some(logs) = &self.logs {
            logs.force_flush()?;
        }
        match &self.metrics {
            Some(metrics) => metrics.force_flush(),
            None => Ok(()),
        }
    }
}

fn tracer() -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder().with_resource(resource());
    Ok(provider.with_batch_exporter(exporter).build())
}

fn logger() -> anyhow::Result<SdkLoggerProvider> {
    let exporter = LogExporter::builder().with_http().build()?;
    let provider = SdkLoggerProvider::builder().with_resource(resource());
    Ok(provider.with_batch_exporter(exporter).build())
}

fn meter() -> anyhow::Result<SdkMeterProvider> {
    let exporter = MetricExporter::builder().with_http().build()?;
    let provider = SdkMeterProvider::builder().with_resource(resource());
    Ok(provider.with_periodic_exporter(exporter).build())
}

/// Identifies the sender. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` override the name of this program.
fn resource() -> Resource {
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", SCOPE),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .with_detector(Box::new(EnvResourceDetector::new()));
    match env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => resource.with_service_name(name).build(),
        Ok(_) | Err(_) => resource.build(),
    }
}
