//! What is in the cache: listing, verifying, clearing, and making room.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::{Cache, CacheFile, compatibility, read};
use crate::component::digest::Digest;
use crate::component::engine::{Engine, Kind};

/// The age at which an unfinished file is removed: no host writes one for as long.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// One compiled component.
#[derive(Debug, Clone)]
pub struct CacheEntry {
    /// Its file.
    pub path: PathBuf,
    /// The digest of the component; `None` if the file is not authentic.
    pub digest: Option<Digest>,
    /// Bytes of the file.
    pub size: u64,
    /// When it was last used, to the hour.
    pub used: SystemTime,
    /// Whether the host would use the file.
    pub state: EntryState,
}

/// Whether the host would use a compiled component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryState {
    /// Valid for this host and machine.
    Good,
    /// Written by another version of the host, or on another machine.
    OtherEngine,
    /// Not authentic: the file was changed, planted or truncated, or written under another key.
    Bad,
}

impl Cache {
    /// Every compiled component, verified, the most recently used first.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn entries(&self, engine: &Engine) -> io::Result<Vec<CacheEntry>> {
        let engines = Kind::ALL
            .into_iter()
            .filter_map(|kind| engine.of(kind).ok());
        let known: Vec<_> = engines.map(compatibility).collect();
        let mut entries: Vec<_> = self
            .files()?
            .into_iter()
            .filter(|file| file.is_entry)
            .map(|file| {
                let (digest, state) = self.examine(&file, &known);
                CacheEntry {
                    path: file.path,
                    digest,
                    size: file.size,
                    used: file.used,
                    state,
                }
            })
            .collect();
        entries.reverse();
        Ok(entries)
    }

    /// Removes all entries and all compiled functions, and returns how many files and bytes these were.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read, or a file not removed.
    pub fn clear(&self) -> io::Result<(usize, u64)> {
        let mut cleared = (0, 0);
        for file in self.files()? {
            remove(&file)?;
            cleared.0 += 1;
            cleared.1 += file.size;
        }
        if let Some(size) = self.functions().clear()? {
            cleared.0 += 1;
            cleared.1 += size;
        }
        Ok(cleared)
    }

    /// Evicts least recently used entries until the cache fits its size, and removes stale unfinished files.
    pub(super) fn evict(&self) -> io::Result<()> {
        let files = self.files()?;
        let mut size: u64 = files.iter().map(|file| file.size).sum();
        let now = SystemTime::now();
        for file in &files {
            let abandoned = !file.is_entry
                && now
                    .duration_since(file.used)
                    .is_ok_and(|age| age > ABANDONED);
            if abandoned || (file.is_entry && size > self.limit) {
                remove(file)?;
                size -= file.size;
            }
        }
        Ok(())
    }

    fn examine(&self, file: &Found, known: &[blake3::Hash]) -> (Option<Digest>, EntryState) {
        let Ok(bytes) = read(&file.path) else {
            return (None, EntryState::Bad);
        };
        match CacheFile::of(&bytes) {
            Some(parts) if self.is_sealed(&parts) => {
                let state = if known.contains(&parts.engine) {
                    EntryState::Good
                } else {
                    EntryState::OtherEngine
                };
                (Some(parts.digest), state)
            }
            Some(_) | None => (None, EntryState::Bad),
        }
    }

    /// The files of the directory, the least recently used first.
    fn files(&self) -> io::Result<Vec<Found>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.dir())? {
            let entry = entry?;
            // Another host may have removed it meanwhile. Symbolic links are not followed.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_dir() {
                continue;
            }
            let path = entry.path();
            files.push(Found {
                is_entry: path.extension() == Some(OsStr::new("cwasm")),
                size: metadata.len(),
                used: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                path,
            });
        }
        files.sort_by_key(|file| file.used);
        Ok(files)
    }
}

struct Found {
    path: PathBuf,
    size: u64,
    used: SystemTime,
    /// Or something that was never finished.
    is_entry: bool,
}

/// Two hosts may evict at once.
fn remove(file: &Found) -> io::Result<()> {
    match std::fs::remove_file(&file.path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
