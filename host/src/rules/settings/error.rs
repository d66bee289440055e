//! Why a settings file cannot be used, with the position of the error.

use std::ops::Range;
use std::path::{Path, PathBuf};

use mcp_bridge::NamedFileError;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file does not exist.
    #[error("settings file `{}` does not exist", file.display())]
    NotFound {
        /// The file.
        file: PathBuf,
    },
    /// The file cannot be read, is not a regular file, is too large, or is not UTF-8.
    #[error("failed to read settings file `{}`", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: NamedFileError,
    },
    /// Not TOML, an unknown key, or a value that makes no sense.
    #[error("`{}` line {line} column {column}: {message}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What the file has there, and what is expected.
        message: String,
    },
}

impl SettingsError {
    pub(super) fn invalid(
        file: &Path,
        text: &str,
        span: Option<Range<usize>>,
        message: String,
    ) -> Self {
        let before = span.and_then(|span| text.get(..span.start)).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        Self::Invalid {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            // One line, as other errors are.
            message: message.trim_end().replace('\n', ", "),
        }
    }
}
