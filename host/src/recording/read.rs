//! Bytes -> recording. Rejects a file that is too large, truncated, changed, out of order, or not a recording, and
//! names the place.

use std::path::Path;
use std::time::SystemTime;

use mcp_bridge::{json_memory, named_file};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::RecordingError;
use super::format::{End, Header, Line, MAX_BYTES, MAX_WEIGHT, VERSION};
use super::{order, tools};

/// A recorded run, complete and unchanged since it was written.
pub struct Recording {
    pub(super) header: Header,
    pub(super) clock: Option<SystemTime>,
    pub(super) servers: Vec<tools::RecordedServer>,
    pub(super) calls: Vec<Line>,
    pub(super) end: End,
    /// Whether a replay uses as much fuel. A ledger may be one of a script under another name, which takes other fuel.
    pub(super) has_fuel: bool,
}

pub(super) fn open(path: &Path) -> Result<Recording, RecordingError> {
    let bytes = named_file::read(path, MAX_BYTES).map_err(|source| RecordingError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse(&bytes)
}

pub(super) fn parse(bytes: &[u8]) -> Result<Recording, RecordingError> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    // Before any value is parsed: two bytes of text may become a hundred in memory.
    let mut weight = 0_usize;
    for (at, line) in lines.iter().enumerate() {
        weight = weight.saturating_add(json_memory(line));
        if weight > MAX_WEIGHT {
            return Err(RecordingError::TooHeavy { line: at + 1 });
        }
    }
    let Some((first, rest)) = lines.split_first() else {
        return Err(RecordingError::CutOff { lines: 1 });
    };
    let header = header(first).map_err(|error| match error {
        RecordingError::Line { .. } if first.starts_with(b"{") && !first.ends_with(b"\n") => {
            RecordingError::CutOff { lines: 1 }
        }
        RecordingError::Line { line, why } if !first.starts_with(b"{") => {
            let why = format!("the file is none that `--record` wrote: {why}");
            RecordingError::Line { line, why }
        }
        error => error,
    })?;
    let clock = header
        .clock
        .as_deref()
        .map(humantime::parse_rfc3339)
        .transpose()
        .map_err(|error| wrong(1, format!("`clock`: {error}")))?;
    let Some((last, body)) = rest.split_last().filter(|(last, _)| is_end(last)) else {
        return Err(RecordingError::CutOff { lines: lines.len() });
    };
    let end: End = read(lines.len(), last)?;
    let before = &bytes[..bytes.len() - last.len()];
    if blake3::hash(before).to_hex().as_str() != end.blake3 {
        return Err(RecordingError::Changed);
    }
    let mut servers = Vec::new();
    let mut calls: Vec<Line> = Vec::new();
    for (at, line) in body.iter().enumerate() {
        let number = at + 2;
        let value: Map<String, Value> = read(number, line)?;
        if value.contains_key("n") {
            let call = Line::of(value, line).map_err(|why| wrong(number, why))?;
            if call.n != calls.len() + 1 {
                return Err(wrong(
                    number,
                    format!("call {} follows call {}", call.n, calls.len()),
                ));
            }
            calls.push(call);
        } else {
            tools::read_line(&mut servers, Value::Object(value))
                .map_err(|why| wrong(number, why))?;
        }
    }
    order::check(calls.iter().map(Line::timed))
        .map_err(|(n, why)| RecordingError::Order { n, why })?;
    Ok(Recording {
        header,
        clock,
        servers,
        calls,
        end,
        has_fuel: true,
    })
}

impl Recording {
    /// A recording of the lines of a ledger, which were read and checked before: those that are no calls with their
    /// numbers.
    pub(crate) fn of_lines(
        header: Header,
        others: Vec<(usize, Map<String, Value>)>,
        calls: Vec<Line>,
        end: End,
    ) -> Result<Self, RecordingError> {
        let clock = header.clock.as_deref().map(humantime::parse_rfc3339);
        let clock = clock.transpose();
        let clock = clock.map_err(|error| wrong(1, format!("`clock`: {error}")))?;
        let mut servers = Vec::new();
        for (number, line) in others {
            tools::read_line(&mut servers, Value::Object(line))
                .map_err(|why| wrong(number, why))?;
        }
        order::check(calls.iter().map(Line::timed))
            .map_err(|(n, why)| RecordingError::Order { n, why })?;
        Ok(Self {
            header,
            clock,
            servers,
            calls,
            end,
            has_fuel: false,
        })
    }
}

fn header(line: &[u8]) -> Result<Header, RecordingError> {
    let value: Value = read(1, line)?;
    match value.get("mcp-host-recording").and_then(Value::as_u64) {
        Some(found) if found == u64::from(VERSION) => read(1, line),
        Some(found) => Err(RecordingError::Version {
            found: u32::try_from(found).unwrap_or(u32::MAX),
        }),
        None => Err(wrong(
            1,
            "not a recording: it has no `mcp-host-recording`; make one with `mcp-host run SKILL --record FILE`"
                .to_owned(),
        )),
    }
}

fn is_end(line: &[u8]) -> bool {
    serde_json::from_slice::<Value>(line).is_ok_and(|value| value["end"] == true)
}

fn read<T: DeserializeOwned>(number: usize, line: &[u8]) -> Result<T, RecordingError> {
    serde_json::from_slice(line).map_err(|error| wrong(number, error.to_string()))
}

fn wrong(line: usize, why: String) -> RecordingError {
    RecordingError::Line { line, why }
}
