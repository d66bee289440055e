//! Finds where the next line goes: from the head, and from what stands behind it in the file. A writer that was killed
//! leaves lines that the head does not know, and at most a piece of one. Writes nothing.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use blake3::Hash;

use crate::entry::Entry;
use crate::files::{self, AuditError};
use crate::head::{Head, Kept};
use crate::line::{self, LONGEST, Link};
use crate::no_line;

/// The end of the log.
pub(crate) struct End {
    pub(crate) head: Head,
    /// The file that is written.
    pub(crate) now: File,
    /// Whether the file ends within a line.
    pub(crate) is_open: bool,
    /// The line that a writer did not finish.
    pub(crate) piece: Option<Piece>,
}

/// A line that a writer did not finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) bytes: u64,
    pub(crate) hash: Hash,
}

/// The end of the log, whose head is in this file. The caller holds the lock.
pub(crate) fn end(dir: &Path, head: &File) -> Result<End, AuditError> {
    let io = |source| AuditError::Io {
        path: dir.to_owned(),
        source,
    };
    let numbers = files::numbers(dir).map_err(io)?;
    let known = match Head::read(head).map_err(io)? {
        Kept::Head(head) => Some(head),
        Kept::Nothing | Kept::Damaged => None,
    };
    let now = files::now(dir)?;
    let length = now.metadata().map_err(io)?.len();
    let mut head = match known {
        // The writer was killed after it renamed the file; or another removed the file, whose number is missing then.
        Some(head) if numbers.contains(&head.file) || (length == 0 && head.bytes > 0) => Head {
            file: head.file.saturating_add(1),
            bytes: 0,
            ..head
        },
        Some(head) => head,
        None => without_head(dir, &numbers)?,
    };
    head.bytes = head.bytes.min(length);
    let rest = scan(&now, &mut head, known.is_none()).map_err(io)?;
    let piece = match rest {
        Rest::Piece(piece) => Some(piece),
        Rest::Nothing | Rest::Other => None,
    };
    let mut last = [b'\n'];
    if let Some(at) = length.checked_sub(1) {
        now.read_exact_at(&mut last, at).map_err(io)?;
    }
    head.bytes = length;
    Ok(End {
        head,
        now,
        is_open: last != [b'\n'],
        piece,
    })
}

/// The head as the full files show it, for a log whose head is missing.
fn without_head(dir: &Path, numbers: &[u64]) -> Result<Head, AuditError> {
    let mut head = Head {
        last: Link {
            n: 0,
            hash: no_line(),
        },
        file: 1,
        oldest: 1,
        bytes: 0,
    };
    if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
        head.oldest = *first;
        if let Some(file) = files::existing(&dir.join(files::name(*last)))? {
            scan(&file, &mut head, true).map_err(|source| AuditError::Io {
                path: dir.to_owned(),
                source,
            })?;
        }
        head.file = last.saturating_add(1);
        head.bytes = 0;
    }
    Ok(head)
}

/// What stands behind the last line of the chain.
enum Rest {
    Nothing,
    Piece(Piece),
    /// Lines that do not follow. They stay, and `verify` names them.
    Other,
}

/// Moves the head to the last line of the file that follows it. With `anywhere`, the first line that can be read
/// counts as one that follows.
fn scan(file: &File, head: &mut Head, mut anywhere: bool) -> io::Result<Rest> {
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(head.bytes))?;
    let mut at = head.bytes;
    let mut line = Vec::new();
    let mut rest = Rest::Nothing;
    loop {
        line.clear();
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
        let length = reader.by_ref().take(most).read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            return Ok(rest);
        }
        at = at.saturating_add(length);
        let Some(text) = line.strip_suffix(b"\n") else {
            // Only the newline may be missing, which the next writer adds.
            if let Ok(found) = line::read(&line)
                && (anywhere || follows(&found, head))
            {
                head.last = found.link;
                return Ok(Rest::Nothing);
            }
            rest = match rest {
                Rest::Nothing if length < most => Rest::Piece(Piece {
                    bytes: length,
                    hash: blake3::hash(&line),
                }),
                _ => Rest::Other,
            };
            continue;
        };
        match line::read(text) {
            Ok(found) if anywhere || follows(&found, head) => {
                head.last = found.link;
                head.bytes = at;
                anywhere = false;
                rest = Rest::Nothing;
                let entry: Entry = serde_json::from_slice(text).unwrap_or_default();
                head.file = entry.file.unwrap_or(head.file);
                head.oldest = entry.oldest.unwrap_or(head.oldest);
            }
            Ok(_) | Err(_) => rest = Rest::Other,
        }
    }
}

fn follows(found: &line::Linked, head: &Head) -> bool {
    found.prev == head.last.hash && Some(found.link.n) == head.last.n.checked_add(1)
}

/// Whether a head that this process wrote is still the end of the log.
pub(crate) fn is_end(head: &Head, kept: &File, now: &File) -> io::Result<bool> {
    let metadata = now.metadata()?;
    let is_same = metadata.len() == head.bytes && metadata.nlink() > 0;
    Ok(is_same && Head::read(kept)? == Kept::Head(*head))
}
