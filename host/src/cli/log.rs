//! The log on stderr: what of it is shown, and how it is written.

use std::io::{self, IsTerminal as _, Write};

use clap::ValueEnum;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, fmt};

/// `--log-format`
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// Where spans go besides, with what of them goes there decided already.
pub(crate) type Spans = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts to log. To be called once.
pub(crate) fn start(verbose: u8, format: LogFormat, spans: Option<Spans>) {
    let registry = tracing_subscriber::registry().with(spans);
    let lines = fmt::layer().with_writer(|| Hiding(std::io::stderr()));
    let shown = shown(verbose);
    match format {
        LogFormat::Text => {
            let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let lines = lines.with_ansi(colour);
            registry.with(lines.with_filter(shown)).init();
        }
        LogFormat::Json => registry.with(lines.json().with_filter(shown)).init(),
    }
}

/// Takes the secrets of servers out of each event, whoever logs it: libraries repeat what servers say.
struct Hiding<W>(W);

impl<W: Write> Write for Hiding<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.0.write_all(&mcp_bridge::without_secrets(event))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The skill's own log is shown from `info` on; what host and bridge say, from `warn` on.
fn shown(verbose: u8) -> Targets {
    let shown = Targets::new();
    match verbose {
        0 => shown
            .with_default(Level::WARN)
            .with_target("skill", Level::INFO),
        1 => shown
            .with_default(Level::WARN)
            .with_targets(["skill", "mcp_host", "mcp_bridge"].map(|target| (target, Level::DEBUG))),
        _ => shown
            .with_default(Level::INFO)
            .with_targets(["skill", "mcp_host", "mcp_bridge"].map(|target| (target, Level::TRACE)))
            .with_target("rmcp", Level::DEBUG),
    }
}
