//! Cached responses on disk, for the next process. A file is used only after a keyed BLAKE3 over all of it has been
//! verified in the buffer that is then read; any other file is a cache miss.
//! A cache that cannot be read or written costs time, never a call.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::key::Key;
use crate::config::CachePolicy;
use crate::named_file;
use crate::principal::Identity;
use crate::private_dir::{self, Others, PrivateDirError};

/// The largest response that is cached, in bytes of JSON. Writing a larger one would hold up other calls.
pub(super) const MAX_RESPONSE: usize = 1 << 20;

/// Changed when the layout of a file changes.
const CONTEXT: &str = "mcp-host answers 1";
/// Seal and time.
const HEAD: usize = 32 + 8;
/// After so long without use, the responses of a server are removed: its configuration has changed or is gone.
const ABANDONED: Duration = Duration::from_secs(7 * 24 * 3600);

/// The directory of the responses of all servers, and the key that makes them this user's.
#[derive(Clone)]
pub struct ResponseCacheDir {
    dir: PathBuf,
    key: [u8; 32],
}

impl ResponseCacheDir {
    /// Opens the cache in `dir`, and makes the directory where it is missing. `secret` is known to this user only:
    /// files that were written under another one are not found.
    ///
    /// # Errors
    ///
    /// When the directory cannot be made, or could be used by others.
    pub fn open(dir: &Path, secret: &[u8; 32]) -> Result<Self, PrivateDirError> {
        private_dir::ensure(dir, Others::Nothing)?;
        Ok(Self {
            dir: dir.to_owned(),
            key: blake3::derive_key(CONTEXT, secret),
        })
    }

    pub(super) fn disk_cache(&self, identity: &Identity, policy: &CachePolicy) -> DiskCache {
        // The name of the directory tells nothing to those who may list it.
        let name = blake3::keyed_hash(&self.key, identity.as_bytes()).to_hex();
        DiskCache {
            dir: self.dir.join(&name.as_str()[..32]),
            key: self.key,
            ttl: policy.ttl,
            max_bytes: policy.max_bytes,
            used: Mutex::new(None),
        }
    }
}

/// The responses of one server.
pub(super) struct DiskCache {
    dir: PathBuf,
    key: [u8; 32],
    ttl: Duration,
    max_bytes: u64,
    /// About how many bytes are there; `None` until they were counted.
    used: Mutex<Option<u64>>,
}

/// A response that was found.
pub(super) struct Found {
    pub(super) json: Vec<u8>,
    pub(super) age: Duration,
}

impl DiskCache {
    pub(super) fn get(&self, key: &Key) -> Option<Found> {
        let path = self.path(key);
        let mut bytes = read(&path)?;
        let Some(age) = self.age(key, &bytes) else {
            // Too old, or not ours: in the way either way.
            let _ = fs::remove_file(&path);
            return None;
        };
        bytes.drain(..HEAD);
        Some(Found { json: bytes, age })
    }

    /// How long ago these bytes were written, if they are ours and not too old.
    fn age(&self, key: &Key, bytes: &[u8]) -> Option<Duration> {
        let (seal, rest) = bytes.split_first_chunk::<32>()?;
        let (written, json) = rest.split_first_chunk::<8>()?;
        // Comparison of BLAKE3 hashes takes constant time.
        if self.seal(key, *written, json) != *seal {
            tracing::warn!(
                "response cache: a cached response is not what this program wrote; asking the server again"
            );
            return None;
        }
        let written = UNIX_EPOCH + Duration::from_millis(u64::from_le_bytes(*written));
        // A clock that was set back makes the time of writing lie ahead.
        let age = SystemTime::now().duration_since(written).ok()?;
        (age < self.ttl).then_some(age)
    }

    pub(super) fn put(&self, key: &Key, json: &[u8]) {
        if let Err(error) = self.write(key, json) {
            tracing::warn!(%error, "response cache: failed to write a response to disk");
        }
    }

    fn write(&self, key: &Key, json: &[u8]) -> io::Result<()> {
        private_dir::ensure(&self.dir, Others::Nothing).map_err(io::Error::other)?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = u64::try_from(now.as_millis())
            .unwrap_or_default()
            .to_le_bytes();
        // Renamed into place when it is whole. A temporary file has mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
        file.write_all(self.seal(key, now, json).as_bytes())?;
        file.write_all(&now)?;
        file.write_all(json)?;
        self.make_room((HEAD + json.len()) as u64)?;
        file.persist(self.path(key))?;
        Ok(())
    }

    /// Evicts the oldest responses until so many more bytes fit.
    fn make_room(&self, more: u64) -> io::Result<()> {
        let mut used = self
            .used
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = *used
            && known + more <= self.max_bytes
        {
            *used = Some(known + more);
            return Ok(());
        }
        let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(&self.dir)?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let about = entry.metadata().ok()?;
                // A temporary file is being written, or was left by a process that was killed.
                Some((about.modified().ok()?, about.len(), entry.path()))
            })
            .collect();
        if used.is_none() {
            self.remove_abandoned();
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        // Half is left, so that the directory is not read again for each answer.
        let goal = if total + more > self.max_bytes {
            self.max_bytes / 2
        } else {
            self.max_bytes
        };
        let now = SystemTime::now();
        for (modified, bytes, path) in files {
            let old = now
                .duration_since(modified)
                .is_ok_and(|age| age >= self.ttl);
            let named = path.file_name().is_some_and(|name| name.len() == 64);
            if old || (named && total + more > goal) {
                fs::remove_file(&path)?;
                total -= bytes;
            }
        }
        *used = Some(total + more);
        Ok(())
    }

    fn remove_abandoned(&self) {
        let dirs = self.dir.parent().and_then(|dir| fs::read_dir(dir).ok());
        for dir in dirs.into_iter().flatten().flatten() {
            let modified = dir.metadata().and_then(|about| about.modified());
            let idle = modified.map(|modified| modified.elapsed().unwrap_or_default());
            if dir.path() != self.dir && idle.is_ok_and(|idle| idle >= ABANDONED) {
                // Another process may do the same at this moment.
                let _ = fs::remove_dir_all(dir.path());
            }
        }
    }

    fn seal(&self, key: &Key, written: [u8; 8], json: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(key).update(&written).update(json);
        hasher.finalize()
    }

    /// The name does not give away the arguments, which could be guessed otherwise.
    fn path(&self, key: &Key) -> PathBuf {
        let name = blake3::keyed_hash(&self.key, key).to_hex();
        self.dir.join(name.as_str())
    }
}

/// The whole file, unless it is larger than any that is written.
fn read(path: &Path) -> Option<Vec<u8>> {
    let most = (HEAD + MAX_RESPONSE) as u64;
    named_file::read(path, most).ok()
}
