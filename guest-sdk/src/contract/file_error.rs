//! `file-error` of the contract, as a Rust error.

use std::fmt;

/// Why a path cannot be used. The text names the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// The path does not exist.
    NotFound(String),
    /// Outside every grant, or a write under a read-only one.
    Denied(String),
    /// A directory instead of a file, or a file instead of a directory.
    WrongKind(String),
    /// The file exceeds the host's size limit.
    TooLarge(String),
    /// Any other error of the file system.
    Io(String),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, text) = match self {
            Self::NotFound(text) => ("not found", text),
            Self::Denied(text) => ("denied", text),
            Self::WrongKind(text) => ("wrong kind of file", text),
            Self::TooLarge(text) => ("too large", text),
            Self::Io(text) => ("file error", text),
        };
        write!(f, "{kind}: {text}")
    }
}

impl std::error::Error for FileError {}
