//! Lines -> ledger. Arguments and answers stay in the file; what is kept of a call is small.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;
use std::sync::OnceLock;
use std::time::SystemTime;

use mcp_bridge::{Tool, json_memory};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::decision::{Decided, DriftedTool};
use super::entry::{Answer, Entry, RunGrant};
use super::error::LedgerError;
use super::file::{LedgerFile, Part};
use super::lines::Ended;
use super::walk::{self, cut_off, wrong};
use crate::recording::{Header, MAX_WEIGHT, check_order};
use crate::rules::policy::Hints;

/// Everything that a ledger says.
pub(super) struct Parts {
    pub(super) file: LedgerFile,
    pub(super) header: Header,
    pub(super) clock: Option<SystemTime>,
    pub(super) calls: Vec<Entry>,
    pub(super) events: u64,
    pub(super) grants: Vec<RunGrant>,
    pub(super) hints: Vec<KnownTool>,
    pub(super) end: Option<Ended>,
}

/// What a tool of the run said of itself.
pub(crate) struct KnownTool {
    pub(super) server: String,
    pub(super) tool: String,
    pub(super) hints: Hints,
}

pub(super) fn open(path: &Path) -> Result<Parts, LedgerError> {
    let mut parts = parse(walk::locked(path)?)?;
    parts.file.cut()?;
    Ok(parts)
}

/// The same of a file that is neither locked nor changed.
pub(super) fn look(file: File) -> Result<Parts, LedgerError> {
    parse(file)
}

fn parse(file: File) -> Result<Parts, LedgerError> {
    let mut header = None;
    let mut calls = Calls::default();
    let (chain, whole) = walk::each_line(&file, |number, part, text| {
        match &header {
            None => header = Some(walk::header(text)?),
            Some(_) => {
                if json_memory(text) > MAX_WEIGHT {
                    return Err(too_heavy(number));
                }
                let line = walk::read(number, text)?;
                calls.line(part, line).map_err(|why| wrong(number, why))?;
                if calls.weight > MAX_WEIGHT {
                    return Err(too_heavy(number));
                }
            }
        }
        Ok(())
    })?;
    let header: Header = header.ok_or_else(cut_off)?;
    let clock = header.clock.as_deref().map(humantime::parse_rfc3339);
    let clock = clock.transpose();
    let clock = clock.map_err(|error| wrong(1, format!("`clock`: {error}")))?;
    check_order(calls.entries.iter().map(Entry::timed))
        .map_err(|(n, why)| wrong(0, format!("call {n}: {why}")))?;
    Ok(Parts {
        file: LedgerFile::go_on(file, chain, whole),
        clock,
        header,
        calls: calls.entries,
        events: calls.events,
        grants: calls.grants,
        hints: calls.hints,
        end: calls.end,
    })
}

fn too_heavy(line: usize) -> LedgerError {
    wrong(line, "what was recorded takes too much memory".to_owned())
}

/// A line after the first, as far as it is kept.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Line<'a> {
    n: Option<u64>,
    call: Option<Cow<'a, str>>,
    server: Option<Cow<'a, str>>,
    tool: Option<Cow<'a, str>>,
    began: Option<u64>,
    ended: Option<u64>,
    asks: Option<String>,
    /// Of a tool that is not as it was pinned.
    drift: Option<DriftedTool>,
    #[serde(default)]
    covered: bool,
    #[serde(default)]
    refused: bool,
    decision: Option<Decided>,
    sent: Option<bool>,
    dropped: Option<bool>,
    #[serde(borrow)]
    answer: Option<&'a RawValue>,
    #[serde(default)]
    end: bool,
    outcome: Option<String>,
    result: Option<serde_json::Value>,
    #[serde(borrow)]
    tool_definition: Option<&'a RawValue>,
}

/// `tool-definition`
#[derive(Deserialize)]
struct Definition {
    server: String,
    tool: Tool,
}

/// The lines after the first.
#[derive(Default)]
struct Calls {
    entries: Vec<Entry>,
    events: u64,
    grants: Vec<RunGrant>,
    hints: Vec<KnownTool>,
    end: Option<Ended>,
    /// What the entries take, in bytes.
    weight: usize,
}

