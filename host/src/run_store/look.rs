//! The runs of a store for a person who looks: without locks, and with stamps that say what changed since. Changes
//! nothing.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;

use super::{INFO, LEDGER, RunStore, RunStoreError, is_id};
use crate::ledger::LedgerView;

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
                let of = |file: &str| stamp(fs::metadata(self.dir.join(id).join(file)));
                let stamp = RunStamp {
                    info: of(INFO),
                    ledger: of(LEDGER),
                };
                stamps.push((id.to_owned(), stamp));
            }
        }
        Ok(stamps)
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
        let bytes: Vec<_> = view.ledger().calls().map(|call| call.bytes()).collect();
        assert_eq!(bytes, [(7, 6), (7, 0)]);
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
