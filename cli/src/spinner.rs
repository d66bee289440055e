//! The one line of a terminal that changes while a command waits. Everything that this program prints goes above it, so
//! that none of its states stays behind. Decides neither what it says nor when.

use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// The spinner of this process, if stderr is a terminal.
static SPINNER: OnceLock<ProgressBar> = OnceLock::new();

/// Prepares the spinner, and draws nothing.
pub(crate) fn start() {
    let bar = ProgressBar::new_spinner();
    // Cut at the terminal's width: a line that wraps would leave a part of itself behind.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        bar.set_style(style);
    }
    bar.finish_and_clear();
    // A second call changes nothing.
    let _ = SPINNER.set(bar);
}

/// Draws the spinner with this text, or changes its text.
pub(crate) fn show(text: String) {
    let Some(bar) = SPINNER.get() else {
        return;
    };
    if bar.is_finished() {
        bar.reset();
        bar.enable_steady_tick(Duration::from_millis(100));
    }
    bar.set_message(text);
}

/// Removes the spinner.
pub(crate) fn hide() {
    if let Some(bar) = SPINNER.get() {
        bar.disable_steady_tick();
        bar.finish_and_clear();
    }
}

/// Writes with the spinner out of the way. The closure may not call this function again.
pub(crate) fn aside<T>(write: impl FnOnce() -> T) -> T {
    match SPINNER.get() {
        Some(bar) if !bar.is_finished() => bar.suspend(write),
        _ => write(),
    }
}