impl Calls {
    fn line(&mut self, part: Part, line: Line<'_>) -> Result<(), String> {
        if line.end {
            self.end = Some(Ended {
                outcome: line.outcome.ok_or("it has no `outcome`")?,
                result: line.result.unwrap_or_default(),
            });
            return Ok(());
        }
        if let Some(definition) = line.tool_definition {
            let read = serde_json::from_str(definition.get());
            let Definition { server, tool } = read.map_err(|error| error.to_string())?;
            self.hints.push(KnownTool {
                server,
                hints: Hints::of(&tool),
                tool: tool.name.into_owned(),
            });
            return Ok(());
        }
        let Some(n) = line.n else {
            // Servers, pauses, and what a later host writes.
            return Ok(());
        };
        match usize::try_from(n) {
            Ok(n) if line.call.is_some() => self.start(n, part, line),
            Ok(n) => {
                let at = n.checked_sub(1);
                let entry = at.and_then(|at| self.entries.get_mut(at));
                let entry = entry.ok_or_else(|| format!("call {n} did not begin"))?;
                let before = entry.weight();
                further(entry, part, line, &mut self.events, &mut self.grants)?;
                self.weight = self
                    .weight
                    .saturating_add(entry.weight().saturating_sub(before));
                Ok(())
            }
            Err(_) => Err(format!("`n` is {n}")),
        }
    }

    fn start(&mut self, n: usize, part: Part, line: Line<'_>) -> Result<(), String> {
        if n != self.entries.len() + 1 {
            return Err(format!("call {n} follows call {}", self.entries.len()));
        }
        let text = |text: Option<Cow<'_, str>>| text.unwrap_or_default().into();
        let began = line.began.ok_or("it has no `began`")?;
        let entry = Entry {
            n,
            function: text(line.call),
            server: text(line.server),
            tool: text(line.tool),
            start: part,
            began,
            answer: None,
            sent: line.asks.is_none() && !line.refused,
            asks: line.asks,
            drift: line.drift,
            covered: line.covered,
            refused: line.refused,
            decided: None,
            decisions: 0,
            is_decided: false,
            dropped: false,
            arguments: OnceLock::new(),
        };
        self.events = began;
        if entry.covered {
            let of = (&*entry.server, &*entry.tool);
            let grant = RunGrant::covering(&mut self.grants, of, entry.drift.as_ref());
            if let Some(grant) = grant {
                grant.left -= 1;
            }
        }
        self.weight = self.weight.saturating_add(entry.weight());
        self.entries.push(entry);
        Ok(())
    }
}

fn further(
    entry: &mut Entry,
    part: Part,
    line: Line<'_>,
    events: &mut u64,
    grants: &mut Vec<RunGrant>,
) -> Result<(), String> {
    if let Some(decided) = line.decision {
        if !entry.is_open() {
            return Err("nothing was asked".to_owned());
        }
        RunGrant::add(grants, &decided, entry);
        entry.decided = Some(decided);
        entry.decisions = entry.decisions.saturating_add(1);
        entry.is_decided = true;
    } else if line.asks.is_some() {
        // The definition of its tool is not the one that a person accepted.
        entry.asks = line.asks;
        entry.drift = line.drift;
        entry.decided = None;
        entry.is_decided = false;
    } else if line.sent.is_some() {
        entry.sent = true;
        entry.is_decided = false;
    } else if line.dropped.is_some() {
        entry.dropped = true;
    } else if let Some(answer) = line.answer {
        if entry.answer.is_some() {
            return Err("it has two answers".to_owned());
        }
        let ended = line.ended.ok_or("it has no `ended`")?;
        *events = (*events).max(ended);
        entry.answer = Some(self::answer(part, ended, answer));
        entry.is_decided = false;
    }
    Ok(())
}

/// The cases of an error of a call that no server has seen.
const REFUSALS: [&str; 4] = [
    "denied",
    "not-found",
    "invalid-arguments",
    "budget-exhausted",
];

/// How a result begins. A brace ends it.
const RESULT: &str = "{\"result\":";

fn answer(line: Part, ended: u64, answer: &RawValue) -> Answer {
    #[derive(Deserialize)]
    struct Failed<'a> {
        #[serde(borrow)]
        error: Case<'a>,
    }
    #[derive(Deserialize)]
    struct Case<'a> {
        #[serde(borrow)]
        case: Cow<'a, str>,
    }
    let text = answer.get();
    let is_error = !text.starts_with(RESULT);
    let failed = is_error.then(|| serde_json::from_str::<Failed<'_>>(text).ok());
    let case = failed.flatten().map(|failed| failed.error.case);
    let wrapper = if is_error { 0 } else { RESULT.len() + 1 };
    Answer {
        line,
        ended,
        bytes: text.len().saturating_sub(wrapper),
        is_error,
        is_refusal: case.is_some_and(|case| REFUSALS.contains(&&*case)),
    }
}
