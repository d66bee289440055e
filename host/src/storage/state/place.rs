//! Where the files of the stores are, and which other users could have put them there. Follows no links, uses no
//! directory or file that another user can write, and overwrites nothing: a damaged file is renamed.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::damage::Fault;
use super::stamp::{FileId, Stamp};
use crate::component::cache::{is_ours, private_dir};
use crate::contract::StateError;

/// Bytes that a file may have whatever its contents.
const SLACK: u64 = 4 << 20;

/// How many damaged files of one skill are kept. Past that, the next one stays in place.
const MAX_ASIDE: u32 = 100;

/// The directory of all files.
pub(super) struct Place {
    dir: PathBuf,
    /// A directory above it that has to be private too.
    pub(super) parent: Option<PathBuf>,
}

impl Place {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, parent: None }
    }

    /// The file of a skill; `None` if it does not exist and `make` is false.
    pub(super) fn open(&self, skill: &str, make: bool) -> Result<Option<(File, Stamp)>, Fault> {
        if !make && !self.dir.try_exists().unwrap_or(true) {
            return Ok(None);
        }
        for dir in self.parent.iter().chain([&self.dir]) {
            private_dir(dir).map_err(|error| Fault::Refused(mcp_bridge::with_causes(&error)))?;
        }
        let path = self.path(skill);
        let file = match open(&path, make) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !make => return Ok(None),
            // A link is not followed.
            Err(error) if is_refusal(&error) => return Err(refused(&path)),
            Err(error) => return Err(Fault::State(StateError::Io(error.to_string()))),
        };
        let metadata = file
            .metadata()
            .map_err(|error| Fault::State(StateError::Io(error.to_string())))?;
        // A file with a second name may be a file of the user that is not a store.
        if !metadata.is_file()
            || !is_ours(&metadata)
            || metadata.mode() & 0o022 != 0
            || metadata.nlink() != 1
        {
            return Err(refused(&path));
        }
        if metadata.mode() & 0o077 != 0 {
            // What a skill keeps may be what it read with the user's rights.
            file.set_permissions(Permissions::from_mode(0o600))
                .map_err(|error| Fault::State(StateError::Io(error.to_string())))?;
        }
        Ok(Some((file, Stamp::of(&metadata))))
    }

    /// The directory of the files.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file as it is now.
    pub(super) fn stamp(&self, skill: &str) -> Option<Stamp> {
        let metadata = std::fs::symlink_metadata(self.path(skill)).ok()?;
        Some(Stamp::of(&metadata))
    }

    /// Whether the file takes much more than the `held` bytes of keys and values that it holds: a transaction writes
    /// what is new before it gives up what is old, so that a file may have twice what it holds.
    pub(super) fn is_bloated(&self, skill: &str, held: u64) -> bool {
        let most = held.saturating_mul(5) / 2 + SLACK;
        self.stamp(skill).is_some_and(|stamp| stamp.length > most)
    }

    /// Gives a damaged file another name, and says which. `None`: under this name there is another file by now.
    pub(super) fn set_aside(&self, skill: &str, id: FileId) -> io::Result<Option<PathBuf>> {
        let path = self.path(skill);
        let file = match open(&path, false) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // If two processes find the same file damaged, one renames it: the one that holds its lock.
        file.try_lock()?;
        if self.stamp(skill).is_none_or(|stamp| stamp.id != id) {
            return Ok(None);
        }
        let aside = (1..=MAX_ASIDE)
            .map(|n| self.dir.join(format!("{skill}.redb.damaged-{n}")))
            .find(|aside| std::fs::symlink_metadata(aside).is_err())
            .ok_or_else(|| {
                io::Error::other(format!("{MAX_ASIDE} damaged files are kept already"))
            })?;
        std::fs::rename(&path, &aside)?;
        Ok(Some(aside))
    }

    fn path(&self, skill: &str) -> PathBuf {
        self.dir.join(format!("{skill}.redb"))
    }
}

fn open(path: &Path, make: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(make)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(path)
}

/// What opening a link, a directory or a socket gives.
fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ELOOP | libc::EISDIR | libc::ENXIO | libc::EACCES)
    )
}

fn refused(path: &Path) -> Fault {
    Fault::Refused(format!(
        "`{}` is not private: it must be a real file with one name that only its owner can write; move it away, or give it back with \
         `chmod 600`",
        path.display()
    ))
}
