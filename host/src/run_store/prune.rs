//! Which runs make room for others: those that are too old, too many, or too large together. Those in use stay.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, SystemTime};

use super::{LEDGER, RunStore, RunStoreError, is_id};
use crate::ledger::LedgerError;

/// How long a run is kept after it began.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The most runs that are kept. The oldest make room.
const MOST: u64 = 1_000;

/// The most bytes that the ledgers of all kept runs have together.
const LARGEST: u64 = 1 << 30;

/// Of both, the part of one of several users: the others keep theirs.
const PART: u64 = 4;

/// What was kept so far.
#[derive(Default)]
struct Kept {
    runs: u64,
    bytes: u64,
}

impl Kept {
    fn add(&mut self, bytes: u64) {
        self.runs += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

impl RunStore {
    /// The longest time for which a run is kept.
    pub const KEPT: Duration = KEPT;

    /// Removes the runs that are too old, too many or too large, but for those in use. Returns how many these were.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn prune(&self, older: Option<Duration>) -> Result<usize, RunStoreError> {
        let now = SystemTime::now();
        let older = older.unwrap_or(KEPT);
        let (mut removed, mut all) = (0, Kept::default());
        let mut of_owner: HashMap<String, Kept> = HashMap::new();
        for run in self.list()? {
            let age = now.duration_since(run.began).unwrap_or_default();
            let bytes = self.ledger_bytes(&run.id);
            let own = run.owner.as_ref().map(|owner| owner.id.clone());
            let own = own.map(|id| of_owner.entry(id).or_default());
            let is_much = own.is_some_and(|own| {
                own.add(bytes);
                own.runs > MOST / PART || own.bytes > LARGEST / PART
            });
            all.add(bytes);
            if age <= older && !is_much && all.runs <= MOST && all.bytes <= LARGEST {
                continue;
            }
            match self.remove(&run.id) {
                Ok(()) => removed += 1,
                Err(RunStoreError::Ledger(LedgerError::InUse)) => {}
                Err(error) => {
                    let error = mcp_bridge::with_causes(&error);
                    tracing::warn!(run = run.id, error, "the run is not removed");
                }
            }
        }
        self.sweep(older);
        Ok(removed)
    }

    /// Makes room for others, at one new run of 32: to look through all runs for each would take too long.
    pub(super) fn make_room(&self, id: &str) {
        if id.ends_with('0')
            && let Err(error) = self.prune(None)
        {
            let error = mcp_bridge::with_causes(&error);
            tracing::warn!(error, "old runs are not removed");
        }
    }

    /// The size of a ledger; 0 where there is none.
    #[must_use]
    pub fn ledger_bytes(&self, id: &str) -> u64 {
        let path = self.path(id).map(|dir| dir.join(LEDGER));
        let found = path.ok().and_then(|path| fs::metadata(path).ok());
        found.map_or(0, |found| found.len())
    }

    /// Removes what a process left that was killed before it had written what its run is.
    fn sweep(&self, older: Duration) {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        for entry in entries {
            let name = entry.file_name();
            let changed = entry.metadata().and_then(|found| found.modified());
            let age = changed.ok().and_then(|changed| changed.elapsed().ok());
            if let Some(id) = name.to_str().filter(|name| is_id(name))
                && age.is_some_and(|age| age > older)
                && matches!(self.info(id), Err(RunStoreError::NotFound(_)))
                && let Err(error) = self.remove(id)
            {
                let error = mcp_bridge::with_causes(&error);
                tracing::warn!(run = id, error, "the run is not removed");
            }
        }
    }
}
