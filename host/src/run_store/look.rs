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
