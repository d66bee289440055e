//! Compiled functions on disk, for the compiler of the next component: a function that did not change is not compiled
//! again. An entry is native code, so it is used only after its keyed BLAKE3 is verified. A store that is damaged, or
//! in use by another process, costs time and never fails a compilation.

use std::borrow::Cow;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use redb::backends::FileBackend;
use redb::{Database, ReadOnlyTable, ReadableDatabase as _, TableDefinition};
use wasmtime::CacheStore;

/// Changed when the layout of an entry changes. Cranelift puts its own version into the key.
const FORMAT: &str = "mcp-host compiled functions 1";

/// Key of Cranelift -> seal and code.
const FUNCTIONS: TableDefinition<'_, &[u8; KEY], &[u8]> = TableDefinition::new("functions");

/// Bytes of a key of Cranelift: SHA-256 of the function and of all settings.
const KEY: usize = 32;
const SEAL: usize = 32;

/// Memory of a compiler for pages of the store, in bytes.
const READ_CACHE: usize = 64 << 20;

/// The size at which the store is emptied, in bytes, unless the cache is smaller. A Python skill has 90 MiB.
const MAX_FILE: u64 = 512 << 20;

/// Bytes of the new functions of one component that are kept. A JavaScript skill has 20 MiB.
const MAX_NEW: usize = 64 << 20;

/// Where the functions are, and the key that authenticates them.
#[derive(Clone)]
pub(crate) struct Functions {
    path: PathBuf,
    key: [u8; 32],
    limit: u64,
}

impl Functions {
    /// The store in this directory, of at most so many bytes, whose files this key authenticates.
    pub(crate) fn new(dir: &Path, key: &[u8; 32], limit: u64) -> Self {
        Self {
            path: dir.join("functions.redb"),
            key: blake3::derive_key(FORMAT, key),
            limit: limit.min(MAX_FILE),
        }
    }

