//! Bytes -> lines of a ledger, each with its place. Names the first line that was changed. A last line that was torn
//! ends the walk: what it says did not happen for the guest.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::time::Duration;

use mcp_bridge::named_file;
use serde::Deserialize;

use super::error::LedgerError;
use super::file::{Chain, Part};
use crate::recording::{Header, MAX_BYTES, VERSION};

/// How often a lock is tried for, and how long to wait between.
const TRIES: u32 = 60;
const MOMENT: Duration = Duration::from_millis(5);

/// Opens the file of a ledger, and locks it.
pub(super) fn locked(path: &Path) -> Result<File, LedgerError> {
    let read = |source: io::Error| LedgerError::Read {
        path: path.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let file =
        named_file::open_with(path, &options).map_err(|error| read(io::Error::other(error)))?;
    let mut tries = 0;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // A process that is just started has the files of its parent for a moment, and their locks.
            Err(TryLockError::WouldBlock) if tries < TRIES => {
                tries += 1;
                std::thread::sleep(MOMENT);
            }
            Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse),
            Err(TryLockError::Error(error)) => return Err(read(error)),
        }
    }
}

/// Gives each whole line in order: its number, its place, and its text without its hash. Returns the hash of all of
/// them, and their bytes.
pub(super) fn each_line(
    file: &File,
    mut each: impl FnMut(usize, Part, &[u8]) -> Result<(), LedgerError>,
) -> Result<(Chain, u64), LedgerError> {
    let mut reader = BufReader::new(file.take(MAX_BYTES + 1));
    let (mut chain, mut at) = (Chain::new(), 0_u64);
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        number += 1;
        line.clear();
        reader
            .read_until(b'\n', &mut line)
            .map_err(|error| wrong(number, format!("it cannot be read: {error}")))?;
        if at + line.len() as u64 > MAX_BYTES {
            return Err(LedgerError::TooLarge);
        }
        if line.last() != Some(&b'\n') {
            // A writer that is killed leaves a part of a line, and nothing in the place of its end.
            return match is_whole(chain, &mut line) {
                true => Err(LedgerError::Changed { line: number }),
                false => Ok((chain, at)),
            };
        }
        let (body, next) = chain
            .follow(&line)
            .ok_or(LedgerError::Changed { line: number })?;
        let part = Part::new(at, line.len(), chain);
        let bytes = line.len() as u64;
        let body = body.len();
        line.truncate(body);
        line.push(b'}');
        each(number, part, &line)?;
        chain = next;
        at += bytes;
    }
}

/// Whether a line would be whole with a newline in the place of its last byte.
fn is_whole(chain: Chain, line: &mut [u8]) -> bool {
    let Some(last) = line.last_mut() else {
        return false;
    };
    *last = b'\n';
    chain.follow(line).is_some()
}

/// The first line.
pub(super) fn header(text: &[u8]) -> Result<Header, LedgerError> {
    let header: Header = read(1, text)?;
    match header.version {
        VERSION => Ok(header),
        found => {
            let why = format!("it has format {found}; this host reads format {VERSION}");
            Err(wrong(1, why))
        }
    }
}

/// A ledger without a whole line.
pub(super) fn cut_off() -> LedgerError {
    wrong(
        1,
        "it is cut off: nothing of the run was written".to_owned(),
    )
}

pub(super) fn read<'a, T: Deserialize<'a>>(
    number: usize,
    line: &'a [u8],
) -> Result<T, LedgerError> {
    serde_json::from_slice(line).map_err(|error| wrong(number, error.to_string()))
}

pub(super) fn wrong(line: usize, why: String) -> LedgerError {
    LedgerError::Line { line, why }
}
