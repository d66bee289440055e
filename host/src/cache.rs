//! Compiled components on disk. A compiled component is native code, so a file is used only after a keyed
//! BLAKE3 over its whole contents has been verified in the buffer that is then loaded; anything else is
//! recompiled. A cache that cannot be read or written costs time, never a run.

use std::fs::{DirBuilder, OpenOptions};
use std::hash::{Hash as _, Hasher};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

/// Changed when the layout of a file changes.
const FORMAT: &[u8; 16] = b"mcp-host cwasm 1";

/// Where compiled components are kept, and the key that marks them as ours.
pub struct Cache {
    dir: PathBuf,
    key: [u8; 32],
}

/// A cache that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A directory or the key cannot be made or read.
    #[error("failed to use `{}`", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Somebody else could have put files there, or read the key.
    #[error("`{}` is not private: it must be a real {kind} that only its owner can use", path.display())]
    NotPrivate {
        /// The file or directory.
        path: PathBuf,
        /// `directory` or `file`.
        kind: &'static str,
    },
    /// No random numbers for a new key.
    #[error("failed to make a key")]
    Random(#[source] std::io::Error),
}

impl Cache {
    /// Opens the cache in `dir` with the key in the file `key`; makes both where they are missing.
    ///
    /// # Errors
    ///
    /// When either cannot be made or read, or could be used by others.
    pub fn open(dir: &Path, key: &Path) -> Result<Self, CacheError> {
        private_dir(dir)?;
        Ok(Self {
            dir: dir.to_owned(),
            key: load_key(key)?,
        })
    }

    /// The compiled form, if there is one and it is ours.
    pub(crate) fn get(&self, engine: &Engine, digest: &blake3::Hash) -> Option<Component> {
        let path = self.path(engine, digest);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the compiled component cannot be read; compiling again");
                return None;
            }
        };
        let Some(code) = self.verify(engine, digest, &bytes) else {
            tracing::warn!(path = %path.display(), "the compiled component is not what this host wrote; compiling again");
            return None;
        };
        #[allow(
            unsafe_code,
            reason = "deserialize runs what it is given; these bytes carry our key's hash over this very buffer"
        )]
        let component = unsafe { Component::deserialize(engine, code) };
        component
            .inspect_err(|error| tracing::warn!(%error, "the compiled component does not load; compiling again"))
            .ok()
    }

    /// Keeps a compiled component. Failing to is a warning.
    pub(crate) fn put(&self, component: &Component, digest: &blake3::Hash) {
        let path = self.path(component.engine(), digest);
        if let Err(error) = self.write(component, digest, &path) {
            tracing::warn!(path = %path.display(), %error, "the compiled component is not kept");
        }
    }

    fn write(
        &self,
        component: &Component,
        digest: &blake3::Hash,
        path: &Path,
    ) -> wasmtime::Result<()> {
        let code = component.serialize()?;
        let seal = self.seal(component.engine(), digest, &code);
        // Renamed into place when it is whole: a reader sees the old file or the new one.
        let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
        file.write_all(FORMAT)?;
        file.write_all(seal.as_bytes())?;
        file.write_all(&code)?;
        file.persist(path)?;
        Ok(())
    }

    fn verify<'a>(
        &self,
        engine: &Engine,
        digest: &blake3::Hash,
        bytes: &'a [u8],
    ) -> Option<&'a [u8]> {
        let (seal, code) = bytes
            .strip_prefix(FORMAT.as_slice())?
            .split_first_chunk::<32>()?;
        // Comparison of BLAKE3 hashes takes constant time.
        (self.seal(engine, digest, code) == *seal).then_some(code)
    }

    fn seal(&self, engine: &Engine, digest: &blake3::Hash, code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(FORMAT);
        hasher.update(digest.as_bytes());
        hasher.update(compatibility(engine).as_bytes());
        hasher.update(code);
        hasher.finalize()
    }

    fn path(&self, engine: &Engine, digest: &blake3::Hash) -> PathBuf {
        let mut hasher = blake3::Hasher::new();
        hasher.update(digest.as_bytes());
        hasher.update(compatibility(engine).as_bytes());
        self.dir
            .join(format!("{}.cwasm", hasher.finalize().to_hex()))
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

fn private_dir(dir: &Path) -> Result<(), CacheError> {
    let io = |source| CacheError::Io {
        path: dir.to_owned(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(io)?;
    let metadata = std::fs::symlink_metadata(dir).map_err(io)?;
    if !metadata.is_dir() || metadata.mode() & 0o022 != 0 {
        return Err(CacheError::NotPrivate {
            path: dir.to_owned(),
            kind: "directory",
        });
    }
    Ok(())
}

/// The secret of this user in that file, made where it is missing: what marks files as ours.
///
/// # Errors
///
/// When it cannot be made or read, or could be read by others.
pub fn load_key(path: &Path) -> Result<[u8; 32], CacheError> {
    let io = |source| CacheError::Io {
        path: path.to_owned(),
        source,
    };
    if let Some(parent) = path.parent() {
        private_dir(parent)?;
    }
    match OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
    {
        Ok(mut file) => {
            let metadata = file.metadata().map_err(io)?;
            if !metadata.is_file() || metadata.mode() & 0o077 != 0 {
                return Err(CacheError::NotPrivate {
                    path: path.to_owned(),
                    kind: "file",
                });
            }
            let mut key = [0; 32];
            file.read_exact(&mut key).map_err(io)?;
            Ok(key)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => new_key(path),
        Err(error) => Err(io(error)),
    }
}

fn new_key(path: &Path) -> Result<[u8; 32], CacheError> {
    let io = |source| CacheError::Io {
        path: path.to_owned(),
        source,
    };
    let key = crate::fixed::random().map_err(CacheError::Random)?;
    let parent = path.parent().unwrap_or(Path::new("."));
    // A temporary file has mode 0600. Linked into place, so that of two hosts that start at once one
    // key wins, and the other host reads it.
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(io)?;
    file.write_all(&key).map_err(io)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(key),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => load_key(path),
        Err(error) => Err(io(error.error)),
    }
}

#[cfg(test)]
#[path = "cache/tests.rs"]
mod tests;
