//! The files that the user granted (`--dir HOST::GUEST[:rw]`), and `/mcp-tools`, the catalog of tools as files.
//!
//! Paths are absolute, with `/`. `std::fs` sees none of them.

use crate::host::files as host;

pub use crate::contract::FileError;
pub use crate::contract::bindings::files::{DirEntry, EntryKind};

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
