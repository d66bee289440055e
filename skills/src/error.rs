//! Why a skill is not saved, found or loaded.

use std::io;
use std::path::PathBuf;

use mcp_bridge::private_dir::PrivateDirError;

use crate::draft::BadDraft;
use crate::name::Name;

/// Why a skill is not saved, found or loaded. Of a failed save, nothing is left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No skill has the name.
    #[error("no skill `{0}` is saved")]
    NotFound(Name),
    /// The skill has no such version.
    #[error("skill `{name}` has no version {version}: the latest is {latest}")]
    NoVersion {
        /// The skill.
        name: Name,
        /// The number that was asked for.
        version: u32,
        /// The highest number.
        latest: u32,
    },
    /// A file is not as it was saved.
    #[error("skill `{name}` is damaged: `{file}` {damage}")]
    Damaged {
        /// The skill.
        name: Name,
        /// The file, below the directory of the skill in the store.
        file: String,
        /// What is wrong with it.
        damage: Damage,
    },
    /// The draft cannot be saved.
    #[error(transparent)]
    Draft(#[from] BadDraft),
    /// Another process writes to the store, and did not end in time.
    #[error("another process writes saved skills: try again")]
    InUse,
    /// The disk, or the quota of the user, is full.
    #[error("there is no room for `{}`: nothing of it was kept", path.display())]
    Full {
        /// What was to be written.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The operating system does not read or write it.
    #[error("failed to use `{}`", path.display())]
    Io {
        /// The file or the directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Other users can use the directory.
    #[error(transparent)]
    Dir(#[from] PrivateDirError),
}

/// What is wrong with a file of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Its bytes are others.
    #[error("was changed after it was saved")]
    Changed,
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// It is no part of the version.
    #[error("does not belong to the version")]
    Foreign,
    /// It is a link, or no regular file.
    #[error("is a link or no regular file")]
    NotRegular,
    /// Another user owns it, or may write to it.
    #[error("can be written by another user")]
    NotPrivate,
    /// Another version of this program wrote it.
    #[error("has a format that this version of mcp-host does not know")]
    Format,
}

impl StoreError {
    /// The operating system refused this.
    pub(crate) fn io(path: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { path, source }
            }
            _ => Self::Io { path, source },
        }
    }
}
