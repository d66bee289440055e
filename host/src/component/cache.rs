//! Compiled components on disk. A compiled component is native code, so the host uses a file only after it has verified
//! a keyed BLAKE3 over the whole contents, in the buffer that it then loads. It recompiles anything else. A cache that
//! cannot be read or written costs time and never fails a run.

mod entries;
mod error;
mod functions;
mod private;

pub use entries::{CacheEntry, EntryState};
pub use error::CacheError;
pub(crate) use functions::{Functions, KnownFunctions};
pub use private::load_key;
pub(crate) use private::private_dir;

pub(crate) use mcp_bridge::private_dir::is_ours;

use std::fs::{File, OpenOptions};
use std::hash::{Hash as _, Hasher};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::component::digest::Digest;
use crate::component::skill::Footprint;
use crate::short;

/// Changed when the layout of a file changes, or when components are rejected that were accepted before. Layout: this,
/// seal, digest of the component, hash of the engine, footprint, code.
const FORMAT: &[u8; 16] = b"mcp-host cwasm 5";

/// The directory of compiled functions, in that of the cache.
const FUNCTIONS: &str = "functions";

/// Bytes before the code.
const HEADER: usize = 16 + 3 * 32 + Footprint::LENGTH;

/// The largest file that is read, in bytes: no accepted component compiles to that size.
const MAX_FILE: u64 = 1 << 30;

/// How far the recorded time of last use may lag behind, so that a warm start writes nothing.
const USED_GRAIN: Duration = Duration::from_secs(60 * 60);

/// A directory of compiled components, and the key that authenticates them.
pub struct Cache {
    dir: PathBuf,
    key: [u8; 32],
    limit: u64,
}

impl Cache {
    /// Opens the cache in `dir` with the key in the file `key`; creates both if they are missing.
    ///
    /// # Errors
    ///
    /// When either cannot be made or read, or could be used by others.
    pub fn open(dir: &Path, key: &Path) -> Result<Self, CacheError> {
        private::private_dir(dir)?;
        private::private_dir(&dir.join(FUNCTIONS))?;
        Ok(Self {
            dir: dir.to_owned(),
            key: private::load_key(key)?,
            limit: Self::DEFAULT_SIZE,
        })
    }

    /// The default size of a cache in bytes: 1 GiB.
    pub const DEFAULT_SIZE: u64 = 1 << 30;

    /// Bounds the cache to this many bytes. Adding an entry evicts the least recently used ones.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// The most bytes that the cache holds.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The compiled functions that the next component may have too.
    pub(crate) fn functions(&self) -> Functions {
        Functions::new(&self.dir.join(FUNCTIONS), &self.key, self.limit)
    }

