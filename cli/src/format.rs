//! The form of what goes to stdout: the output formats, and how wide help texts are.

use std::time::Duration;

use clap::ValueEnum;

/// The most columns of a help text, however wide the terminal is.
pub(crate) const HELP_WIDTH: usize = 110;

/// `--format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// `5 d`, `3 h`, `12 min` or `40 s`: rounded down.
pub(crate) fn about(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_down_to_one_unit() {
        let shown = [0, 59, 60, 3599, 3600, 172_799, 172_800, 432_000]
            .map(|seconds| about(Duration::from_secs(seconds)));
        assert_eq!(
            shown,
            [
                "0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "2 d", "5 d"
            ]
        );
    }
}
