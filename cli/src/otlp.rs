//! Exports spans to an OpenTelemetry collector, over OTLP and HTTP. The environment variables of the specification
//! configure the destination; without `OTEL_EXPORTER_OTLP_ENDPOINT`, nothing is sent. Sends spans and never events: a
//! skill's log, and any other text of skills and servers, stays local.

use std::env;
use std::sync::mpsc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::EnvResourceDetector;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;

use super::log::Spans;

/// The longest time that the end of a command waits for a collector.
const LONGEST_FLUSH: Duration = Duration::from_secs(2);

/// The connection to a collector.
pub(crate) struct Exporter(SdkTracerProvider);

impl Exporter {
    /// `None` if the environment names no collector.
    ///
    /// # Errors
    ///
    /// When the environment's configuration of the collector is invalid.
    pub(crate) fn from_env() -> anyhow::Result<Option<Self>> {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let endpoints = [
            opentelemetry_otlp::OTEL_EXPORTER_OTLP_ENDPOINT,
            opentelemetry_otlp::OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
        ];
        let disabled =
            env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
        if disabled || !endpoints.into_iter().any(is_set) {
            return Ok(None);
        }
        // An error means that a provider is installed already, which is enough.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = SpanExporter::builder().with_http().build()?;
        let provider = SdkTracerProvider::builder()
            .with_resource(resource())
            .with_batch_exporter(exporter)
            .build();
        Ok(Some(Self(provider)))
    }

    /// Takes the spans of host and bridge.
    pub(crate) fn spans(&self) -> Spans {
        let ours = filter_fn(|metadata| {
            metadata.is_span()
                && *metadata.level() <= Level::INFO
                && metadata.target().starts_with("mcp_")
        });
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("mcp-host"))
            // Source locations and threads of this program are not exported.
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(ours.with_max_level_hint(LevelFilter::INFO))
            .boxed()
    }

    /// Sends the remaining spans. A failing collector costs a bounded time and a warning.
    pub(crate) fn flush(self) {
        let (sent, result) = mpsc::channel();
        // On a thread of its own, because the exporter's own time limit is longer.
        let flushing = std::thread::Builder::new().spawn(move || {
            // After the time limit, the receiver is gone.
            let _ = sent.send(self.0.force_flush());
        });
        if let Err(error) = flushing {
            tracing::warn!(%error, "spans were not sent to the collector");
            return;
        }
        // The error is not shown: it may contain the address, and the address may contain a password.
        match result.recv_timeout(LONGEST_FLUSH) {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::warn!(
                "the collector of `OTEL_EXPORTER_OTLP_ENDPOINT` did not take the spans of this command"
            ),
            Err(_) => tracing::warn!(
                "the collector of `OTEL_EXPORTER_OTLP_ENDPOINT` did not answer within {LONGEST_FLUSH:?}"
            ),
        }
    }
}

/// Identifies the sender. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` override the name of this program.
fn resource() -> Resource {
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", "mcp-host"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .with_detector(Box::new(EnvResourceDetector::new()));
    match env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => resource.with_service_name(name).build(),
        Ok(_) | Err(_) => resource.build(),
    }
}
