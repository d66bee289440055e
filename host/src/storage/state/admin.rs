//! What the owner of the stores may do with them: list, read, remove. Never makes or changes one.

use std::path::PathBuf;
use std::time::SystemTime;

use redb::ReadableDatabase as _;

use super::damage::Fault;
use super::tables::Reading;
use super::{StateStore, now_ms};
use crate::contract::StateError;

/// The name of a store's file ends in this.
const SUFFIX: &str = ".redb";

/// The store of one skill, as it lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredState {
    /// The skill's id: its name, and a hash of its path.
    pub id: String,
    /// The file.
    pub path: PathBuf,
    /// Its length, in bytes.
    pub size: u64,
    /// The time of its last change.
    pub changed: SystemTime,
    /// It was damaged, and the host set it aside.
    pub damaged: bool,
}

/// A store that cannot be listed, read or removed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoredStateError(String);

impl From<StateError> for StoredStateError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::InvalidKey(text) | StateError::Quota(text) | StateError::Io(text) => {
                Self(text)
            }
        }
    }
}

impl From<std::io::Error> for StoredStateError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl StateStore {
    /// All stores, by id. A directory that does not exist has none.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn stored(&self) -> Result<Vec<StoredState>, StoredStateError> {
        let entries = match std::fs::read_dir(self.place.dir()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            // A damaged file has a name behind that of the store.
            let Some((id, rest)) = name.split_once(SUFFIX) else {
                continue;
            };
            let metadata = entry.metadata()?;
            if metadata.is_file() {
                found.push(StoredState {
                    id: id.to_owned(),
                    path: entry.path(),
                    size: metadata.len(),
                    changed: metadata.modified()?,
                    damaged: !rest.is_empty(),
                });
            }
        }
        found.sort_by(|a, b| (&a.id, &a.path).cmp(&(&b.id, &b.path)));
        Ok(found)
    }

    /// The live keys of a skill, in order, with the length of each value; `None` if the skill has no store. Takes at
    /// most `budget` bytes for the keys, and for each value.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not what this host wrote.
    pub fn contents(
        &self,
        id: &str,
        budget: u64,
    ) -> Result<Option<Vec<(String, usize)>>, StoredStateError> {
        let read = self.with(id, false, |database| {
            let reading = Reading::begin(&database.begin_read()?)?;
            let keys = reading.keys("", now_ms(), budget)?;
            let mut sized = Vec::with_capacity(keys.len());
            for key in keys {
                if let Some(value) = reading.value(&key, now_ms(), budget)? {
                    sized.push((key, value.len()));
                }
            }
            Ok(sized)
        });
        Ok(read?)
    }

    /// One value of a skill, of at most `budget` bytes.
    ///
    /// # Errors
    ///
    /// Those of [`StateStore::contents`].
    pub fn value(
        &self,
        id: &str,
        key: &str,
        budget: u64,
    ) -> Result<Option<Vec<u8>>, StoredStateError> {
        let read = self.with(id, false, |database| {
            Reading::begin(&database.begin_read()?)?.value(key, now_ms(), budget)
        });
        Ok(read?.flatten())
    }

    /// Removes the store of a skill, and what was set aside of it. Returns how many files that were.
    ///
    /// # Errors
    ///
    /// When a run uses the store at the moment, or a file cannot be removed.
    pub fn remove(&self, id: &str) -> Result<usize, StoredStateError> {
        let mut removed = 0;
        for stored in self.stored()?.iter().filter(|stored| stored.id == id) {
            if !stored.damaged {
                match self.place.open(id, false) {
                    // The lock is redb's own: a run that has the file open would lose what it writes.
                    Ok(Some((file, _))) => file.try_lock().map_err(|_| {
                        StoredStateError(format!("a run uses the state of `{id}` at the moment"))
                    })?,
                    Ok(None) => continue,
                    Err(Fault::State(error)) => return Err(error.into()),
                    Err(Fault::Refused(why) | Fault::Damaged(why, _)) => {
                        return Err(StoredStateError(why));
                    }
                }
            }
            std::fs::remove_file(&stored.path)?;
            removed += 1;
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use super::super::{Quota, SkillState};
    use super::*;

    #[test]
    fn stores_are_listed_read_and_removed_one_by_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(StateStore::at(dir.path().join("skills")));
        assert_eq!(store.stored().unwrap(), []);
        let quota = Quota {
            bytes: 1 << 20,
            keys: 10,
        };
        for id in ["a-1", "b-2"] {
            let state = SkillState::new(Some((Arc::clone(&store), id.to_owned())), quota);
            state.set("seen", b"12345", None).unwrap();
            state.set("gone", b"x", Some(1)).unwrap();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        let stored = store.stored().unwrap();
        let ids: Vec<_> = stored.iter().map(|stored| stored.id.as_str()).collect();
        assert_eq!(ids, ["a-1", "b-2"]);
        let mode = std::fs::metadata(&stored[0].path).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        assert_eq!(
            store.contents("a-1", 1 << 20).unwrap().unwrap(),
            [("seen".to_owned(), 5)]
        );
        assert_eq!(
            store.value("a-1", "seen", 1 << 20).unwrap().unwrap(),
            b"12345"
        );
        assert_eq!(store.contents("c-3", 1 << 20).unwrap(), None);
        assert_eq!(store.remove("a-1").unwrap(), 1);
        assert_eq!(store.contents("a-1", 1 << 20).unwrap(), None);
        assert!(store.contents("b-2", 1 << 20).unwrap().is_some());
    }

    #[test]
    fn a_store_that_others_may_read_becomes_private_with_its_next_use() {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(StateStore::at(dir.path().join("skills")));
        let quota = Quota {
            bytes: 1 << 20,
            keys: 10,
        };
        let state = SkillState::new(Some((Arc::clone(&store), "a-1".to_owned())), quota);
        state.set("k", b"v", None).unwrap();
        let path = store.stored().unwrap()[0].path.clone();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        state.set("k", b"w", None).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
