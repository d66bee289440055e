//! A ledger as it was at one moment, for a person who looks. Reading it takes no lock, so that it never stops a run,
//! and changes nothing: a torn last line stays.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use mcp_bridge::named_file;

use super::book::{Ledger, Standing};
use super::call::LedgerCall;
use super::error::LedgerError;
use super::glance::{self, LastLine};
use super::{read, walk};

/// A ledger as it was at one moment.
pub struct LedgerView {
    ledger: Ledger,
    is_in_use: bool,
    changed: Option<SystemTime>,
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
        let changed = file.metadata().and_then(|file| file.modified()).ok();
        let parts = read::look(file)?;
        Ok(Self {
            ledger: Ledger::of(parts),
            is_in_use,
            changed,
        })
    }

    /// Compares the hash of each line, and reads nothing else of them.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and when a line was changed or is missing.
    pub(crate) fn check(path: &Path) -> Result<(), LedgerError> {
        let file = named_file::open(path).map_err(|error| LedgerError::Read {
            path: path.to_owned(),
            source: io::Error::other(error),
        })?;
        walk::each_line(&file, |_, _, _| Ok(())).map(drop)
    }

    /// Where the run stands, in one word as [`Self::word`] gives it, from the end of its ledger; `None` where only all
    /// of it says that. Checks no hash.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(crate) fn glance(path: &Path, is_expired: bool) -> Result<Option<String>, LedgerError> {
        let failed = |source: io::Error| LedgerError::Read {
            path: path.to_owned(),
            source,
        };
        let file = named_file::open(path).map_err(|error| failed(io::Error::other(error)))?;
        let last = glance::last_line(&file).map_err(failed)?;
        if let LastLine::Ended(outcome) = last {
            return Ok(Some(outcome));
        }
        if is_in_use(&file).map_err(failed)? {
            return Ok(Some("running".to_owned()));
        }
        let word = if is_expired { "expired" } else { "paused" };
        Ok((last == LastLine::Paused).then(|| word.to_owned()))
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

    /// When its last line was written, as the file system has it.
    #[must_use]
    pub fn changed(&self) -> Option<SystemTime> {
        self.changed
    }

    /// How far the calls of its tools came: how many there are, and how many of them left and have no answer.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let calls = self.ledger.calls();
        let calls = calls.filter(|call| call.function() == "tool");
        calls.fold((0, 0), |(all, open), call| {
            let is_open = call.state() == CallState::Unanswered;
            (all + 1, open + usize::from(is_open))
        })
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

    /// Bytes of its line in the ledger, which are read for its arguments.
    #[must_use]
    pub fn line_bytes(&self) -> usize {
        self.entry.start.bytes()
    }

    /// Bytes of its answer, as JSON. Reads nothing.
    #[must_use]
    pub fn answer_bytes(&self) -> usize {
        self.entry.answer.as_ref().map_or(0, |answer| answer.bytes)
    }
}
