//! The skills' key-value stores: one redb file for each skill, so that no skill sees another's keys.
//! A file is open only while an operation uses it, because redb lets one process at a time open it.
//!
//! No file is used that another user could have written (`state/place.rs`) or whose bytes are not what this host wrote
//! (`state/intact.rs`). A damaged file is set aside, and the operation that met it fails; redb never reads it.
//!
//! **Memory.** Beside what the guest passes, which is used where it lies, or what it is given, an operation takes
//! [`OVERHEAD`] bytes: redb's cache, and the parts of a large value that are written or read at the moment
//! (`state/tables.rs`).

mod admin;
mod damage;
mod intact;
mod place;
mod quota;
mod stamp;
mod tables;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase as _};

use crate::contract::StateError;

pub use admin::{StoredState, StoredStateError};
pub(crate) use quota::Quota;

use damage::{Damage, Fault, builder};
use place::Place;
use stamp::{FileId, Stamp};
use tables::{Reading, Writing};

/// How long an operation waits for another process that has the file open.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest key, in bytes.
const MAX_KEY: usize = 1024;

/// Bytes of host memory that an operation takes at most, beside the value or the list itself: redb's cache and its
/// allocator's tables, and a few parts of a large value.
pub(crate) const OVERHEAD: usize = 4 << 20;

/// All skills' stores under one directory.
pub struct StateStore {
    place: Place,
    skills: Mutex<HashMap<String, Arc<Mutex<Known>>>>,
}

/// What this process knows about one skill's file.
#[derive(Default)]
struct Known {
    /// The handle of the operations in progress.
    open: Weak<Open>,
    /// The file as the last operation left it: its bytes need no check until it changes.
    left: Option<Stamp>,
    /// Whether an unusable file or directory was logged: repeated attempts of a guest log it once.
    warned: bool,
}

/// An open file.
struct Open {
    database: Database,
    id: FileId,
}

/// The store of one skill, as a run sees it.
pub(crate) struct SkillState {
    /// `None`: the run has no store.
    store: Option<(Arc<StateStore>, String)>,
    quota: Quota,
}

impl StateStore {
    /// A store in this directory, which is created when the first value is set. It is used only if it is a real
    /// directory of this user that no other user can write.
    #[must_use]
    pub fn at(dir: PathBuf) -> Self {
        Self {
            place: Place::new(dir),
            skills: Mutex::default(),
        }
    }

    /// Requires the directory `parent`, which holds the store's own, to be private too.
    #[must_use]
    pub fn inside(mut self, parent: PathBuf) -> Self {
        self.place.parent = Some(parent);
        self
    }

    /// Does `work` with the file of a skill. `None`: the file does not exist, and `make` does not ask for one.
    fn with<T>(
        &self,
        skill: &str,
        make: bool,
        work: impl FnOnce(&Database) -> Result<T, Damage>,
    ) -> Result<Option<T>, StateError> {
        let known = Arc::clone(lock(&self.skills).entry(skill.to_owned()).or_default());
        let done = self.open(skill, &known, make).and_then(|open| {
            let Some(open) = open else { return Ok(None) };
            let done = caught(|| work(&open.database));
            let id = open.id;
            self.close(skill, &known, open);
            done.map(Some).map_err(|damage| damage.of(id))
        });
        done.map_err(|fault| self.reported(skill, &known, fault))
    }

    /// The open handle of this process, or a new one.
    fn open(
        &self,
        skill: &str,
        known: &Mutex<Known>,
        make: bool,
    ) -> Result<Option<Arc<Open>>, Fault> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            {
                // Held while opening, so that one process never opens a file twice.
                let mut known = lock(known);
                if let Some(open) = known.open.upgrade() {
                    return Ok(Some(open));
                }
                let Some((file, stamp)) = self.place.open(skill, make)? else {
                    return Ok(None);
                };
                let opened = caught(|| {
                    if known.left != Some(stamp) {
                        intact::check(&file)?;
                    }
                    builder()
                        .create_with_backend(FileBackend::new(file)?)
                        .map_err(Damage::from)
                });
                match opened {
                    Ok(database) => {
                        let open = Arc::new(Open {
                            database,
                            id: stamp.id,
                        });
                        known.open = Arc::downgrade(&open);
                        known.left = None;
                        return Ok(Some(open));
                    }
                    Err(Damage::InUse) if Instant::now() < deadline => {}
                    Err(damage) => return Err(damage.of(stamp.id)),
                }
            }
            // Another process has the file open, or this one is closing it.
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Closes the file after its last operation, which writes to it.
    fn close(&self, skill: &str, known: &Mutex<Known>, open: Arc<Open>) {
        let Some(mut open) = Arc::into_inner(open) else {
            return;
        };
        let id = open.id;
        let closed = caught(|| {
            if self.place.is_bloated(skill, tables::bytes(&open.database)?) {
                open.database.compact().map_err(Damage::from)?;
            }
            drop(open);
            Ok(())
        });
        // The next operation checks a file that could not be compacted or closed, and reports what is wrong.
        if closed.is_ok() {
            lock(known).left = self.place.stamp(skill).filter(|stamp| stamp.id == id);
        }
    }

