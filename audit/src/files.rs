//! The files of the log: their names, how many are kept, and how they are opened. A file that another user can write is
//! refused.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use mcp_bridge::private_dir::{self, Others, PrivateDirError};
use mcp_bridge::{NamedFileError, named_file};

/// The file that is written.
pub(crate) const NOW: &str = "audit.jsonl";

/// The end of the log, and the lock of all writers.
pub(crate) const HEAD: &str = "audit.head";

/// How much of the log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Bytes of a file after which the next one begins. The last lines of a file may go beyond.
    pub size: u64,
    /// Files that are kept, with the one that is written.
    pub files: u64,
}

impl Default for Kept {
    /// 8 files of 16 MiB.
    fn default() -> Self {
        Self {
            size: 16 << 20,
            files: 8,
        }
    }
}

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The directory is not this user's alone.
    #[error(transparent)]
    Dir(#[from] PrivateDirError),
    /// A file cannot be opened.
    #[error("failed to open `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: NamedFileError,
    },
    /// Another user owns the file, or can write it.
    #[error("`{}` is not private: another user owns it or can write it", path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// The operating system fails to read or to write.
    #[error("failed to use the audit log in `{}`", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// The name of a file that is full.
pub(crate) fn name(number: u64) -> String {
    format!("audit-{number:06}.jsonl")
}

/// The numbers of the full files, the oldest first.
pub(crate) fn numbers(dir: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir)? {
        let found = entry?.file_name();
        let number = found.to_str().and_then(|name| {
            let digits = name.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
            digits.parse().ok()
        });
        // Only the spelling of this program: `audit-1.jsonl` is another's.
        numbers.extend(number.filter(|number| found == *name(*number)));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Makes the directory and opens the file of the head, which is made where it is missing.
pub(crate) fn head(dir: &Path) -> Result<File, AuditError> {
    private_dir::ensure(dir, Others::Nothing)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    open(&dir.join(HEAD), &options)
}

/// Opens the file that is written, which is made where it is missing.
pub(crate) fn now(dir: &Path) -> Result<File, AuditError> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    open(&dir.join(NOW), &options)
}

/// Opens a file for reading. `None`: there is no such file.
pub(crate) fn existing(path: &Path) -> Result<Option<File>, AuditError> {
    match open(path, OpenOptions::new().read(true)) {
        Err(AuditError::Open { source, .. }) if source.is_not_found() => Ok(None),
        opened => opened.map(Some),
    }
}

fn open(path: &Path, options: &OpenOptions) -> Result<File, AuditError> {
    let opened = named_file::open_with(path, options);
    let file = opened.map_err(|source| AuditError::Open {
        path: path.to_owned(),
        source,
    })?;
    let metadata = file.metadata().map_err(|source| AuditError::Io {
        path: path.to_owned(),
        source,
    })?;
    if !private_dir::is_ours(&metadata) || metadata.mode() & 0o022 != 0 {
        return Err(AuditError::NotPrivate {
            path: path.to_owned(),
        });
    }
    Ok(file)
}
