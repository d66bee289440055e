//! Where a run stands, from the end of its ledger alone. Checks no hash, and reads a bounded part: a list of runs is no
//! proof of what they did.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use serde::Deserialize;

/// Bytes of the end that are read.
const END: u64 = 16 << 10;

/// What the last line of a ledger says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LastLine {
    /// The run is over, and how.
    Ended(String),
    /// It waits for a person, who has decided nothing since.
    Paused,
    /// Anything else: all of the ledger says where the run stands.
    Other,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    end: bool,
    #[serde(default)]
    paused: bool,
    outcome: Option<String>,
}

pub(super) fn last_line(file: &File) -> io::Result<LastLine> {
    let bytes = file.metadata()?.len();
    let from = bytes.saturating_sub(END);
    let mut end = vec![0; usize::try_from(bytes - from).unwrap_or_default()];
    file.read_exact_at(&mut end, from)?;
    let mut lines = end
        .strip_suffix(b"\n")
        .unwrap_or(b"")
        .rsplitn(2, |byte| *byte == b'\n');
    let (last, before) = (lines.next().unwrap_or(b""), lines.next());
    // Its beginning was not read, or the file has a torn line.
    if before.is_none() && from > 0 {
        return Ok(LastLine::Other);
    }
    Ok(match serde_json::from_slice(last) {
        Ok(Line {
            end: true,
            outcome: Some(outcome),
            ..
        }) => LastLine::Ended(outcome),
        Ok(Line { paused: true, .. }) => LastLine::Paused,
        Ok(_) | Err(_) => LastLine::Other,
    })
}
