//! The form of what goes to stdout: the output formats, and how wide help texts are.

use clap::ValueEnum;

/// The most columns of a help text, however wide the terminal is.
pub(crate) const HELP_WIDTH: usize = 110;

/// `--format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}
