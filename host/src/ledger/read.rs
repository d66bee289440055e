//! Bytes -> ledger. Names the first line that was changed. A last line that was torn is cut off: what it says did not
//! happen for the guest.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::{Duration, SystemTime};

use mcp_bridge::{json_memory, named_file};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::decision::{Decided, DriftedTool};
use super::entry::{Entry, RunGrant};
use super::error::LedgerError;
use super::file::{Chain, LedgerFile};
use super::lines::Ended;
use crate::recording::{Header, Line, MAX_BYTES, MAX_WEIGHT, VERSION, check_order};

/// How often a lock is tried for, and how long to wait between.
const TRIES: u32 = 20;
const MOMENT: Duration = Duration::from_millis(5);

/// Everything that a ledger says.
pub(super) struct Parts {
    pub(super) file: LedgerFile,
    pub(super) header: Header,
    pub(super) clock: Option<SystemTime>,
    pub(super) calls: Vec<Entry>,
    pub(super) events: u64,
    pub(super) grants: Vec<RunGrant>,
    pub(super) end: Option<Ended>,
}

pub(super) fn open(path: &Path) -> Result<Parts, LedgerError> {
    let read = |source: io::Error| LedgerError::Read {
        path: path.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let mut file =
        named_file::open_with(path, &options).map_err(|error| read(io::Error::other(error)))?;
    let mut tries = 0;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            // A process that is just started has the files of its parent for a moment, and their locks.
            Err(TryLockError::WouldBlock) if tries < TRIES => {
                tries += 1;
                std::thread::sleep(MOMENT);
            }
            Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse),
            Err(TryLockError::Error(error)) => return Err(read(error)),
        }
    }
    let mut bytes = Vec::new();
    (&mut file)
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(read)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(LedgerError::TooLarge);
    }
    parse(&bytes, file)
}

fn parse(bytes: &[u8], mut file: File) -> Result<Parts, LedgerError> {
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let bytes = &bytes[..whole];
    let mut chain = Chain::new();
    let mut weight = 0_usize;
    let mut header = None;
    let mut calls = Calls::default();
    for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = at + 1;
        let (body, next) = chain
            .follow(line)
            .ok_or(LedgerError::Changed { line: number })?;
        chain = next;
        weight = weight.saturating_add(json_memory(body));
        if weight > MAX_WEIGHT {
            return Err(wrong(
                number,
                "what was recorded takes too much memory".to_owned(),
            ));
        }
        let mut text = body.to_vec();
        text.push(b'}');
        match &header {
            None => header = Some(first(&text)?),
            Some(_) => calls
                .line(read(number, &text)?)
                .map_err(|why| wrong(number, why))?,
        }
    }
    let header: Header = header.ok_or_else(|| {
        wrong(
            1,
            "it is cut off: nothing of the run was written".to_owned(),
        )
    })?;
    let clock = header
        .clock
        .as_deref()
        .map(humantime::parse_rfc3339)
        .transpose();
    let clock = clock.map_err(|error| wrong(1, format!("`clock`: {error}")))?;
    check_order(calls.entries.iter().map(|entry| &entry.line))
        .map_err(|(n, why)| wrong(0, format!("call {n}: {why}")))?;
    file.set_len(whole as u64)?;
    file.seek(SeekFrom::Start(whole as u64))?;
    Ok(Parts {
        file: LedgerFile::go_on(file, chain, whole as u64),
        clock,
        header,
        calls: calls.entries,
        events: calls.events,
        grants: calls.grants,
        end: calls.end,
    })
}

fn first(text: &[u8]) -> Result<Header, LedgerError> {
    let header: Header = read(1, text)?;
    match header.version {
        VERSION => Ok(header),
        found => Err(wrong(
            1,
            format!("it has format {found}; this host reads format {VERSION}"),
        )),
    }
}

/// The lines after the first.
#[derive(Default)]
struct Calls {
    entries: Vec<Entry>,
    events: u64,
    grants: Vec<RunGrant>,
    end: Option<Ended>,
}

