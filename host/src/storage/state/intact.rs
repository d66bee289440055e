//! Whether the bytes of a file are those that redb wrote. redb has checksums of everything, and compares them only
//! after a crash; what it reads otherwise it trusts, and panics on some of what it did not write.
//!
//! So redb is shown the file as if its last writer had crashed: it reads all of it, compares each page with its
//! checksum before it looks into it, says that it has, and only then starts to repair. Nothing of that is written: that
//! it gets so far is the sign that everything was right.

use std::fs::File;
use std::io;
use std::ops::Bound;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::backends::FileBackend;
use redb::{BackendError, DatabaseError, StorageBackend};

use super::damage::{Damage, builder};
use crate::contract::StateError;

/// The header of a file, in bytes: 64, and two slots of 128 for the last two transactions.
const HEADER: usize = 320;
/// The byte of the header that holds the flags below.
const FLAGS: u64 = 9;
/// The slot of the last transaction.
const SECOND_SLOT: u8 = 1;
/// The last writer did not close the file.
const RECOVERY: u8 = 2;
/// The last transaction was on disk before it was named as the last, so that it is whole whatever happened after.
const TWO_PHASE: u8 = 4;
/// Where the slots have the number of their transaction.
const TRANSACTION: [usize; 2] = [64 + 104, 64 + 128 + 104];

/// Reads the whole file, writes nothing, and has it locked meanwhile.
///
/// # Errors
///
/// [`Damage::Bytes`] where a checksum differs, and [`Damage::InUse`].
pub(super) fn check(file: &File) -> Result<(), Damage> {
    let io = |error: io::Error| Damage::State(StateError::Io(error.to_string()));
    if file.metadata().map_err(io)?.len() == 0 {
        return Ok(());
    }
    let mut header = [0; HEADER];
    file.read_exact_at(&mut header, 0)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Damage::Bytes("it is cut off".into()),
            _ => io(error),
        })?;
    let flags = header[usize::try_from(FLAGS).unwrap_or_default()];
    let closed = flags & RECOVERY == 0;
    // A closed file names the newer of its two transactions. redb would take the older one for granted.
    let named = usize::from(flags & SECOND_SLOT);
    if closed && number(&header, 1 - named) > number(&header, named) {
        return Err(Damage::Bytes(
            "its header does not name the last transaction".into(),
        ));
    }
    // After a crash, redb may well go back to the transaction before the last. Otherwise that would be a loss that
    // nothing says.
    let whole = closed || flags & TWO_PHASE != 0;
    let progress = Arc::new(Progress::default());
    let shown = AsAfterCrash {
        file: FileBackend::new(file.try_clone().map_err(io)?)?,
        progress: Arc::clone(&progress),
    };
    let compared = Arc::clone(&progress);
    let opened = builder()
        .set_repair_callback(move |repair| {
            // redb reports 0.3 where the last transaction does not match its checksums, and goes on with the one before
            // it; and 0.6 when it has compared all of them.
            if repair.progress() > 0.5 {
                compared.compared.store(true, Ordering::Relaxed);
            } else if whole && repair.progress() > 0.2 {
                repair.abort();
            }
        })
        .create_with_backend(shown);
    match opened {
        Err(DatabaseError::DatabaseAlreadyOpen) => Err(Damage::InUse),
        Err(error) if !progress.repairs.load(Ordering::Relaxed) => Err(error.into()),
        // Nothing was ever written to the store, or everything was read and is right.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn number(header: &[u8; HEADER], slot: usize) -> u64 {
    let bytes = header[TRANSACTION[slot]..].first_chunk();
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// How far redb got.
#[derive(Debug, Default)]
struct Progress {
    /// All checksums are right.
    compared: AtomicBool,
    /// All pages were found, and the repair was to be written.
    repairs: AtomicBool,
}

/// A file that can only be read, with the flags of one that was not closed.
#[derive(Debug)]
struct AsAfterCrash {
    file: FileBackend,
    progress: Arc<Progress>,
}

impl AsAfterCrash {
    /// The header is written as it is before anything is compared: that goes nowhere. The end is when more is written.
    fn written(&self) -> io::Result<()> {
        if !self.progress.compared.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.progress.repairs.store(true, Ordering::Relaxed);
        Err(io::Error::other("the file is only looked at"))
    }
}

impl StorageBackend for AsAfterCrash {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)?;
        let flags = FLAGS
            .checked_sub(offset)
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| out.get_mut(at));
        if let Some(flags) = flags {
            *flags = (*flags | RECOVERY) & !TWO_PHASE;
        }
        Ok(())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        self.written()
    }

    fn sync_data(&self) -> io::Result<()> {
        self.written()
    }

    fn write(&self, _: u64, _: &[u8]) -> io::Result<()> {
        self.written()
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
