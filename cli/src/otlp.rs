//! Spans for an OpenTelemetry collector, over OTLP and HTTP. The environment that the specification names decides where
//! they go; without `OTEL_EXPORTER_OTLP_ENDPOINT` nothing does. Sends spans and never events: the log of a skill, and
//! whatever else is text of somebody, stays here.

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

/// How long the end of a command waits for a collector at most.
const LONGEST_FLUSH: Duration = Duration::from_secs(2);

/// The way to a collector.
pub(crate) struct Exporter(SdkTracerProvider);

impl Exporter {
    /// `None` where the environment names no collector.
    ///
    /// # Errors
    ///
    /// When what the environment says of the collector cannot be used.
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
        // An error says that there is one already, which is as good.
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
            // Where the source of this program was compiled, and on which thread it runs, is nobody's business.
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(ours.with_max_level_hint(LevelFilter::INFO))
            .boxed()
    }

    /// Sends what was not sent yet. A collector that does not take it costs a bounded time and a warning.
    pub(crate) fn flush(self) {
        let (sent, result) = mpsc::channel();
        // Not on this thread, because the wait of the exporter has a bound of its own, which is longer.
        let flushing = std::thread::Builder::new().spawn(move || {
            // Nobody waits any more once the time is over.
            let _ = sent.send(self.0.force_flush());
        });
        if let Err(error) = flushing {
            tracing::warn!(%error, "spans were not sent to the collector");
            return;
        }
        // The error is not shown: it may hold the address, and that a password.
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

/// Who sends. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win over the name of this program.
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
