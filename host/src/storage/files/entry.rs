//! The entries of a directory.

use serde::{Deserialize, Serialize};

use crate::contract::FileError;

/// The largest file that is read or written, in bytes.
pub(crate) const MAX_FILE: u64 = 16 << 20;

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
