//! The runs of a store for a person who looks: without locks, and with stamps that say what changed since. Changes
//! nothing.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;

use super::{INFO, LEDGER, RunInfo, RunStore, RunStoreError, is_id};
use crate::ledger::LedgerView;

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// In one word.
    pub word: String,
    /// Whether its ledger was read whole, and is unchanged.
    pub is_checked: bool,
}

/// Changes with the description or the ledger of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RunStamp {
    info: (i64, i64, u64),
    ledger: (i64, i64, u64),
}

impl RunStore {
    /// The ledger of a run as it is now, also while another process has it.
    ///
    /// # Errors
    ///
    /// When there is no such run, and when its ledger cannot be read or was changed.
    pub fn look(&self, id: &str) -> Result<LedgerView, RunStoreError> {
        let dir = self.path(id)?;
        if !dir.is_dir() {
            return Err(RunStoreError::NotFound(id.to_owned()));
        }
        Ok(LedgerView::read(&dir.join(LEDGER))?)
    }

    /// Where a run stands. The hashes of its ledger are compared if it has no more bytes than `room`, which it takes.
    /// Otherwise the end of the ledger alone is read; where only all of it says where the run stands, that is
    /// `unknown`.
    ///
    /// # Errors
    ///
    /// As for [`Self::look`].
    pub fn glance(&self, info: &RunInfo, room: &mut u64) -> Result<Glance, RunStoreError> {
        let dir = self.path(&info.id)?;
        if !dir.is_dir() {
            return Err(RunStoreError::NotFound(info.id.clone()));
        }
        let (is_expired, path) = (info.is_expired(), dir.join(LEDGER));
        let left = room.checked_sub(self.ledger_bytes(&info.id));
        *room = left.unwrap_or(*room);
        let at_its_end = LedgerView::glance(&path, is_expired)?;
        let word = match (at_its_end, left) {
            (Some(word), None) => word,
            (None, None) => "unknown".to_owned(),
            (Some(word), Some(_)) => LedgerView::check(&path).map(|()| word)?,
            (None, Some(_)) => self.look(&info.id)?.word(is_expired).to_owned(),
        };
        Ok(Glance {
            word,
            is_checked: left.is_some(),
        })
    }

    /// The ids of all runs in no order, each with its stamp.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn stamps(&self) -> Result<Vec<(String, RunStamp)>, RunStoreError> {
        let failed = |source| RunStoreError::File {
            path: self.dir.clone(),
            source,
        };
        let mut stamps = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if let Some(id) = name.to_str().filter(|name| is_id(name)) {
                stamps.push((id.to_owned(), self.stamp(id)));
            }
        }
        Ok(stamps)
    }

    /// The stamp of one run; that of no run where there is none.
    #[must_use]
    pub fn stamp(&self, id: &str) -> RunStamp {
        let Ok(dir) = self.path(id) else {
            return RunStamp::default();
        };
        let of = |file: &str| stamp(fs::metadata(dir.join(file)));
        RunStamp {
            info: of(INFO),
            ledger: of(LEDGER),
        }
    }
}