impl Calls {
    fn line(&mut self, line: Map<String, Value>) -> Result<(), String> {
        if line.get("end") == Some(&Value::Bool(true)) {
            let end = serde_json::from_value(line.into()).map_err(|error| error.to_string())?;
            self.end = Some(end);
            return Ok(());
        }
        let Some(n) = line.get("n").and_then(Value::as_u64) else {
            // Servers, tools, pauses, and what a later host writes.
            return Ok(());
        };
        match usize::try_from(n) {
            Ok(n) if line.contains_key("call") => self.start(n, line),
            Ok(n) => {
                let at = n.checked_sub(1).filter(|at| *at < self.entries.len());
                let at = at.ok_or_else(|| format!("call {n} did not begin"))?;
                self.further(at, line)
            }
            Err(_) => Err(format!("`n` is {n}")),
        }
    }

    fn start(&mut self, n: usize, mut line: Map<String, Value>) -> Result<(), String> {
        if n != self.entries.len() + 1 {
            return Err(format!("call {n} follows call {}", self.entries.len()));
        }
        let asks = match line.shift_remove("asks") {
            Some(Value::String(rule)) => Some(rule),
            Some(_) => return Err("`asks` is no text".to_owned()),
            None => None,
        };
        let covered = line.shift_remove("covered").is_some();
        let drift = drift(&mut line)?;
        let line = Line::of(line)?;
        self.events = line.began.ok_or("it has no `began`")?;
        let entry = Entry {
            sent: asks.is_none(),
            asks,
            line,
            drift,
            covered,
            decided: None,
            is_decided: false,
            dropped: false,
        };
        if covered {
            let of = (entry.field("server"), entry.field("tool"));
            if let Some(grant) = RunGrant::covering(&mut self.grants, of, entry.drift.as_ref()) {
                grant.left -= 1;
            }
        }
        self.entries.push(entry);
        Ok(())
    }

    fn further(&mut self, at: usize, mut line: Map<String, Value>) -> Result<(), String> {
        let Some(entry) = self.entries.get_mut(at) else {
            return Ok(());
        };
        if let Some(decision) = line.shift_remove("decision") {
            let decided: Decided =
                serde_json::from_value(decision).map_err(|error| error.to_string())?;
            let question = entry.question().ok_or("nothing was asked")?;
            self.grants.extend(RunGrant::of(&decided, &question));
            entry.decided = Some(decided);
            entry.is_decided = true;
        } else if let Some(asks) = line.shift_remove("asks") {
            // The definition of its tool is not the one that a person accepted.
            entry.asks = Some(asks.as_str().ok_or("`asks` is no text")?.to_owned());
            entry.drift = drift(&mut line)?;
            entry.decided = None;
            entry.is_decided = false;
        } else if line.contains_key("sent") {
            entry.sent = true;
            entry.is_decided = false;
        } else if line.contains_key("dropped") {
            entry.dropped = true;
        } else if let Some(answer) = line.shift_remove("answer") {
            if entry.line.answer.is_some() {
                return Err("it has two answers".to_owned());
            }
            let ended = line.get("ended").and_then(Value::as_u64);
            let ended = ended.ok_or("it has no `ended`")?;
            self.events = self.events.max(ended);
            entry.line.ended = Some(ended);
            entry.line.answer = Some(answer);
            entry.is_decided = false;
        }
        Ok(())
    }
}

/// What a line says of a tool that is not as it was pinned.
fn drift(line: &mut Map<String, Value>) -> Result<Option<DriftedTool>, String> {
    let drift = line.shift_remove("drift").map(serde_json::from_value);
    drift
        .transpose()
        .map_err(|error| format!("`drift`: {error}"))
}

fn read<T: DeserializeOwned>(number: usize, line: &[u8]) -> Result<T, LedgerError> {
    serde_json::from_slice(line).map_err(|error| wrong(number, error.to_string()))
}

fn wrong(line: usize, why: String) -> LedgerError {
    LedgerError::Line { line, why }
}
