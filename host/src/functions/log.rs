//! `mcp:tools/log`: the skill's events, as `tracing` events of target `skill`. One event is one line, whatever the
//! skill writes into it.

use std::time::Instant;

use crate::contract::bindings::mcp::tools::log::{Host, Level};
use crate::event::one_line;
use crate::recording::Call;
use crate::rules::limits::DeadlinePassed;
use crate::run::Run;
use crate::run::call_log;

impl Host for Run {
    async fn log(
        &mut self,
        level: Level,
        mut message: String,
        mut fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        if self.usage.account.is_late(Instant::now()) {
            return Err(wasmtime::Error::new(DeadlinePassed));
        }
        // Reading a long event is work for the host, for which the guest uses next to no fuel.
        self.usage.give_way().await;
        if !self.usage.log.admit() {
            return Ok(());
        }
        cut(&mut message, &mut fields);
        // Formatted only if the log shows it.
        let line = is_shown(level).then(|| one_line(&message, &fields));
        let is_new = call_log::log_event(&self.call_log, self.usage.calls.account(), |spend| {
            spend.take(message.len())?;
            let mut fields_of = fields.iter();
            fields_of.try_for_each(|(key, value)| {
                spend.take(size_of::<(String, String)>() + key.len() + value.len())
            })?;
            Ok(Call::Log {
                level: name(level),
                message,
                fields,
            })
        })?;
        // A run that goes on from its ledger has shown it before.
        let Some(line) = line.filter(|_| is_new) else {
            return Ok(());
        };
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

/// The bytes of an event that are processed: far more than a log line shows, and little enough to be written to a
/// recording at once.
const LOOKED_AT: usize = 64 << 10;

fn cut(message: &mut String, fields: &mut Vec<(String, String)>) {
    let mut room = LOOKED_AT;
    let mut within = |text: &mut String| {
        text.truncate(text.floor_char_boundary(room));
        room -= text.len();
        room > 0
    };
    let mut goes_on = within(message);
    let mut kept = 0;
    for (key, value) in fields.iter_mut() {
        if !goes_on {
            break;
        }
        goes_on = within(key) && within(value);
        kept += 1;
    }
    fields.truncate(kept);
}

fn is_shown(level: Level) -> bool {
    match level {
        Level::Trace => tracing::enabled!(target: "skill", tracing::Level::TRACE),
        Level::Debug => tracing::enabled!(target: "skill", tracing::Level::DEBUG),
        Level::Info => tracing::enabled!(target: "skill", tracing::Level::INFO),
        Level::Warn => tracing::enabled!(target: "skill", tracing::Level::WARN),
        Level::Error => tracing::enabled!(target: "skill", tracing::Level::ERROR),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_of_an_event_is_looked_at_than_its_bound() {
        let mut message = "ä".repeat(LOOKED_AT / 4 + 1);
        let mut fields = vec![("k".to_owned(), "v".repeat(LOOKED_AT)); 3];
        cut(&mut message, &mut fields);
        assert_eq!(message.len(), LOOKED_AT / 2 + 2);
        assert_eq!(fields.len(), 1);
        assert_eq!(fields[0].1.len(), LOOKED_AT / 2 - 3);
        let mut fields = vec![("k".to_owned(), "v".to_owned()); 3];
        cut(&mut "short".to_owned(), &mut fields);
        assert_eq!(fields.len(), 3);
    }

    #[test]
    fn newlines_escapes_and_bidi_controls_are_neutralised() {
        let line = one_line("a\nb\x1b[31mred\u{202e}x", &[]);
        assert_eq!(line, "a\\u{a}b\\u{1b}[31mred\\u{202e}x");
    }

    #[test]
    fn a_long_event_is_cut_off() {
        let fields = [("a".to_owned(), "y".repeat(100_000))];
        let line = one_line(&"x".repeat(100_000), &fields);
        assert!(line.len() < mcp_bridge::text::LONGEST_LINE + 64);
        assert!(line.ends_with("… (91808 more bytes)"), "{}", line.len());
    }
}
