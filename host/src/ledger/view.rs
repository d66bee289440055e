//! A ledger as it was at one moment, for a person who looks. Reading it takes no lock, so that it never stops a run,
//! and changes nothing: a torn last line stays.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use mcp_bridge::named_file;
use serde_json::Value;

use super::book::{Ledger, Standing};
use super::call::LedgerCall;
use super::error::LedgerError;
use super::read;

/// A ledger as it was at one moment.
pub struct LedgerView {
    ledger: Ledger,
    is_in_use: bool,
}

/// How far a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    /// It waits for a decision, or for its turn.
    Waits,
    /// The user allowed it, and it has not left yet.
    Allowed,
    /// It left, and no answer is on record.
    Unanswered,
    /// The user refused it.
    Refused,
    /// Its answer is an error.
    Failed,
    /// It has an answer.
    Done,
}

impl LedgerView {
    /// Reads a ledger, and checks that it is unchanged.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and when a line was changed or is missing.
    pub(crate) fn read(path: &Path) -> Result<Self, LedgerError> {
        let failed = |source: io::Error| LedgerError::Read {
            path: path.to_owned(),
            source,
        };
        let file = named_file::open(path).map_err(|error| failed(io::Error::other(error)))?;
        let is_in_use = is_in_use(&file).map_err(failed)?;
        let parts = read::look(file)?;
        Ok(Self {
            ledger: Ledger::of(parts),
            is_in_use,
        })
    }

    /// What it says. It cannot be written.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether a process has it: the run goes on, or a decision about it is written.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.is_in_use
    }

    /// Where the run stands, in one word. `is_expired` says that it waited for too long.
    #[must_use]
    pub fn word(&self, is_expired: bool) -> &str {
        match self.ledger.standing() {
            Standing::Ended => self.ledger.outcome().unwrap_or_default(),
            _ if self.is_in_use => "running",
            Standing::Paused if is_expired => "expired",
            Standing::Paused => "paused",
            Standing::Ready => "ready",
        }
    }
}

/// A ledger without a line is one that its process is about to lock: a lock here would be in its way.
fn is_in_use(file: &File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl CallState {
    /// In words. `may_have_changed` says that the call may have had an effect.
    #[must_use]
    pub fn words(self, may_have_changed: bool) -> &'static str {
        match (self, may_have_changed) {
            (Self::Waits, _) => "waits",
            (Self::Allowed, _) => "allowed",
            (Self::Unanswered, _) => "sent, no answer: may have had its effect",
            (Self::Refused, _) => "refused by the user",
            (Self::Failed, true) => "failed, may have changed something",
            (Self::Failed, false) => "failed",
            (Self::Done, true) => "done, may have changed something",
            (Self::Done, false) => "done",
        }
    }
}

impl LedgerCall<'_> {
    /// How far it came.
    #[must_use]
    pub fn state(&self) -> CallState {
        let allowed = self.decided().map(|decided| decided.allow);
        match (self.ended(), self.was_sent()) {
            (Some(_), _) if allowed == Some(false) => CallState::Refused,
            (None, false) if allowed == Some(false) => CallState::Refused,
            (None, false) if allowed == Some(true) => CallState::Allowed,
            (Some(_), _) if self.failed() => CallState::Failed,
            (Some(_), _) => CallState::Done,
            (None, true) => CallState::Unanswered,
            (None, false) => CallState::Waits,
        }
    }

    /// Bytes of its arguments and of its answer, as JSON.
    #[must_use]
    pub fn bytes(&self) -> (usize, usize) {
        let answer = self.entry.answer.as_ref();
        // Read and forgotten: the arguments of all calls together may be large.
        let call = self.ledger.call(self.entry);
        let arguments = call.as_ref().and_then(|call| call.get("arguments"));
        (
            arguments.map_or(0, length),
            answer.map_or(0, |answer| answer.bytes),
        )
    }
}

/// Bytes of a value as JSON.
fn length(value: &Value) -> usize {
    struct Counted(usize);
    impl io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counted = Counted(0);
    // A value of JSON is always written.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}
