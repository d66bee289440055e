//! What a journal has written, and what of its ledger has happened again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::ledger::{DriftedTool, LedgerFile, RunGrant};
use crate::recording::{Call, Difference};

pub(super) struct State {
    pub(super) file: LedgerFile,
    pub(super) started: usize,
    /// Starts and answers in the file.
    pub(super) events: u64,
    /// Recorded events that happened again, beyond `passed`.
    pub(super) happened: BTreeSet<u64>,
    /// The number of the first recorded event that has not happened again, less one.
    pub(super) passed: u64,
    /// The calls that wait for a recorded event, by it.
    pub(super) waiting: BTreeMap<u64, Waker>,
    /// Calls without an answer that wait for no person.
    pub(super) in_flight: usize,
    /// Those of them that servers have.
    pub(super) at_servers: usize,
    /// Calls that wait for a person.
    pub(super) asking: VecDeque<(usize, Waker)>,
    pub(super) grants: Vec<RunGrant>,
    pub(super) difference: Option<Difference>,
    pub(super) failed: Option<io::Error>,
    /// The guest does not run any more.
    pub(super) is_over: bool,
}

/// The state of a journal, which its calls share.
pub(super) struct Shared(Mutex<State>);

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self(Mutex::new(state))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// After the first error, nothing is written any more.
    pub(super) fn append(&mut self, line: &impl serde::Serialize) -> io::Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.kind().into());
        }
        let written = self.file.append(line);
        written.map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }

    /// The first error of a write, in place of one that only has its kind.
    pub(super) fn cause(&mut self, error: io::Error) -> io::Error {
        self.failed.take().unwrap_or(error)
    }

    pub(super) fn covering(
        &mut self,
        call: &Call,
        drift: Option<&DriftedTool>,
    ) -> Option<&mut RunGrant> {
        match call {
            Call::Tool { server, tool, .. } => {
                RunGrant::covering(&mut self.grants, (server, tool), drift)
            }
            _ => None,
        }
    }

    pub(super) fn wake_asking(&self) {
        if let Some((_, waker)) = self.asking.front() {
            waker.wake_by_ref();
        }
    }
}