    /// The store of which the parent process has passed path and key.
    pub(crate) fn passed(path: PathBuf, key: [u8; 32]) -> Self {
        Self {
            path,
            key,
            limit: 0,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn key(&self) -> &[u8; 32] {
        &self.key
    }

    fn seal(&self, key: &[u8], code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(key);
        hasher.update(code);
        hasher.finalize()
    }

    /// Opens the store for a compiler, which only reads it.
    pub(crate) fn read(self) -> KnownFunctions {
        let table = match caught(|| self.table()) {
            Some(Ok(table)) => Some(table),
            Some(Err(error)) => {
                // The parent shows what a failed compiler wrote, and nothing of one that succeeds.
                tracing::debug!(%error, "no compiled functions are known");
                None
            }
            None => None,
        };
        KnownFunctions {
            functions: self,
            table,
            is_damaged: AtomicBool::new(false),
            new: Mutex::default(),
        }
    }

    fn table(&self) -> Result<ReadOnlyTable<&'static [u8; KEY], &'static [u8]>, redb::Error> {
        let file = self.file(OpenOptions::new().read(true));
        let database = Database::builder()
            .set_cache_size(READ_CACHE)
            .open_read_only_with_backend(backend(file)?)?;
        Ok(database.begin_read()?.open_table(FUNCTIONS)?)
    }

    /// Keeps the functions that a compiler has passed back. A failure is logged.
    pub(crate) fn keep(&self, new: &[u8]) {
        if new.is_empty() {
            return;
        }
        let path = self.path.display();
        match caught(|| self.write(new).map(|()| self.has_first_of(new))) {
            Some(Ok(true)) => {}
            Some(Err(error)) => {
                // What is half written, on a disk that is full, is of no use either.
                if !matches!(error, redb::Error::DatabaseAlreadyOpen) {
                    let _ = self.clear();
                }
                tracing::debug!(%path, %error, "the compiled functions are not kept");
            }
            Some(Ok(false)) | None => {
                let _ = self.clear();
                tracing::debug!(%path, "the compiled functions are damaged, and removed");
            }
        }
    }

    /// Whether the next compiler finds the first of these functions. In a damaged store, redb may write without an
    /// error what it does not find again.
    fn has_first_of(&self, new: &[u8]) -> bool {
        let first = Entries(new).next();
        let is_there = |(key, code): (&[u8; KEY], &[u8])| {
            self.path.exists() && self.clone().read().stored(key).as_deref() == Some(code)
        };
        // A store may be too small for any.
        first.is_none_or(is_there) || !self.path.exists()
    }

    fn write(&self, new: &[u8]) -> Result<(), redb::Error> {
        let is_full = |length: u64| length + new.len() as u64 > self.limit;
        if std::fs::metadata(&self.path).is_ok_and(|metadata| is_full(metadata.len())) {
            std::fs::remove_file(&self.path)?;
        }
        if is_full(0) {
            return Ok(());
        }
        let database = match self.open() {
            Ok(database) => database,
            Err(error @ redb::DatabaseError::DatabaseAlreadyOpen) => return Err(error.into()),
            Err(_) => {
                // What is not a store is of no use: begin anew.
                std::fs::remove_file(&self.path)?;
                self.open()?
            }
        };
        let transaction = database.begin_write()?;
        {
            let mut table = transaction.open_table(FUNCTIONS)?;
            let mut sealed = Vec::new();
            for (key, code) in Entries(new) {
                sealed.clear();
                sealed.extend(self.seal(key, code).as_bytes());
                sealed.extend(code);
                table.insert(key, sealed.as_slice())?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

impl Functions {
    fn open(&self) -> Result<Database, redb::DatabaseError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).mode(0o600);
        Database::builder().create_with_backend(backend(self.file(&mut options))?)
    }

    /// Opens the store. Follows no link, waits for no FIFO, and opens regular files only.
    fn file(&self, options: &mut OpenOptions) -> io::Result<File> {
        let file = options
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(&self.path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        Ok(file)
    }

    /// Removes the store, and returns its size in bytes, if it is there.
    pub(crate) fn clear(&self) -> io::Result<Option<u64>> {
        let removed = std::fs::metadata(&self.path)
            .and_then(|metadata| std::fs::remove_file(&self.path).map(|()| metadata.len()));
        match removed {
            Ok(size) => Ok(Some(size)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn backend(file: io::Result<File>) -> Result<FileBackend, redb::DatabaseError> {
    FileBackend::new(file.map_err(redb::StorageError::from)?)
}

/// redb panics on some bytes that it did not write: `None`. No compilation fails because of that.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// What a compiler knows of earlier compilations, and what it adds.
pub(crate) struct KnownFunctions {
    functions: Functions,
    table: Option<ReadOnlyTable<&'static [u8; KEY], &'static [u8]>>,
    /// It is not read again: each panic is a message on stderr.
    is_damaged: AtomicBool,
    new: Mutex<Vec<u8>>,
}

impl KnownFunctions {
    /// The functions that were not known: of each the key, the length of its code in 4 bytes, and its code.
    pub(crate) fn added(&self) -> Vec<u8> {
        std::mem::take(&mut *self.new.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn find(&self, key: &[u8]) -> Option<Vec<u8>> {
        if self.is_damaged.load(Ordering::Relaxed) {
            return None;
        }
        caught(|| self.stored(key)).unwrap_or_else(|| {
            self.is_damaged.store(true, Ordering::Relaxed);
            None
        })
    }

    fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
        let found = self.table.as_ref()?.get(key.first_chunk()?).ok()??;
        let (seal, code) = found.value().split_first_chunk::<SEAL>()?;
        // Comparison of BLAKE3 hashes takes constant time.
        (self.functions.seal(key, code) == *seal).then(|| code.to_owned())
    }
}

impl fmt::Debug for KnownFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownFunctions").finish_non_exhaustive()
    }
}

impl CacheStore for KnownFunctions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        self.find(key).map(Cow::Owned)
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let (Some(key), Ok(length)) = (key.first_chunk::<KEY>(), u32::try_from(value.len())) else {
            return false;
        };
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        if new.len() + KEY + 4 + value.len() > MAX_NEW {
            return false;
        }
        new.extend(key);
        new.extend(length.to_le_bytes());
        new.extend(value);
        true
    }
}

/// Reads what [`KnownFunctions::added`] wrote, up to the first entry that is not whole.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8; KEY], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, rest) = self.0.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (code, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((key, code))
    }
}

#[cfg(test)]
#[path = "functions/tests.rs"]
mod tests;
