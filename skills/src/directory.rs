//! Directories of the store by their handles: no step of a path is a link that is followed, and every file that is read
//! is a regular one of this user's.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use mcp_bridge::private_dir::is_ours;
use rustix::fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags};

use crate::error::{Damage, StoreError};
use crate::fault;

/// Directories in each other that a removal goes down.
const DEEPEST: usize = 16;

/// A directory that is open.
pub(crate) struct Directory {
    handle: OwnedFd,
    /// For errors.
    path: PathBuf,
}

/// Why a file is not read.
pub(crate) enum NotRead {
    Damage(Damage),
    Error(StoreError),
}

/// An entry of a directory.
pub(crate) struct Entry {
    /// `None`: a name that is not Unicode, which the store never makes.
    pub(crate) name: Option<String>,
    pub(crate) is_dir: bool,
}

const DIRECTORY: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Directory {
    /// A directory by its path, which is no link.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let handle = fs::openat(CWD, path, DIRECTORY, Mode::empty());
        let path = path.to_owned();
        match handle {
            Ok(handle) => Ok(Self { handle, path }),
            Err(error) => Err(StoreError::io(path, error.into())),
        }
    }

    /// A directory in it. `None`: there is none of that name; it may be a link or a file.
    pub(crate) fn dir(&self, name: &str) -> Result<Option<Self>, StoreError> {
        use rustix::io::Errno;
        match fs::openat(&self.handle, name, DIRECTORY, Mode::empty()) {
            Ok(handle) => Ok(Some(Self {
                handle,
                path: self.path.join(name),
            })),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(error) => Err(self.error(name, error.into())),
        }
    }

    /// Makes a directory in it, for this user alone.
    pub(crate) fn make(&self, name: &str) -> Result<Self, StoreError> {
        self.done(name, || {
            fault::point()?;
            fs::mkdirat(&self.handle, name, Mode::RWXU)?;
            Ok(())
        })?;
        self.dir(name)?
            .ok_or_else(|| self.error(name, io::ErrorKind::NotADirectory.into()))
    }

    /// What is in it, in no order, at most so many.
    pub(crate) fn entries(&self, most: usize) -> Result<Vec<Entry>, StoreError> {
        let read = || -> io::Result<Vec<Entry>> {
            let mut entries = Vec::new();
            for entry in Dir::read_from(&self.handle)? {
                let entry = entry?;
                let name = entry.file_name();
                if name == c"." || name == c".." {
                    continue;
                }
                if entries.len() >= most {
                    return Err(io::Error::other(format!("it has more than {most} entries")));
                }
                let is_dir = match entry.file_type() {
                    FileType::Directory => true,
                    // Some file systems do not say it with the name.
                    FileType::Unknown => {
                        let found = fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?;
                        FileType::from_raw_mode(found.st_mode) == FileType::Directory
                    }
                    _ => false,
                };
                entries.push(Entry {
                    name: name.to_str().ok().map(str::to_owned),
                    is_dir,
                });
            }
            Ok(entries)
        };
        read().map_err(|source| StoreError::io(self.path.clone(), source))
    }

    /// The bytes of a file of this user's, of at most so many.
    pub(crate) fn read(&self, name: &str, most: u64) -> Result<Vec<u8>, NotRead> {
        use rustix::io::Errno;
        // Not waiting for the other end of a FIFO.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let damaged = |damage| Err(NotRead::Damage(damage));
        let file = match fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return damaged(Damage::Missing),
            // A link, or a socket.
            Err(Errno::LOOP | Errno::NXIO) => return damaged(Damage::NotRegular),
            Err(error) => return Err(NotRead::Error(self.error(name, error.into()))),
        };
        let failed = |source| NotRead::Error(self.error(name, source));
        let found = file.metadata().map_err(failed)?;
        if !found.is_file() {
            return damaged(Damage::NotRegular);
        }
        if !is_ours(&found) || found.mode() & 0o022 != 0 {
            return damaged(Damage::NotPrivate);
        }
        if found.len() > most {
            return damaged(Damage::Changed);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
        file.take(most.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > most {
            return damaged(Damage::Changed);
        }
        Ok(bytes)
    }

    /// The bytes of a file of this user's in a directory in it, in as few system calls as there are: a list of very
    /// many skills is a loop over this. `None` where anything is not as it should be: [`Self::read`] says what.
    #[cfg(target_os = "linux")]
    pub(crate) fn read_below(&self, dir: &str, name: &str, most: u64) -> Option<Vec<u8>> {
        use rustix::fs::ResolveFlags;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
        let path = format!("{dir}/{name}");
        let file = fs::openat2(&self.handle, path, flags, Mode::empty(), within).ok()?;
        let mut file = File::from(file);
        let found = file.metadata().ok()?;
        let is_fine = found.is_file() && is_ours(&found) && found.mode() & 0o022 == 0;
        if !is_fine || found.len() > most {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(found.len()).ok()?];
        file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn read_below(&self, _dir: &str, _name: &str, _most: u64) -> Option<Vec<u8>> {
        None
    }

    /// Writes a new file, for this user alone, onto the disk.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.done(name, || {
            fault::point()?;
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = fs::openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR)?;
            let mut file = File::from(file);
            fault::point()?;
            file.write_all(bytes)?;
            file.sync_all()
        })
    }

    /// Adds one byte to a file, which is made if it is missing, unless it has so many already.
    pub(crate) fn lengthen(&self, name: &str, most: u64) -> Result<(), StoreError> {
        self.done(name, || {
            let flags = OFlags::WRONLY
                | OFlags::CREATE
                | OFlags::APPEND
                | OFlags::NOFOLLOW
                | OFlags::NONBLOCK
                | OFlags::CLOEXEC;
            let file = fs::openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR)?;
            let mut file = File::from(file);
            let found = file.metadata()?;
            if !found.is_file() {
                return Err(io::Error::other("it is no regular file"));
            }
            if found.len() < most {
                file.write_all(b"1")?;
            }
            Ok(())
        })
    }

    /// How many bytes an entry has. No link is followed.
    pub(crate) fn length(&self, name: &str) -> Result<u64, StoreError> {
        self.done(name, || {
            let found = fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?;
            Ok(u64::try_from(found.st_size).unwrap_or_default())
        })
    }

    /// Moves an entry to a name in another directory. A file there is replaced; a directory there must be empty.
    pub(crate) fn rename(&self, from: &str, to: &Self, name: &str) -> Result<(), StoreError> {
        to.done(name, || {
            fault::point()?;
            fs::renameat(&self.handle, from, &to.handle, name)?;
            fault::point()
        })
    }

    /// Brings its entries onto the disk.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.done("", || {
            fault::point()?;
            Ok(fs::fsync(&self.handle)?)
        })
    }

    /// Removes a file or a link, if it is there.
    pub(crate) fn unlink(&self, name: &str) -> Result<(), StoreError> {
        match fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(self.error(name, error.into())),
        }
    }

    /// Removes a directory with what is in it. Links are removed, and not followed.
    pub(crate) fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.remove_within(name, DEEPEST)
    }

    fn remove_within(&self, name: &str, depth: usize) -> Result<(), StoreError> {
        let Some(dir) = self.dir(name)? else {
            return self.unlink(name);
        };
        if depth == 0 {
            return Err(self.error(name, io::Error::other("it is too deep")));
        }
        for entry in dir.entries(usize::MAX)? {
            let Some(below) = entry.name else {
                return Err(dir.error("", io::Error::other("a name in it is not Unicode")));
            };
            dir.remove_within(&below, depth - 1)?;
        }
        let removed = fs::unlinkat(&self.handle, name, AtFlags::REMOVEDIR);
        removed.map_err(|error| self.error(name, error.into()))
    }

    fn done<T>(&self, name: &str, step: impl FnOnce() -> io::Result<T>) -> Result<T, StoreError> {
        step().map_err(|source| self.error(name, source))
    }

    pub(crate) fn error(&self, name: &str, source: io::Error) -> StoreError {
        let path = match name {
            "" => self.path.clone(),
            name => self.path.join(name),
        };
        StoreError::io(path, source)
    }
}
