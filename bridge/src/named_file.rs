//! Files that a user or a configuration names: regular files only, opened without waiting, and read to a bound.
//! Follows symbolic links, because a user's file may be one, and checks what was opened and not its path.
//!
//! A FIFO without a writer would otherwise stop the thread in `open`, where it hears no signal; a device or a sparse
//! file would fill the memory.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// Why a named file is not read. The path stands in the error around this one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NamedFileError {
    /// The system refuses to open or to read it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A FIFO, a device, a socket or a directory.
    #[error("it is a {kind}, not a regular file: {advice}")]
    NotRegular {
        /// What it is.
        kind: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// More bytes than a file of its kind has.
    #[error("it is larger than {}{}, the most that is read of it", size(*most), length(*found))]
    TooLarge {
        /// The bound, in bytes.
        most: u64,
        /// Its length in bytes, where the system knew it before it was read.
        found: Option<u64>,
    },
    /// Not text.
    #[error("it is {0}: save it as UTF-8")]
    NotText(&'static str),
}

impl NamedFileError {
    /// For a command that reads standard input where `-` stands for the name.
    #[must_use]
    pub fn or_dash(self) -> Self {
        match self {
            Self::NotRegular {
                kind: kind @ (FIFO | CHARACTER_DEVICE),
                ..
            } => Self::NotRegular {
                kind,
                advice: "pass `-` and pipe into standard input",
            },
            error => error,
        }
    }

    /// Whether there is no such file.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

const FIFO: &str = "FIFO";
const CHARACTER_DEVICE: &str = "character device";

/// Opens a regular file for reading.
///
/// # Errors
///
/// [`NamedFileError::Io`] and [`NamedFileError::NotRegular`].
pub fn open(path: &Path) -> Result<File, NamedFileError> {
    opened(path, OpenOptions::new().read(true))
}

/// Opens a regular file with these options, which may make it. They must not truncate: that would happen before the
/// check.
///
/// # Errors
///
/// [`NamedFileError::Io`] and [`NamedFileError::NotRegular`].
pub fn open_with(path: &Path, options: &OpenOptions) -> Result<File, NamedFileError> {
    opened(path, &mut options.clone())
}

fn opened(path: &Path, options: &mut OpenOptions) -> Result<File, NamedFileError> {
    // Not waiting for the other end of a FIFO or for a device, and no terminal that becomes ours. The standard
    // library adds that no child inherits the file. Reading and writing a regular file is the same with these flags.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = match options.custom_flags(flags).open(path) {
        Ok(file) => file,
        // What a socket, or for writing a FIFO without a reader, gives.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            return Err(match std::fs::metadata(path) {
                Ok(metadata) if !metadata.is_file() => not_regular(metadata.file_type()),
                Ok(_) | Err(_) => error.into(),
            });
        }
        // Opened for writing, a directory says this before it can be looked at.
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            return Err(NamedFileError::NotRegular {
                kind: "directory",
                advice: ADVICE,
            });
        }
        Err(error) => return Err(error.into()),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(not_regular(metadata.file_type()));
    }
    Ok(file)
}

/// The bytes of a regular file of at most `most` bytes. One that says that it is longer is not read at all, and one
/// that grows meanwhile, or says nothing of its length as those of `/proc` do, is read to `most` and one byte.
///
/// # Errors
///
/// [`NamedFileError::Io`], [`NamedFileError::NotRegular`] and [`NamedFileError::TooLarge`].
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, NamedFileError> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    if length > most {
        return Err(NamedFileError::TooLarge {
            most,
            found: Some(length),
        });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    fill(file, most, &mut bytes)?;
    Ok(bytes)
}

/// The text of a regular file of at most `most` bytes.
///
/// # Errors
///
/// Those of [`read`], and [`NamedFileError::NotText`].
pub fn read_text(path: &Path, most: u64) -> Result<String, NamedFileError> {
    text(read(path, most)?)
}

/// Replaces what is in a regular file, or makes the file. A process that is killed meanwhile leaves a part of it.
///
/// # Errors
///
/// [`NamedFileError::Io`] and [`NamedFileError::NotRegular`].
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), NamedFileError> {
    let mut file = open_with(path, OpenOptions::new().write(true).create(true))?;
    file.set_len(0)?;
    file.write_all(bytes.as_ref())?;
    Ok(())
}

/// The text of a stream, such as standard input, of at most `most` bytes. Waits for as long as the stream does.
///
/// # Errors
///
/// [`NamedFileError::Io`], [`NamedFileError::TooLarge`] and [`NamedFileError::NotText`].
pub fn read_stream(stream: impl Read, most: u64) -> Result<String, NamedFileError> {
    let mut bytes = Vec::new();
    fill(stream, most, &mut bytes)?;
    text(bytes)
}

fn fill(stream: impl Read, most: u64, bytes: &mut Vec<u8>) -> Result<(), NamedFileError> {
    let length = stream.take(most.saturating_add(1)).read_to_end(bytes)?;
    if u64::try_from(length).is_ok_and(|length| length <= most) {
        return Ok(());
    }
    Err(NamedFileError::TooLarge { most, found: None })
}

fn text(bytes: Vec<u8>) -> Result<String, NamedFileError> {
    String::from_utf8(bytes).map_err(|error| {
        // JSON in UTF-16 has a byte order mark, or a zero beside each of its first letters.
        let found = match error.as_bytes() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => "UTF-16",
            _ => "not UTF-8",
        };
        NamedFileError::NotText(found)
    })
}

const ADVICE: &str = "name a regular file";

fn not_regular(kind: FileType) -> NamedFileError {
    NamedFileError::NotRegular {
        kind: if kind.is_fifo() {
            FIFO
        } else if kind.is_dir() {
            "directory"
        } else if kind.is_char_device() {
            CHARACTER_DEVICE
        } else if kind.is_block_device() {
            "block device"
        } else if kind.is_socket() {
            "socket"
        } else {
            "special file"
        },
        advice: ADVICE,
    }
}

/// As the documentation says it.
fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => {
            format!("{} MiB", bytes >> 20)
        }
        bytes if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => {
            format!("{} KiB", bytes >> 10)
        }
        bytes => format!("{bytes} bytes"),
    }
}

fn length(found: Option<u64>) -> String {
    found
        .map(|found| format!(" (it has {found} bytes)"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
