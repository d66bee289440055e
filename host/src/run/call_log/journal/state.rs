//! What a journal has written, and what of its ledger has happened again.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::ledger::{DriftedTool, LedgerFile, RunGrant};
use crate::recording::{Call, Difference};
use crate::run::call_log::order::Order;

pub(super) struct State {
    pub(super) file: LedgerFile,
    pub(super) started: usize,
    /// Starts and answers in the file.
    pub(super) events: u64,
    /// Recorded events that happened again.
    pub(super) order: Order,
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
        self.write(|file| file.append(line))
    }

    /// The same for a line that may be long.
    pub(super) fn append_long(&mut self, line: &impl serde::Serialize) -> io::Result<()> {
        self.write(|file| file.append_long(line))
    }

    fn write(&mut self, write: impl FnOnce(&mut LedgerFile) -> io::Result<()>) -> io::Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.kind().into());
        }
        let written = write(&mut self.file);
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
