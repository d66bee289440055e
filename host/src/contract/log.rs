//! `mcp:tools/log`: the skill's events, as `tracing` events of target `skill`.
//! One event stays one line, whatever the skill writes into it.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::bindings::mcp::tools::log::{Host, Level};
use crate::recording::Call;
use crate::run::Run;
use crate::tape;

/// Characters of one event that are kept; the rest is cut off.
const MAX_EVENT: usize = 8 * 1024;

/// Counts the lines of one run, whichever way they come.
#[derive(Debug)]
pub(crate) struct LogMeter {
    limit: u32,
    kept: AtomicU32,
    dropped: AtomicU64,
}

impl LogMeter {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            limit,
            kept: AtomicU32::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// Whether one more line may be written.
    pub(crate) fn admit(&self) -> bool {
        let admitted = self
            .kept
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |kept| {
                (kept < self.limit).then_some(kept + 1)
            })
            .is_ok();
        if !admitted {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        admitted
    }

    /// Lines kept, and lines dropped.
    pub(crate) fn counts(&self) -> (u32, u64) {
        (
            self.kept.load(Ordering::Relaxed),
            self.dropped.load(Ordering::Relaxed),
        )
    }
}

impl Host for Run {
    fn log(
        &mut self,
        level: Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        if !self.tally.log.admit() {
            return Ok(());
        }
        let line = one_line(&message, &fields);
        tape::told(&self.tape, || Call::Log {
            level: name(level),
            message,
            fields,
        })?;
        match level {
            Level::Trace => tracing::trace!(target: "skill", "{line}"),
            Level::Debug => tracing::debug!(target: "skill", "{line}"),
            Level::Info => tracing::info!(target: "skill", "{line}"),
            Level::Warn => tracing::warn!(target: "skill", "{line}"),
            Level::Error => tracing::error!(target: "skill", "{line}"),
        }
        Ok(())
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

/// `message key=value key="two words"`, with everything that could move a terminal's cursor,
/// colour it, or reorder its text written as an escape.
pub(crate) fn one_line(message: &str, fields: &[(String, String)]) -> String {
    let mut line = String::new();
    neutralise(&mut line, message);
    for (key, value) in fields {
        line.push(' ');
        neutralise(&mut line, key);
        line.push('=');
        if value.is_empty() || value.contains(|c: char| c.is_whitespace() || c == '"' || c == '=') {
            line.push('"');
            // No more of it than the event has room for is looked at.
            for (at, part) in value.split('"').enumerate() {
                if at > 0 {
                    line.push_str("\\\"");
                }
                neutralise(&mut line, part);
                if line.len() > MAX_EVENT {
                    break;
                }
            }
            line.push('"');
        } else {
            neutralise(&mut line, value);
        }
        if line.len() > MAX_EVENT {
            break;
        }
    }
    line
}

fn neutralise(line: &mut String, text: &str) {
    for c in text.chars() {
        if line.len() > MAX_EVENT {
            line.push('…');
            return;
        }
        if is_unsafe(c) {
            // Writing to a String cannot fail.
            let _ = write!(line, "{}", c.escape_unicode());
        } else {
            line.push(c);
        }
    }
}

/// Control characters (C0, C1), line and paragraph separators, and the bidirectional controls of
/// Unicode TR 9.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_the_message_and_are_quoted_where_they_must_be() {
        let fields = [
            ("n".to_owned(), "3".to_owned()),
            ("who".to_owned(), "a b".to_owned()),
            ("empty".to_owned(), String::new()),
        ];
        assert_eq!(one_line("done", &fields), r#"done n=3 who="a b" empty="""#);
    }

    #[test]
    fn newlines_escapes_and_bidi_controls_are_neutralised() {
        let line = one_line("a\nb\x1b[31mred\u{202e}x", &[]);
        assert_eq!(line, "a\\u{a}b\\u{1b}[31mred\\u{202e}x");
    }

    #[test]
    fn a_long_event_is_cut_off() {
        let line = one_line(&"x".repeat(100_000), &[]);
        assert!(line.len() < MAX_EVENT + 8, "{}", line.len());
    }

    #[test]
    fn lines_over_the_limit_are_dropped_and_counted() {
        let meter = LogMeter::new(2);
        let admitted = (0..5).filter(|_| meter.admit()).count();
        assert_eq!((admitted, meter.counts()), (2, (2, 3)));
    }
}
