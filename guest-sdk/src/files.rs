//! The files that the user granted (`--dir HOST::GUEST[:rw]`), and `/mcp-tools`, the catalog of tools as files.
//!
//! Paths are absolute, with `/`. `std::fs` sees none of them.

use std::fmt;

use crate::host::files as host;

pub use crate::bindings::files::{DirEntry, EntryKind};

/// Reads the whole file.
///
/// # Errors
///
/// The [`FileError`] that the host answers.
pub fn read(path: &str) -> Result<Vec<u8>, FileError> {
    host::read_file(path)
}

/// Reads the whole file, which must be UTF-8.
///
/// ```no_run
/// # use mcp_guest_sdk::{Error, files};
/// # fn run() -> Result<(), Error> {
/// for entry in files::list("/mcp-tools")? {
///     println!("{}", entry.name);
/// }
/// let notes = files::read_to_string("/notes/today.md")?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// The [`FileError`] that the host answers; [`FileError::Io`] where the file is not UTF-8.
pub fn read_to_string(path: &str) -> Result<String, FileError> {
    String::from_utf8(read(path)?)
        .map_err(|error| FileError::Io(format!("`{path}` is not UTF-8: {}", error.utf8_error())))
}

/// The entries of one directory, sorted by name.
///
/// # Errors
///
/// The [`FileError`] that the host answers.
pub fn list(path: &str) -> Result<Vec<DirEntry>, FileError> {
    host::list_dir(path)
}

/// Replaces the file, or makes it. The parent directory must exist and be granted with `:rw`.
///
/// # Errors
///
/// The [`FileError`] that the host answers.
pub fn write(path: &str, contents: impl AsRef<[u8]>) -> Result<(), FileError> {
    host::write_file(path, contents.as_ref())
}

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
