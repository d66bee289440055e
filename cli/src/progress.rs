//! A spinner on a terminal while something takes long, and nothing in a pipe.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::ProgressBar;
use mcp_bridge::text;

use super::out;

/// Bytes of what a spinner says: a line of a terminal has no more.
const LONGEST: usize = 160;

/// The spinner of this process.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Hidden where stderr is no terminal, or where a verbose log would run through it.
    pub(crate) fn new(verbose: u8) -> Self {
        let bar = if verbose == 0 && std::io::stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        Self { bar }
    }

    /// Says what is being waited for, until the next call or `clear`.
    pub(crate) fn wait_for(&self, what: impl Into<String>) {
        // The tick is a thread, also where nothing is drawn.
        if self.bar.is_hidden() {
            return;
        }
        // A spinner that was taken away stays away until it is started again.
        self.bar.reset();
        let what = what.into();
        self.bar
            .set_message(text::short(&what, LONGEST).into_owned());
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// A line that stays, above the spinner.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| out::say("", &text::line(line)));
    }

    /// Takes the spinner away.
    pub(crate) fn clear(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }
}
