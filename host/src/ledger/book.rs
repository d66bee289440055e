//! The ledger of one run, as a process has it: where the run stands, what a person has to decide, and its calls.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::decision::{Decided, Question};
use super::entry::{Entry, RunGrant};
use super::error::LedgerError;
use super::file::LedgerFile;
use super::lines::{EndLine, Ended};
use super::read::{self, Parts};

use crate::component::digest::Digest;
use crate::recording::{Header, InLine};
use crate::rules::determinism::Determinism;
use crate::rules::limits::Limits;

/// The outcome of a run that does not go on.
const CANCELLED: &str = "cancelled";

/// The ledger of one run. Only one process has it at a time.
pub struct Ledger {
    pub(crate) file: LedgerFile,
    pub(crate) header: Header,
    pub(crate) clock: Option<SystemTime>,
    pub(crate) calls: Vec<Entry>,
    /// Starts and answers so far.
    pub(crate) events: u64,
    /// What a person allowed for the rest of the run.
    pub(crate) grants: Vec<RunGrant>,
    pub(crate) end: Option<Ended>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It waits for a person.
    Paused,
    /// A person decided everything that it waited for, or its process ended before it did: it can go on.
    Ready,
    /// It is over.
    Ended,
}

impl Ledger {
    /// Begins the ledger of a run in this new file, and locks it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn begin(file: File, header: Header, servers: &[Value]) -> io::Result<Self> {
        let mut file = LedgerFile::begin(file)?;
        file.append(&header)?;
        for line in servers {
            file.append(line)?;
        }
        let clock = header.clock.as_deref().map(humantime::parse_rfc3339);
        Ok(Self {
            file,
            clock: clock.transpose().map_err(io::Error::other)?,
            header,
            calls: Vec::new(),
            events: 0,
            grants: Vec::new(),
            end: None,
        })
    }

    /// Reads the ledger of a run, checks that it is unchanged, and locks it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, when another process has it, and when a line was changed or is missing.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Ok(Self::of(read::open(path)?))
    }

    pub(super) fn of(parts: Parts) -> Self {
        let Parts {
            file,
            header,
            clock,
            calls,
            events,
            grants,
            end,
        } = parts;
        Self {
            file,
            header,
            clock,
            calls,
            events,
            grants,
            end,
        }
    }

    /// Where the run stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match &self.end {
            Some(_) => Standing::Ended,
            None if self.questions().is_empty() => Standing::Ready,
            None => Standing::Paused,
        }
    }

    /// What a person has to decide before the run goes on, in the order of the calls.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let calls = self.calls.iter().filter(|_| self.end.is_none());
        calls.filter_map(Entry::question).collect()
    }

    /// Writes what a person decided, and waits until it is on the disk.
    ///
    /// # Errors
    ///
    /// When there is no such question (any more), and when the file cannot be written.
    pub fn decide(&mut self, question: &Question, decided: Decided) -> Result<(), LedgerError> {
        let entry = question.n.checked_sub(1).and_then(|at| self.calls.get(at));
        let asked = entry.and_then(Entry::question);
        if self.end.is_some() || asked.as_ref() != Some(question) {
            return Err(LedgerError::NotAsked { n: question.n });
        }
        self.file.append(&decided.line(question.n))?;
        self.file.keep()?;
        if let Some(grant) = RunGrant::of(&decided, question) {
            self.grants.push(grant);
        }
        if let Some(entry) = self.calls.get_mut(question.n - 1) {
            entry.decided = Some(decided);
            entry.is_decided = true;
        }
        Ok(())
    }

    /// Ends a run that will not go on.
    ///
    /// # Errors
    ///
    /// When the run is over, and when the file cannot be written.
    pub fn cancel(&mut self, why: &str) -> Result<(), LedgerError> {
        if let Some(outcome) = self.outcome() {
            let outcome = outcome.to_owned();
            return Err(LedgerError::Ended { outcome });
        }
        let mut detail = Map::new();
        detail.insert("message".to_owned(), why.into());
        self.file.append(&EndLine {
            end: true,
            outcome: CANCELLED,
            detail: &detail,
            result: &InLine::Nothing,
            fuel: 0,
        })?;
        self.file.keep()?;
        self.end = Some(Ended {
            outcome: CANCELLED.to_owned(),
            result: Value::Null,
        });
        Ok(())
    }

    /// How the run ended, by its name in a report; `None` if it can go on.
    #[must_use]
    pub fn outcome(&self) -> Option<&str> {
        self.end.as_ref().map(|end| end.outcome.as_str())
    }

    /// The result of a run that finished, as JSON text.
    #[must_use]
    pub fn result(&self) -> Option<String> {
        let end = self.end.as_ref().filter(|end| end.outcome == "finished");
        end.map(|end| end.result.to_string())
    }

    /// Each call that was made so far, in order.
    pub fn calls(&self) -> impl ExactSizeIterator<Item = LedgerCall<'_>> {
        self.calls.iter().map(LedgerCall)
    }

    /// Digest of the skill or script, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.header.digest
    }

    /// The input of the run.
    #[must_use]
    pub fn input(&self) -> &str {
        self.header.input.get()
    }

    /// The limits with which the run began.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.header.limits
    }

    /// Whether the run is one of this skill or script.
    pub(crate) fn is_of(&self, digest: &Digest) -> bool {
        self.header.digest == digest.to_string()
    }

    pub(crate) fn fixed(&self) -> Determinism {
        Determinism {
            seed: self.header.seed,
            clock: self.clock,
        }
    }
}

/// A call in a ledger.
#[derive(Clone, Copy)]
pub struct LedgerCall<'a>(pub(super) &'a Entry);

impl<'a> LedgerCall<'a> {
    /// The function: `tool`, `read-file` and so on.
    #[must_use]
    pub fn function(&self) -> &'a str {
        self.field("call")
    }

    /// The server, of a call of a tool.
    #[must_use]
    pub fn server(&self) -> &'a str {
        self.field("server")
    }

    /// The tool, of a call of a tool.
    #[must_use]
    pub fn tool(&self) -> &'a str {
        self.field("tool")
    }

    /// The arguments, of a call of a tool.
    #[must_use]
    pub fn arguments(&self) -> Option<&'a Value> {
        self.0.line.call.get("arguments")
    }

    /// The number of the event at which it began.
    #[must_use]
    pub fn began(&self) -> u64 {
        self.0.line.began.unwrap_or_default()
    }

    /// The number of the event at which its answer came; `None` if none came.
    #[must_use]
    pub fn ended(&self) -> Option<u64> {
        self.0.line.ended
    }

    /// Whether it left for its server.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        self.0.sent
    }

    /// The rule that asked for a decision, if one did.
    #[must_use]
    pub fn asked(&self) -> Option<&'a str> {
        self.0.asks.as_deref()
    }

    /// What a person decided.
    #[must_use]
    pub fn decided(&self) -> Option<&'a Decided> {
        self.0.decided.as_ref()
    }

    /// Whether its answer is an error.
    #[must_use]
    pub fn failed(&self) -> bool {
        let answer = self.0.line.answer.as_ref();
        answer.is_some_and(|answer| answer.get("result").is_none())
    }

    fn field(&self, name: &str) -> &'a str {
        let value = self.0.line.call.get(name);
        value.and_then(Value::as_str).unwrap_or_default()
    }
}
