//! Log lines as text. The user sees whether a line is of a skill or of a server; where in the code of this program an
//! event is written is shown from `-vv` on.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// An event as one line, with or without its target.
pub(super) struct Lines {
    named: Format<Full, SystemTime>,
    plain: Format<Full, SystemTime>,
    /// Whether modules of this program are named.
    modules: bool,
}

impl Lines {
    pub(super) fn new(modules: bool) -> Self {
        Self {
            named: Format::default(),
            plain: Format::default().with_target(false),
            modules,
        }
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if self.modules || !event.metadata().target().starts_with("mcp_") {
            self.named.format_event(context, writer, event)
        } else {
            self.plain.format_event(context, writer, event)
        }
    }
}
