//! The log on stderr: which events are shown, and how they are written. Every field of every event, those of libraries
//! included, goes through `mcp_bridge::text`.

mod json;
mod lines;

use std::fmt;
use std::io::IsTerminal as _;

use clap::ValueEnum;
use mcp_bridge::text;
use tracing::Level;
use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets, dynamic_filter_fn};
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

use super::out;
use super::progress::{CallWatch, OnlyCalls};

/// `--log-format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// An additional destination of spans, which filters them itself.
pub(crate) type Spans = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts logging. Call it once.
pub(crate) fn start(
    verbose: u8,
    format: LogFormat,
    spans: Option<Spans>,
    calls: Option<CallWatch>,
) {
    let calls = calls.map(|calls| calls.with_filter(OnlyCalls));
    let registry = tracing_subscriber::registry().with(spans).with(calls);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| out::Stderr)
        // It would report errors on stderr, and panic if stderr is closed.
        .log_internal_errors(false);
    // A server often controls how much libraries log.
    let thinned = dynamic_filter_fn(|metadata, _| mcp_bridge::admits_log(metadata));
    let shown = shown(verbose).and(thinned);
    match format {
        LogFormat::Text => {
            let colour = std::io::stderr().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            let lines = lines
                .with_ansi(colour)
                .event_format(lines::Lines::new(verbose > 1))
                .fmt_fields(debug_fn(field).delimited(" "));
            registry.with(lines.with_filter(shown)).init();
        }
        LogFormat::Json => {
            let lines = lines.event_format(json::Lines).fmt_fields(json::Fields);
            registry.with(lines.with_filter(shown)).init();
        }
    }
}

fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    text::field(writer, field.name(), value)
}

/// The targets of skills, of servers' lines and of this project's own crates.
const OWN: [&str; 3] = ["skill", "server", "mcp_"];

/// Libraries that speak with servers. They log faults in Rust's debug form, and the bridge reports each that matters to
/// a call or a connection in words.
const OF_CONNECTIONS: [&str; 4] = ["rmcp", "hyper", "hyper_util", "rustls"];

/// Shows the skill's own log from `info` on, and that of host and bridge from `warn` on.
fn shown(verbose: u8) -> Targets {
    let shown = Targets::new();
    let quiet = OF_CONNECTIONS.map(|target| (target, LevelFilter::OFF));
    match verbose {
        0 => shown
            .with_default(Level::WARN)
            .with_target("skill", Level::INFO)
            .with_targets(quiet),
        1 => shown
            .with_default(Level::WARN)
            .with_targets(quiet)
            .with_targets(OWN.map(|target| (target, Level::DEBUG))),
        _ => shown
            .with_default(Level::INFO)
            .with_targets(OWN.map(|target| (target, Level::TRACE)))
            .with_target("rmcp", Level::DEBUG),
    }
}
