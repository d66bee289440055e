//! The ledger of one run, as a process has it: where the run stands, what a person has to decide, and its calls.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::decision::{Decided, Question, QuestionKind};
use super::entry::{Entry, RunGrant};
use super::error::LedgerError;
use super::file::LedgerFile;
use super::lines::{CANCELLED, EXPIRED, EndLine, Ended};
use super::read::{self, KnownTool, Parts};
use super::recorded;

use crate::component::digest::Digest;
use crate::recording::{Header, InLine, Recording};
use crate::rules::determinism::Determinism;
use crate::rules::limits::Limits;
use crate::rules::policy::Hints;

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
    /// What the tools of the run said of themselves.
    hints: Vec<KnownTool>,
    pub(crate) end: Option<Ended>,
    /// It was written by an earlier part of the run.
    pub(crate) is_resumed: bool,
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
            hints: Vec::new(),
            end: None,
            is_resumed: false,
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
            hints,
            end,
        } = parts;
        Self {
            file,
            header,
            clock,
            calls,
            events,
            grants,
            hints,
            end,
            is_resumed: true,
        }
    }

    /// Where the run stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match &self.end {
            Some(_) => Standing::Ended,
            None if self.calls.iter().any(Entry::is_open) => Standing::Paused,
            None => Standing::Ready,
        }
    }

    /// What a person has to decide before the run goes on, in the order of the calls.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let calls = self.calls.iter().filter(|_| self.end.is_none());
        calls.filter_map(|entry| self.question(entry)).collect()
    }

    /// The first of these questions, as many as have room: at most so many, and at most so many bytes of lines are read
    /// for them. How many come after them.
    #[must_use]
    pub fn first_questions(&self, most: usize, bytes: usize) -> (Vec<Question>, usize) {
        let (mut room, mut first, mut more) = (bytes, Vec::new(), 0);
        let calls = self.calls.iter().filter(|_| self.end.is_none());
        for entry in calls.filter(|entry| entry.is_open()) {
            // One alone always comes.
            let fits = entry.start.bytes() <= room || first.is_empty();
            if more > 0 || first.len() == most || !fits {
                more += 1;
                continue;
            }
            room = room.saturating_sub(entry.start.bytes());
            first.extend(self.question(entry));
        }
        (first, more)
    }

    /// The tools that the skill or script imports, by server and name, with what their servers said of them when the
    /// run began.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = (&str, &str, Hints)> {
        let known = self.hints.iter();
        known.map(|known| (known.server.as_str(), known.tool.as_str(), known.hints))
    }

    fn question(&self, entry: &Entry) -> Option<Question> {
        if !entry.is_open() {
            return None;
        }
        let is_tool = &*entry.function == "tool";
        let kind = match &entry.asks {
            Some(rule) if !entry.sent => QuestionKind::Policy { rule: rule.clone() },
            _ => QuestionKind::Unanswered,
        };
        let call = self.call(entry);
        let arguments = call.as_ref().and_then(|call| call.get("arguments"));
        Some(Question {
            n: entry.n,
            function: entry.function.to_string(),
            server: entry.server.to_string(),
            tool: entry.tool.to_string(),
            arguments: match arguments.filter(|_| is_tool) {
                Some(arguments) => arguments.clone(),
                None => Value::Object(call.unwrap_or_default()),
            },
            kind,
            drift: entry.drift.clone(),
            earlier: entry.decisions,
        })
    }

    /// The fields of a call. `None` where its line cannot be read any more.
    pub(super) fn call(&self, entry: &Entry) -> Option<Map<String, Value>> {
        let line = self.file.line(&entry.start).ok()?;
        let mut call: Map<String, Value> = serde_json::from_slice(&line).ok()?;
        for key in ["n", "began", "asks", "covered", "refused", "drift"] {
            call.shift_remove(key);
        }
        Some(call)
    }

    /// What a tool of this run said of itself, when the run began.
    #[must_use]
    pub fn hints(&self, server: &str, tool: &str) -> Hints {
        let mut known = self.hints.iter();
        let known = known.find(|known| known.server == server && known.tool == tool);
        known.map(|known| known.hints).unwrap_or_default()
    }

    /// Whether a file is a ledger, and no other recording.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        recorded::is_ledger(path)
    }

    /// The ledger of a run that is over, as a recording: [`replay`](crate::replay) repeats it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, when a line was changed or is missing, and when the run is not over.
    pub fn recording(path: &Path) -> Result<Recording, LedgerError> {
        recorded::recording(path)
    }

    /// Writes what a person decided, and waits until it is on the disk.
    ///
    /// # Errors
    ///
    /// When there is no such question (any more), and when the file cannot be written.
    pub fn decide(&mut self, question: &Question, decided: Decided) -> Result<(), LedgerError> {
        let entry = question.n.checked_sub(1).and_then(|at| self.calls.get(at));
        let asked = entry.and_then(|entry| self.question(entry));
        if self.end.is_some() || asked.as_ref() != Some(question) {
            return Err(LedgerError::NotAsked { n: question.n });
        }
        self.file.append(&decided.line(question.n))?;
        // The line is in the file, whether it reaches the disk or not.
        if let Some(entry) = self.calls.get_mut(question.n - 1) {
            RunGrant::add(&mut self.grants, &decided, entry);
            entry.decided = Some(decided);
            entry.decisions = entry.decisions.saturating_add(1);
            entry.is_decided = true;
        }
        self.file.keep()?;
        Ok(())
    }

    /// Ends a run that will not go on.
    ///
    /// # Errors
    ///
    /// When the run is over, and when the file cannot be written.
    pub fn cancel(&mut self, why: &str) -> Result<(), LedgerError> {
        self.give_up(CANCELLED, why)
    }

    /// Ends a run for which its user did not decide in time.
    ///
    /// # Errors
    ///
    /// As for [`Ledger::cancel`].
    pub fn expire(&mut self) -> Result<(), LedgerError> {
        self.give_up(EXPIRED, "no decision came in time")
    }

    fn give_up(&mut self, how: &'static str, why: &str) -> Result<(), LedgerError> {
        if let Some(outcome) = self.outcome() {
            let outcome = outcome.to_owned();
            return Err(LedgerError::Ended { outcome });
        }
        let mut detail = Map::new();
        detail.insert("message".to_owned(), why.into());
        self.file.append(&EndLine {
            end: true,
            outcome: how,
            detail: &detail,
            result: &InLine::Nothing,
            fuel: 0,
        })?;
        self.file.keep()?;
        self.end = Some(Ended {
            outcome: how.to_owned(),
            result: Value::Null,
        });
        Ok(())
    }

    /// How the run ended, by its name in a report; `None` if it can go on.
    #[must_use]
    pub fn outcome(&self) -> Option<&str> {
        self.end.as_ref().map(|end| end.outcome.as_str())
    }

    /// Whether the run is over because its user did not decide in time.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        self.outcome() == Some(EXPIRED)
    }

    /// The result of a run that finished, as JSON text.
    #[must_use]
    pub fn result(&self) -> Option<String> {
        let end = self.end.as_ref().filter(|end| end.outcome == "finished");
        end.map(|end| end.result.to_string())
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
