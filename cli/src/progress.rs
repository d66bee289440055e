//! A spinner on a terminal during long operations; nothing in a pipe.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::ProgressBar;
use mcp_bridge::text;

use super::out;

/// Bytes of the spinner's text: a terminal line holds no more.
const LONGEST: usize = 160;

/// The spinner of this process.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Hidden if stderr is not a terminal, or if a verbose log would interrupt it.
    pub(crate) fn new(verbose: u8) -> Self {
        let bar = if verbose == 0 && std::io::stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        Self { bar }
    }

    /// Shows what the command waits for, until the next call or `clear`.
    pub(crate) fn wait_for(&self, what: impl Into<String>) {
        // The tick needs a thread even if nothing is drawn.
        if self.bar.is_hidden() {
            return;
        }
        // A removed spinner stays away until it is started again.
        self.bar.reset();
        let what = what.into();
        self.bar
            .set_message(text::short(&what, LONGEST).into_owned());
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// Prints a line that stays, above the spinner.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| out::say("", &text::line(line)));
    }

    /// Removes the spinner.
    pub(crate) fn clear(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }
}