fn stamp(metadata: io::Result<Metadata>) -> (i64, i64, u64) {
    metadata.map_or_else(
        // A file that is not there yet.
        |_| (0, 0, 0),
        |metadata| (metadata.mtime(), metadata.mtime_nsec(), metadata.len()),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::io::Write as _;
    use std::time::SystemTime;

    use serde_json::json;

    use super::*;
    use crate::ledger::{CallState, Ledger};
    use crate::recording::Header;
    use crate::rules::limits::Limits;
    use crate::run_store::RunInfo;

    const ID: &str = "r_7f3k2m9q";

    fn store() -> (tempfile::TempDir, RunStore, Ledger) {
        let dir = tempfile::tempdir().unwrap();
        let store = RunStore::open(dir.path().join("runs")).unwrap();
        let info = json!({ "id": ID, "began": "2026-11-30T10:00:00Z", "by": "serve", "name": "script.ts" });
        let info: RunInfo = serde_json::from_value(info).unwrap();
        assert!(info.began < SystemTime::now());
        let file = store.create(&info, Some(b"export default 1")).unwrap();
        let header = Header {
            version: 1,
            digest: "00".to_owned(),
            input: serde_json::from_str("{}").unwrap(),
            invoke: None,
            seed: None,
            clock: None,
            limits: Limits::default(),
        };
        let mut ledger = Ledger::begin(file, header, &[]).unwrap();
        let call = |n: u32| json!({ "n": n, "call": "tool", "server": "s", "tool": "t", "arguments": { "n": n }, "began": n });
        ledger.file.append(&call(1)).unwrap();
        let answer = json!({ "n": 1, "ended": 2, "answer": { "result": "four" } });
        ledger.file.append(&answer).unwrap();
        let mut asks = call(2);
        asks["began"] = 3.into();
        asks["asks"] = "a rule".into();
        ledger.file.append(&asks).unwrap();
        (dir, store, ledger)
    }

    #[test]
    fn a_ledger_is_read_while_its_process_has_it_and_stays_as_it_is() {
        let (dir, store, ledger) = store();
        let path = dir.path().join("runs").join(ID).join(LEDGER);
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"n\":3,\"torn").unwrap();
        let before = fs::read(&path).unwrap();
        let view = store.look(ID).unwrap();
        assert_eq!((view.is_in_use(), view.word(false)), (true, "running"));
        let states: Vec<_> = view.ledger().calls().map(|call| call.state()).collect();
        assert_eq!(states, [CallState::Done, CallState::Waits]);
        let bytes = view.ledger().calls().map(|call| call.answer_bytes());
        assert_eq!(bytes.collect::<Vec<_>>(), [6, 0]);
        assert_eq!(view.progress(), (2, 0));
        assert_eq!(fs::read(&path).unwrap(), before);
        drop(ledger);
        let view = store.look(ID).unwrap();
        assert_eq!((view.word(false), view.word(true)), ("paused", "expired"));
        assert_eq!(view.ledger().questions().len(), 1);
        // Nothing holds it: the run can go on.
        assert!(store.ledger(ID).is_ok());
        assert!(fs::read(&path).unwrap().len() < before.len());
    }

    #[test]
    fn a_glance_checks_what_has_room_and_reads_the_end_alone_of_the_rest() {
        let (dir, store, mut ledger) = store();
        let path = dir.path().join("runs").join(ID).join(LEDGER);
        let glance = |room: u64| {
            let mut left = room;
            let info = store.info(ID).unwrap();
            let glance = store.glance(&info, &mut left).unwrap();
            assert_eq!(glance.is_checked, left < room);
            (glance.word, room - left)
        };
        assert_eq!(glance(0), ("running".to_owned(), 0));
        drop(ledger);
        // Its process ended before it had written that the run waits.
        let bytes = fs::metadata(&path).unwrap().len();
        assert_eq!(glance(bytes), ("paused".to_owned(), bytes));
        assert_eq!(glance(bytes - 1), ("unknown".to_owned(), 0));
        ledger = store.ledger(ID).unwrap();
        ledger.file.append(&crate::ledger::pause_line()).unwrap();
        drop(ledger);
        assert_eq!(glance(0), ("paused".to_owned(), 0));
        let mut info = store.info(ID).unwrap();
        info.expires = Some(SystemTime::UNIX_EPOCH);
        store.write(&info).unwrap();
        assert_eq!(glance(0), ("expired".to_owned(), 0));
        ledger = store.ledger(ID).unwrap();
        ledger.expire().unwrap();
        drop(ledger);
        assert_eq!(glance(0), ("expired".to_owned(), 0));
        // A torn line after it does not hide how the run ended from a whole look.
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"torn").unwrap();
        assert_eq!(glance(u64::MAX).0, "expired");
    }

    #[test]
    fn a_glance_names_a_line_that_was_changed_also_where_the_end_says_enough() {
        let (dir, store, mut ledger) = store();
        ledger.file.append(&crate::ledger::pause_line()).unwrap();
        drop(ledger);
        let path = dir.path().join("runs").join(ID).join(LEDGER);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("a rule", "a role")).unwrap();
        let info = store.info(ID).unwrap();
        let unchecked = store.glance(&info, &mut 0).unwrap();
        assert_eq!(
            (unchecked.word.as_str(), unchecked.is_checked),
            ("paused", false)
        );
        let mut room = u64::MAX;
        let found = store.glance(&info, &mut room).unwrap_err().to_string();
        assert!(
            found.starts_with("line 4 of the ledger was changed"),
            "{found}"
        );
    }

    #[test]
    fn the_first_questions_are_bounded_and_the_others_counted() {
        let (dir, _store, mut ledger) = store();
        for n in 3..6 {
            let text = "x".repeat(1_000);
            let call = json!({ "n": n, "call": "tool", "server": "s", "tool": "t", "arguments": { "text": text },
                "began": n + 1, "asks": "a rule" });
            ledger.file.append(&call).unwrap();
        }
        let path = dir.path().join("runs").join(ID).join(LEDGER);
        drop(ledger);
        let ledger = Ledger::open(&path).unwrap();
        let first = |most, bytes| {
            let (first, more) = ledger.first_questions(most, bytes);
            (first.len(), more)
        };
        assert_eq!(first(9, usize::MAX), (4, 0));
        assert_eq!(first(3, usize::MAX), (3, 1));
        assert_eq!(first(9, 2_500), (3, 1));
        assert_eq!(first(9, 0), (1, 3));
        assert_eq!(ledger.open_calls().count(), 4);
    }

    #[test]
    fn a_ledger_that_was_changed_is_not_shown() {
        let (dir, store, ledger) = store();
        drop(ledger);
        let path = dir.path().join("runs").join(ID).join(LEDGER);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("a rule", "a role")).unwrap();
        let error = store.look(ID).err().unwrap().to_string();
        assert!(
            error.starts_with("line 4 of the ledger was changed"),
            "{error}"
        );
    }

    #[test]
    fn a_stamp_changes_with_the_ledger_and_with_the_description() {
        let (_dir, store, mut ledger) = store();
        let first = store.stamps().unwrap();
        assert_eq!(first, store.stamps().unwrap());
        ledger.cancel("enough").unwrap();
        let second = store.stamps().unwrap();
        assert_ne!(first, second);
        let mut info = store.info(ID).unwrap();
        info.expires = Some(SystemTime::now());
        store.write(&info).unwrap();
        assert_ne!(second, store.stamps().unwrap());
        assert!(matches!(
            store.look("r_00000000"),
            Err(RunStoreError::NotFound(_))
        ));
    }
}
