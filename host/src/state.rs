//! The skills' key-value stores: one redb file for each skill, so that no skill sees another's keys.
//! A file is open only while an operation uses it, because redb lets one process at a time open it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redb::{
    Database, DatabaseError, ReadableDatabase as _, ReadableTable, ReadableTableMetadata as _,
    TableDefinition,
};
use serde::{Deserialize, Serialize};

/// Key -> expiry in milliseconds since 1970 (0: never) and value.
const VALUES: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("values");

/// How long an operation waits for another process that has the file open.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest key, in bytes.
const MAX_KEY: usize = 1024;

/// All skills' stores under one directory.
pub struct StateStore {
    dir: PathBuf,
    open: Mutex<HashMap<String, Weak<Database>>>,
}

/// The store of one skill, as a run sees it.
pub(crate) struct SkillState {
    /// `None`: the run has no store.
    store: Option<(Arc<StateStore>, String)>,
    quota: Quota,
}

/// What one skill may keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    /// Bytes of all keys and values.
    pub(crate) bytes: u64,
    pub(crate) keys: u64,
}

/// Why an operation was not done; the contract's `state-error`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "case", content = "message", rename_all = "kebab-case")]
pub(crate) enum StateError {
    InvalidKey(String),
    Quota(String),
    Io(String),
}

impl StateStore {
    /// A store in this directory, which is made when the first value is set.
    #[must_use]
    pub fn at(dir: PathBuf) -> Self {
        Self {
            dir,
            open: Mutex::default(),
        }
    }

    /// The database of one skill: the one that this process has open, or a new handle.
    fn database(&self, skill: &str) -> Result<Arc<Database>, StateError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Held while opening, so that one process never opens a file twice.
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(database) = open.get(skill).and_then(Weak::upgrade) {
                return Ok(database);
            }
            private_dir(&self.dir)
                .map_err(|error| StateError::Io(format!("`{}`: {error}", self.dir.display())))?;
            match Database::create(self.dir.join(format!("{skill}.redb"))) {
                Ok(database) => {
                    let database = Arc::new(database);
                    open.insert(skill.to_owned(), Arc::downgrade(&database));
                    return Ok(database);
                }
                Err(DatabaseError::DatabaseAlreadyOpen) if Instant::now() < deadline => {
                    drop(open);
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(error) => return Err(io(error)),
            }
        }
    }
}

impl SkillState {
    pub(crate) fn new(store: Option<(Arc<StateStore>, String)>, quota: Quota) -> Self {
        Self { store, quota }
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        check_key(key)?;
        let database = self.database()?;
        let transaction = database.begin_read().map_err(io)?;
        let table = match transaction.open_table(VALUES) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(io(error)),
        };
        current(&table, key)
    }

    pub(crate) fn set(
        &self,
        key: &str,
        value: &[u8],
        ttl_ms: Option<u64>,
    ) -> Result<(), StateError> {
        self.change(key, |_| Ok(((), Some(Change::Set(value, ttl_ms)))))
    }

    pub(crate) fn delete(&self, key: &str) -> Result<bool, StateError> {
        self.change(key, |present| Ok((present.is_some(), Some(Change::Delete))))
    }

    pub(crate) fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<bool, StateError> {
        self.change(key, |present| {
            if present != expected {
                return Ok((false, None));
            }
            let change = value.map_or(Change::Delete, |value| Change::Set(value, None));
            Ok((true, Some(change)))
        })
    }

    pub(crate) fn list_keys(&self, prefix: &str) -> Result<Vec<String>, StateError> {
        let database = self.database()?;
        let transaction = database.begin_read().map_err(io)?;
        let table = match transaction.open_table(VALUES) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(error) => return Err(io(error)),
        };
        let now = now_ms();
        let mut keys = Vec::new();
        for entry in table.range(prefix..).map_err(io)? {
            let (key, value) = entry.map_err(io)?;
            if !key.value().starts_with(prefix) {
                break;
            }
            if !expired(value.value().0, now) {
                keys.push(key.value().to_owned());
            }
        }
        Ok(keys)
    }

    /// Reads the present value, decides, and writes, all in one transaction.
    fn change<'a, T>(
        &self,
        key: &str,
        decide: impl FnOnce(Option<&[u8]>) -> Result<(T, Option<Change<'a>>), StateError>,
    ) -> Result<T, StateError> {
        check_key(key)?;
        let database = self.database()?;
        let transaction = database.begin_write().map_err(io)?;
        let (answer, changed) = {
            let mut table = transaction.open_table(VALUES).map_err(io)?;
            let present = current(&table, key)?;
            let (answer, change) = decide(present.as_deref())?;
            match &change {
                Some(Change::Set(value, ttl_ms)) => {
                    let expiry = ttl_ms.map_or(0, |ttl| now_ms().saturating_add(ttl).max(1));
                    table.insert(key, (expiry, *value)).map_err(io)?;
                    self.check_quota(&mut table)?;
                }
                Some(Change::Delete) => {
                    table.remove(key).map_err(io)?;
                }
                None => {}
            }
            (answer, change.is_some())
        };
        // An error above drops the transaction, and with it the change.
        if changed {
            transaction.commit().map_err(io)?;
        } else {
            transaction.abort().map_err(io)?;
        }
        Ok(answer)
    }

    /// Counts what is stored; where it is too much, expired values go first.
    fn check_quota(
        &self,
        table: &mut redb::Table<'_, &'static str, (u64, &'static [u8])>,
    ) -> Result<(), StateError> {
        if self.quota.exceeded(table)?.is_none() {
            return Ok(());
        }
        let now = now_ms();
        table
            .retain(|_, (expiry, _)| !expired(expiry, now))
            .map_err(io)?;
        match self.quota.exceeded(table)? {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    fn database(&self) -> Result<Arc<Database>, StateError> {
        match &self.store {
            Some((store, skill)) => store.database(skill),
            None => Err(StateError::Io("this run has no state store".into())),
        }
    }
}

enum Change<'a> {
    Set(&'a [u8], Option<u64>),
    Delete,
}

impl Quota {
    /// What is too much in this table.
    fn exceeded(
        self,
        table: &redb::Table<'_, &'static str, (u64, &'static [u8])>,
    ) -> Result<Option<StateError>, StateError> {
        let keys = table.len().map_err(io)?;
        if keys > self.keys {
            return Ok(Some(StateError::Quota(format!(
                "the store would hold {keys} keys; its quota is {}",
                self.keys
            ))));
        }
        // From the tree's own statistics.
        let bytes = table.stats().map_err(io)?.stored_bytes();
        Ok((bytes > self.bytes).then(|| {
            StateError::Quota(format!(
                "the store would hold {bytes} bytes; its quota is {}",
                self.bytes
            ))
        }))
    }
}

fn current(
    table: &impl ReadableTable<&'static str, (u64, &'static [u8])>,
    key: &str,
) -> Result<Option<Vec<u8>>, StateError> {
    let Some(entry) = table.get(key).map_err(io)? else {
        return Ok(None);
    };
    let (expiry, value) = entry.value();
    Ok((!expired(expiry, now_ms())).then(|| value.to_vec()))
}

fn expired(expiry: u64, now: u64) -> bool {
    expiry != 0 && expiry <= now
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

/// Makes a directory that only its owner can enter.
fn private_dir(dir: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}

fn io(error: impl std::fmt::Display) -> StateError {
    StateError::Io(error.to_string())
}

#[cfg(test)]
#[path = "state/tests.rs"]
mod tests;