    /// The error for the guest. Sets a damaged file aside, and logs its path. The guest gets no path of the host.
    fn reported(&self, skill: &str, known: &Mutex<Known>, fault: Fault) -> StateError {
        match fault {
            Fault::State(error) => error,
            Fault::Refused(why) => {
                if !std::mem::replace(&mut lock(known).warned, true) {
                    tracing::warn!("the state of a skill is not used: {why}");
                }
                StateError::Io(
                    "the state store is not used, because another user could have written it; the log of the host says which file it is"
                        .into(),
                )
            }
            Fault::Damaged(why, id) => match self.place.set_aside(skill, id) {
                Ok(Some(aside)) => {
                    tracing::warn!(
                        path = %aside.display(), why,
                        "the state of a skill is damaged; it is set aside there, and the skill starts with an empty store"
                    );
                    let name = aside.file_name().unwrap_or_default().display();
                    StateError::Io(format!(
                        "the state store is damaged; the host set it aside as `{name}`, and the next call finds an empty store"
                    ))
                }
                Ok(None) => StateError::Io(
                    "the state store was damaged, and another process set it aside; the next call finds another store"
                        .into(),
                ),
                Err(error) => {
                    if !std::mem::replace(&mut lock(known).warned, true) {
                        tracing::warn!(
                            why, %error,
                            "the state of a skill is damaged, and cannot be set aside: move it away yourself"
                        );
                    }
                    StateError::Io(format!("the state store is damaged, and stays where it is: {error}"))
                }
            },
        }
    }
}

/// redb panics on some bytes that it did not write. The bytes are checked first, so this is the second line of defence.
fn caught<T>(work: impl FnOnce() -> Result<T, Damage>) -> Result<T, Damage> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Damage::Bytes(said.unwrap_or("redb gave up").to_owned()))
    })
}

impl SkillState {
    pub(crate) fn new(store: Option<(Arc<StateStore>, String)>, quota: Quota) -> Self {
        Self { store, quota }
    }

    /// The value. Fails without reading it if it has more than `budget` bytes.
    pub(crate) fn get(&self, key: &str, budget: u64) -> Result<Option<Vec<u8>>, StateError> {
        check_key(key)?;
        let found = self.with(false, |database| {
            let reading = Reading::begin(&database.begin_read()?)?;
            reading.value(key, now_ms(), budget)
        })?;
        Ok(found.flatten())
    }

    pub(crate) fn set(
        &self,
        key: &str,
        value: &[u8],
        ttl_ms: Option<u64>,
    ) -> Result<(), StateError> {
        self.change(key, |tables, now| {
            let expiry = ttl_ms.map_or(0, |ttl| now.saturating_add(ttl).max(1));
            tables.put(key, value, expiry, self.quota, now)?;
            Ok(((), true))
        })
    }

    pub(crate) fn delete(&self, key: &str) -> Result<bool, StateError> {
        self.change(key, |tables, now| {
            let was_there = tables.is_live(key, now)?;
            tables.remove(key)?;
            Ok((was_there, true))
        })
    }

    pub(crate) fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<bool, StateError> {
        self.change(key, |tables, now| {
            if !tables.holds(key, expected, now)? {
                return Ok((false, false));
            }
            match value {
                Some(value) => tables.put(key, value, 0, self.quota, now)?,
                None => tables.remove(key)?,
            }
            Ok((true, true))
        })
    }

    /// The keys, in order. Together they may have `budget` bytes, with 32 for each.
    pub(crate) fn list_keys(&self, prefix: &str, budget: u64) -> Result<Vec<String>, StateError> {
        let keys = self.with(false, |database| {
            let reading = Reading::begin(&database.begin_read()?)?;
            reading.keys(prefix, now_ms(), budget)
        })?;
        Ok(keys.unwrap_or_default())
    }

    /// Looks, decides, and writes, all in one transaction. `false` with the answer: nothing is written.
    fn change<T>(
        &self,
        key: &str,
        decide: impl FnOnce(&mut Writing<'_>, u64) -> Result<(T, bool), Damage>,
    ) -> Result<T, StateError> {
        check_key(key)?;
        let answer = self.with(true, |database| {
            let transaction = database.begin_write()?;
            // An error drops the transaction, and with it the change.
            let (answer, changed) = decide(&mut Writing::begin(&transaction)?, now_ms())?;
            if changed {
                transaction.commit()?;
            } else {
                transaction.abort()?;
            }
            Ok(answer)
        })?;
        // A change makes the file.
        answer.ok_or_else(|| StateError::Io("the state store is gone".into()))
    }

    fn with<T>(
        &self,
        make: bool,
        work: impl FnOnce(&Database) -> Result<T, Damage>,
    ) -> Result<Option<T>, StateError> {
        match &self.store {
            Some((store, skill)) => store.with(skill, make, work),
            None => Err(StateError::Io("this run has no state store".into())),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn check_key(key: &str) -> Result<(), StateError> {
    let why = if key.is_empty() {
        "is empty"
    } else if key.len() > MAX_KEY {
        "is longer than 1,024 bytes"
    } else if key.contains('\0') {
        "has a NUL character in it"
    } else {
        return Ok(());
    };
    Err(StateError::InvalidKey(format!("the key {why}")))
}

#[cfg(test)]
mod tests;
