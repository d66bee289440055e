//! The entries of a directory, and why a path cannot be used.

use serde::{Deserialize, Serialize};

/// The largest file that is read or written, in bytes.
pub(crate) const MAX_FILE: u64 = 16 << 20;

/// Why a path cannot be used; the contract's `file-error`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "case", content = "message", rename_all = "kebab-case")]
pub(crate) enum FileError {
    NotFound(String),
    Denied(String),
    WrongKind(String),
    TooLarge(String),
    Io(String),
}

/// One entry of a directory.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DirEntry {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
}

/// The contract's `entry-kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    File,
    Directory,
    Other,
}

/// A directory of the tree.
pub(super) fn directory(name: String) -> DirEntry {
    DirEntry {
        name,
        kind: Kind::Directory,
        size: 0,
    }
}

pub(super) fn too_large(path: &str, most: u64) -> FileError {
    FileError::TooLarge(format!("`{path}` is larger than {most} bytes"))
}
