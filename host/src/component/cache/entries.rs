//! What is in the cache: listing, verifying, clearing, and making room.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::{Cache, CacheFile, compatibility, read};
use crate::component::digest::Digest;
use crate::component::engine::Engine;

/// How old a file that was never finished must be before it is taken away: nobody writes one for as long.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// One compiled component.
#[derive(Debug, Clone)]
pub struct CacheEntry {
    /// Its file.
    pub path: PathBuf,
    /// The digest of the component; `None` where the file is not ours.
    pub digest: Option<Digest>,
    /// Bytes of the file.
    pub size: u64,
    /// When it was last used, to the hour.
    pub used: SystemTime,
    /// Whether it would be used.
    pub state: EntryState,
}

/// Whether a compiled component would be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryState {
    /// By this host, as it is.
    Good,
    /// By another version of the host, or another machine.
    OtherEngine,
    /// By no host that has this key: it was changed, planted, cut off, or written under another key.
    Bad,
}

impl Cache {
    /// Every compiled component, verified, the last used one first.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn entries(&self, engine: &Engine) -> io::Result<Vec<CacheEntry>> {
        let mut known = vec![compatibility(engine.sync())];
        if let Ok(concurrent) = engine.concurrent() {
            known.push(compatibility(concurrent));
        }
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

    /// Takes everything out, and says how many files and bytes that were.
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
        Ok(cleared)
    }

    /// Takes out what was used longest ago until the rest fits, and what somebody left unfinished.
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

    /// The files of the directory, the one that was used longest ago first.
    fn files(&self) -> io::Result<Vec<Found>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.dir())? {
            let entry = entry?;
            // Another host may have taken it out meanwhile. No link is followed.
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

/// Two hosts may clean up at once.
fn remove(file: &Found) -> io::Result<()> {
    match std::fs::remove_file(&file.path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
