//! Why a cache cannot be used.

use std::path::PathBuf;

/// A cache that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A directory or the key cannot be created or read.
    #[error("failed to use `{}`", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Another user could have put files there, or read the key.
    #[error("`{}` is not private: it must be a real {kind} that only its owner can use", path.display())]
    NotPrivate {
        /// The file or directory.
        path: PathBuf,
        /// `directory` or `file`.
        kind: &'static str,
    },
    /// The OS has no random numbers for a new key.
    #[error("failed to make a key")]
    Random(#[source] std::io::Error),
}
