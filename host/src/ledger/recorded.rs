//! The ledger of a run that is over, as a recording of it. Changes nothing of the file, and takes no lock.

use std::fs::File;
use std::path::Path;

use mcp_bridge::{json_memory, named_file};
use serde_json::{Map, Value};

use super::error::LedgerError;
use super::file::Part;
use super::lines::{CANCELLED, EXPIRED};
use super::walk::{self, cut_off, wrong};
use crate::recording::{End, Line, MAX_WEIGHT, Recording};

/// What the host adds to a call for the run that waits.
const OF_LEDGER: [&str; 4] = ["asks", "covered", "refused", "drift"];

/// Whether the file begins as a ledger does.
pub(super) fn is_ledger(path: &Path) -> bool {
    let Ok(file) = named_file::open(path) else {
        return false;
    };
    let mut is_first = false;
    let stop = |number: usize, _: Part, _: &[u8]| {
        is_first = number == 1;
        Err(LedgerError::InUse)
    };
    // It stops after the first line.
    let _ = walk::each_line(&file, stop);
    is_first
}

pub(super) fn recording(path: &Path) -> Result<Recording, LedgerError> {
    let file = named_file::open(path).map_err(|error| LedgerError::Read {
        path: path.to_owned(),
        source: std::io::Error::other(error),
    })?;
    read(&file)
}

fn read(file: &File) -> Result<Recording, LedgerError> {
    let mut weight = 0_usize;
    let mut header = None;
    let mut others = Vec::new();
    let mut calls: Vec<Line> = Vec::new();
    let mut end: Option<End> = None;
    walk::each_line(file, |number, _, text| {
        weight = weight.saturating_add(json_memory(text));
        if weight > MAX_WEIGHT {
            let why = "what was recorded takes too much memory".to_owned();
            return Err(wrong(number, why));
        }
        if header.is_none() {
            header = Some(walk::header(text)?);
            return Ok(());
        }
        let mut line: Map<String, Value> = walk::read(number, text)?;
        if line.get("end") == Some(&Value::Bool(true)) {
            line.insert("blake3".to_owned(), Value::String(String::new()));
            let read = serde_json::from_value(line.into());
            end = Some(read.map_err(|error| wrong(number, error.to_string()))?);
        } else if line.contains_key("call") {
            OF_LEDGER
                .iter()
                .for_each(|key| drop(line.shift_remove(*key)));
            calls.push(Line::of(line, text).map_err(|why| wrong(number, why))?);
        } else if line.contains_key("n") {
            answer(&mut calls, line, text).map_err(|why| wrong(number, why))?;
        } else {
            others.push((number, line));
        }
        Ok(())
    })?;
    let header = header.ok_or_else(cut_off)?;
    match end {
        None => Err(LedgerError::NotOver),
        Some(end) if [CANCELLED, EXPIRED].contains(&end.outcome.as_str()) => {
            let outcome = end.outcome;
            Err(LedgerError::GivenUp { outcome })
        }
        Some(end) => Recording::of_lines(header, others, calls, end)
            .map_err(|error| LedgerError::Recording(Box::new(error))),
    }
}

/// Adds the answer of a call to its line. Decisions, and what is said of a call on its way, are no part of a recording.
fn answer(calls: &mut [Line], line: Map<String, Value>, text: &[u8]) -> Result<(), String> {
    if !line.contains_key("answer") {
        return Ok(());
    }
    let answered = Line::of(line, text)?;
    let call = answered.n.checked_sub(1).and_then(|at| calls.get_mut(at));
    let call = call.ok_or_else(|| format!("call {} did not begin", answered.n))?;
    call.ended = answered.ended;
    call.answer = answered.answer;
    Ok(())
}
