//! The private directory of the cache, and the key that authenticates its files.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use mcp_bridge::private_dir::{Others, PrivateDirError, ensure, is_ours};

use super::error::CacheError;

/// Creates the directory if it is missing. Rejects one that is a link, or that other users can write.
pub(crate) fn private_dir(dir: &Path) -> Result<(), CacheError> {
    ensure(dir, Others::Read).map_err(|error| match error {
        PrivateDirError::Io { path, source } => CacheError::Io { path, source },
        PrivateDirError::NotPrivate { path } => CacheError::NotPrivate {
            path,
            kind: "directory",
        },
    })
}

/// Reads this user's key from the file, or creates it if it is missing. The key authenticates cached files.
///
/// # Errors
///
/// When it cannot be made or read, or could be read by others.
pub fn load_key(path: &Path) -> Result<[u8; 32], CacheError> {
    let io = |source| CacheError::Io {
        path: path.to_owned(),
        source,
    };
    if let Some(parent) = path.parent() {
        private_dir(parent)?;
    }
    match OpenOptions::new()
        .read(true)
        // A FIFO in its place must not hang the host.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
    {
        Ok(mut file) => {
            let metadata = file.metadata().map_err(io)?;
            if !metadata.is_file() || metadata.mode() & 0o077 != 0 || !is_ours(&metadata) {
                return Err(CacheError::NotPrivate {
                    path: path.to_owned(),
                    kind: "file",
                });
            }
            let mut key = [0; 32];
            file.read_exact(&mut key).map_err(io)?;
            Ok(key)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => new_key(path),
        Err(error) => Err(io(error)),
    }
}

fn new_key(path: &Path) -> Result<[u8; 32], CacheError> {
    let io = |source| CacheError::Io {
        path: path.to_owned(),
        source,
    };
    let key = crate::rules::determinism::random().map_err(CacheError::Random)?;
    let parent = path.parent().unwrap_or(Path::new("."));
    // A temporary file has mode 0600. It is linked into place, so that of two hosts that start at once, one key wins
    // and the other host reads it.
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(io)?;
    file.write_all(&key).map_err(io)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(key),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => load_key(path),
        Err(error) => Err(io(error.error)),
    }
}