    /// The directory of the cache.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The compiled form and its footprint, if the cache has a file for them and the file is authentic.
    pub(crate) fn get(&self, engine: &Engine, digest: &Digest) -> Option<(Component, Footprint)> {
        let path = self.path(engine, digest);
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the compiled component cannot be read; compiling again");
                return None;
            }
        };
        let Some((footprint, code)) = self.verify(engine, digest, &bytes) else {
            tracing::warn!(path = %path.display(), "the compiled component is not what this host wrote; compiling again");
            return None;
        };
        #[allow(
            unsafe_code,
            reason = "deserialize runs what it is given; these bytes carry our key's hash over this very buffer"
        )]
        let component = unsafe { Component::deserialize(engine, code) };
        component
            .inspect_err(|error| {
                let error = short::error(error);
                tracing::warn!(%error, "the compiled component does not load; compiling again");
            })
            .ok()
            .map(|component| (component, footprint))
    }

    /// Stores a compiled component, and evicts others to make room. A failure is logged as a warning.
    pub(crate) fn put(&self, engine: &Engine, digest: &Digest, footprint: Footprint, code: &[u8]) {
        let path = self.path(engine, digest);
        if let Err(error) = self.write(engine, digest, footprint, code, &path) {
            tracing::warn!(path = %path.display(), %error, "the compiled component is not kept");
        }
        if let Err(error) = self.evict() {
            tracing::warn!(path = %self.dir.display(), %error, "the cache of compiled components cannot be cleaned up");
        }
    }

    fn write(
        &self,
        engine: &Engine,
        digest: &Digest,
        footprint: Footprint,
        code: &[u8],
        path: &Path,
    ) -> std::io::Result<()> {
        let mut header = Vec::with_capacity(HEADER);
        let engine = compatibility(engine);
        let footprint = footprint.to_bytes();
        header.extend(FORMAT);
        header.extend(self.seal(digest, &engine, footprint, code).as_bytes());
        header.extend(digest.as_bytes());
        header.extend(engine.as_bytes());
        header.extend(footprint);
        if (header.len() + code.len()) as u64 > self.limit.min(MAX_FILE) {
            return Err(std::io::Error::new(
                std::io::ErrorKind::FileTooLarge,
                "it is larger than the whole cache may be",
            ));
        }
        // Renamed into place when complete: a reader sees the old file or the new one.
        let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
        file.write_all(&header)?;
        file.write_all(code)?;
        file.persist(path)?;
        Ok(())
    }

    fn verify<'a>(
        &self,
        engine: &Engine,
        digest: &Digest,
        bytes: &'a [u8],
    ) -> Option<(Footprint, &'a [u8])> {
        let parts = CacheFile::of(bytes)?;
        let ours = parts.digest == *digest && parts.engine == compatibility(engine);
        let footprint = Footprint::from_bytes(parts.footprint);
        (ours && self.is_sealed(&parts)).then_some((footprint, parts.code))
    }

    fn is_sealed(&self, parts: &CacheFile<'_>) -> bool {
        // Comparison of BLAKE3 hashes takes constant time.
        self.seal(&parts.digest, &parts.engine, parts.footprint, parts.code) == parts.seal
    }

    fn seal(
        &self,
        digest: &Digest,
        engine: &blake3::Hash,
        footprint: [u8; Footprint::LENGTH],
        code: &[u8],
    ) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(FORMAT);
        hasher.update(digest.as_bytes());
        hasher.update(engine.as_bytes());
        hasher.update(&footprint);
        hasher.update(code);
        hasher.finalize()
    }

    fn path(&self, engine: &Engine, digest: &Digest) -> PathBuf {
        let mut hasher = blake3::Hasher::new();
        // A file of another format has another name: the host does not treat it as a changed file.
        hasher.update(FORMAT);
        hasher.update(digest.as_bytes());
        hasher.update(compatibility(engine).as_bytes());
        self.dir
            .join(format!("{}.cwasm", hasher.finalize().to_hex()))
    }
}

/// A file, taken apart.
struct CacheFile<'a> {
    seal: blake3::Hash,
    digest: Digest,
    engine: blake3::Hash,
    footprint: [u8; Footprint::LENGTH],
    code: &'a [u8],
}

impl<'a> CacheFile<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(FORMAT.as_slice())?;
        let (seal, rest) = rest.split_first_chunk::<32>()?;
        let (digest, rest) = rest.split_first_chunk::<32>()?;
        let (engine, rest) = rest.split_first_chunk::<32>()?;
        let (footprint, code) = rest.split_first_chunk()?;
        Some(Self {
            seal: (*seal).into(),
            digest: Digest::from_bytes(*digest),
            engine: (*engine).into(),
            footprint: *footprint,
            code,
        })
    }
}

/// Reads the whole file, and records the time of use. Follows no symbolic links, and reads regular files only.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return Err(std::io::Error::other(
            "it is not a file that this host wrote",
        ));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // It may have grown since.
    (&file).take(MAX_FILE).read_to_end(&mut bytes)?;
    note_use(&file, &metadata);
    Ok(bytes)
}

fn note_use(file: &File, metadata: &std::fs::Metadata) {
    let now = SystemTime::now();
    let recent = metadata
        .modified()
        .is_ok_and(|used| now.duration_since(used).is_ok_and(|age| age < USED_GRAIN));
    if !recent {
        // If the time cannot be recorded, the file may be evicted earlier than necessary.
        let _ = file.set_modified(now);
    }
}

/// Everything about the engine that compiled code depends on: version, target, settings.
fn compatibility(engine: &Engine) -> blake3::Hash {
    struct Blake3(blake3::Hasher);
    impl Hasher for Blake3 {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Blake3(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize()
}

#[cfg(test)]
#[path = "cache/tests.rs"]
mod tests;
