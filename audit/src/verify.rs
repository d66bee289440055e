//! Walks the chain through all files of the log, and names the first place where it breaks. Changes nothing.
//!
//! A user who can write the files can write the whole log again, with hashes that fit. Only a hash that is kept
//! elsewhere shows that.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use blake3::Hash;

use crate::entry::Entry;
use crate::files::{self, AuditError, HEAD, NOW};
use crate::head::Head;
use crate::line::{self, Link};
use crate::no_line;
use crate::read::{KeptHead, Line, Snapshot};

/// Unfinished lines that are named; the rest are counted.
const MOST_NAMED: usize = 20;

/// A log whose chain is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Lines of the log.
    pub lines: u64,
    /// Files of the log.
    pub files: usize,
    /// The position of the first line that is kept. Above 1, older files were dropped as the settings say.
    pub first: u64,
    /// The last line; `None` in an empty log.
    pub last: Option<(u64, Hash)>,
    /// Lines that a writer did not finish, because it was killed or the disk was full: the first of them.
    pub unfinished: Vec<Unfinished>,
    /// How many there are.
    pub unfinished_lines: u64,
    /// Entries that could not be written, as the log says.
    pub lost: u64,
}

/// A line that a writer did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The name of the file.
    pub file: String,
    /// The number of the line in its file, from 1.
    pub line: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

/// The first place where the chain breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The name of the file.
    pub file: String,
    /// The number of the line in its file, from 1; `None` where the file as a whole is meant.
    pub line: Option<u64>,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "`{}` line {line}: {}", self.file, self.what),
            None => write!(f, "`{}`: {}", self.file, self.what),
        }
    }
}

/// Why a log is not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The chain breaks.
    #[error("the audit log is broken: {0}")]
    Broken(Broken),
    /// The log cannot be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// Verifies the log in this directory. With `expected`, a line of the log must have this hash. `None`: there is no log.
///
/// # Errors
///
/// [`VerifyError::Broken`] with the first place where the chain breaks.
pub fn verify(dir: &Path, expected: Option<Hash>) -> Result<Option<Verified>, VerifyError> {
    let Some(mut snapshot) = Snapshot::take(dir)? else {
        // Who removed the log removed that line too.
        return match expected {
            Some(_) => Err(VerifyError::Broken(Broken {
                file: HEAD.to_owned(),
                line: None,
                what: "there is no log, and so no line with the expected hash".to_owned(),
            })),
            None => Ok(None),
        };
    };
    let mut walk = Walk::new(snapshot.head, expected);
    walked(&mut snapshot, &mut walk)
        .map_err(|source| AuditError::Io {
            path: dir.to_owned(),
            source,
        })?
        .and_then(|()| walk.end(&snapshot))
        .map_err(VerifyError::Broken)?;
    walk.found.files = snapshot.parts.len();
    Ok(Some(walk.found))
}

fn walked(snapshot: &mut Snapshot, walk: &mut Walk) -> io::Result<Result<(), Broken>> {
    for part in &mut snapshot.parts {
        if let Err(broken) = walk.begin(part.number) {
            return Ok(Err(broken));
        }
        let each = &mut |line: Line<'_>| match walk.line(line) {
            Ok(()) => ControlFlow::Continue(()),
            Err(broken) => ControlFlow::Break(broken),
        };
        if let ControlFlow::Break(broken) = part.lines(each)? {
            return Ok(Err(broken));
        }
    }
    Ok(Ok(()))
}

/// The state between two lines.
struct Walk {
    head: KeptHead,
    expected: Option<Hash>,
    found: Verified,
    /// The last line of the chain.
    last: Option<Link>,
    /// The number of the file, and of the oldest that is kept.
    file: Option<u64>,
    oldest: u64,
    /// Whether no line of this file was read.
    is_first: bool,
    /// The number that the name of this file has.
    number: Option<u64>,
    /// The line before, where it is no line.
    piece: Option<Piece>,
}

/// A line that cannot be read. The line after it may say that a writer did not finish it.
struct Piece {
    broken: Broken,
    line: u64,
    bytes: u64,
    hash: Hash,
    is_whole: bool,
}

impl Walk {
    fn new(head: KeptHead, expected: Option<Hash>) -> Self {
        Self {
            head,
            expected,
            found: Verified::default(),
            last: None,
            file: None,
            oldest: 1,
            is_first: true,
            number: None,
            piece: None,
        }
    }

    /// The next file.
    fn begin(&mut self, number: Option<u64>) -> Result<(), Broken> {
        if let Some(piece) = self.piece.take() {
            return Err(piece.broken);
        }
        if let (Some(before), Some(number)) = (self.file, number)
            && Some(number) != before.checked_add(1)
        {
            return Err(missing(before.saturating_add(1)));
        }
        self.is_first = true;
        self.number = number;
        Ok(())
    }

    fn line(&mut self, line: Line<'_>) -> Result<(), Broken> {
        let broken = |what: String| Broken {
            file: line.file.to_owned(),
            line: Some(line.number),
            what,
        };
        if line.is_too_long {
            return Err(broken("it is longer than any line of the log".to_owned()));
        }
        let found = match line::read(line.text) {
            Ok(found) => found,
            Err(flaw) => {
                if let Some(piece) = self.piece.take() {
                    return Err(piece.broken);
                }
                self.piece = Some(Piece {
                    broken: broken(flaw.to_string()),
                    line: line.number,
                    bytes: line.text.len() as u64,
                    hash: blake3::hash(line.text),
                    is_whole: line.is_whole,
                });
                return Ok(());
            }
        };
        let entry: Entry = serde_json::from_slice(line.text).unwrap_or_default();
        if let Some(piece) = self.piece.take() {
            self.set_aside(piece, line.file, &entry)?;
        }
        let is_first = std::mem::replace(&mut self.is_first, false);
        if is_first {
            self.first_line(&entry, broken)?;
        }
        self.follows(&found).map_err(broken)?;
        self.found.lines += 1;
        self.found.lost += entry.lines.filter(|_| entry.kind == "lost").unwrap_or(0);
        self.last = Some(found.link);
        if self.expected == Some(found.link.hash) {
            self.expected = None;
        }
        match self.head {
            KeptHead::Head(head) if head.n() == found.link.n && head.hash() != found.link.hash => {
                Err(broken(format!("`{HEAD}` has another hash for it")))
            }
            _ => Ok(()),
        }
    }

    /// The line that this entry follows is one that a writer did not finish.
    fn set_aside(&mut self, piece: Piece, file: &str, entry: &Entry) -> Result<(), Broken> {
        let is_this = entry.kind == "unfinished"
            && entry.bytes == Some(piece.bytes)
            && entry.piece.as_deref() == Some(&*piece.hash.to_hex());
        if !is_this {
            return Err(piece.broken);
        }
        self.unfinished(file, &piece);
        Ok(())
    }

    fn unfinished(&mut self, file: &str, piece: &Piece) {
        self.found.unfinished_lines += 1;
        if self.found.unfinished.len() < MOST_NAMED {
            self.found.unfinished.push(Unfinished {
                file: file.to_owned(),
                line: piece.line,
                bytes: piece.bytes,
            });
        }
    }

    /// The first line of each file says which file it is.
    fn first_line(
        &mut self,
        entry: &Entry,
        broken: impl FnOnce(String) -> Broken,
    ) -> Result<(), Broken> {
        let (Some(file), Some(oldest), "file") = (entry.file, entry.oldest, &*entry.kind) else {
            return Err(broken("it is not the first line of a file".to_owned()));
        };
        if let Some(number) = self.number.filter(|number| *number != file) {
            return Err(broken(format!(
                "the name of the file is of number {number}, and this line of number {file}"
            )));
        }
        if let Some(before) = self.file
            && file > before.saturating_add(1)
        {
            return Err(missing(before.saturating_add(1)));
        }
        self.file = Some(file);
        self.oldest = oldest;
        Ok(())
    }

    fn follows(&mut self, found: &line::Linked) -> Result<(), String> {
        let link = found.link;
        let Some(last) = self.last else {
            // Files before this one were dropped, or this is the first line of all.
            self.found.first = link.n;
            let is_first = link.n == 1;
            if is_first != (found.prev == no_line()) {
                return Err("it is not the first line of a log".to_owned());
            }
            return Ok(());
        };
        let next = last.n.saturating_add(1);
        if link.n > next {
            return Err(format!("{} before it", gone(next, link.n - 1)));
        }
        if link.n < next {
            return Err(format!(
                "it is line {} of the log, and follows line {}: it was moved or copied",
                link.n, last.n
            ));
        }
        if found.prev != last.hash {
            return Err(format!(
                "line {} of the log before it is another one",
                last.n
            ));
        }
        Ok(())
    }

    /// After the last line.
    fn end(&mut self, snapshot: &Snapshot) -> Result<(), Broken> {
        let whole = |file: &str, what: String| Broken {
            file: file.to_owned(),
            line: None,
            what,
        };
        let n = self.last.map_or(0, |last| last.n);
        if let Some(piece) = self.piece.take() {
            // The next writer sets it aside.
            let is_behind = matches!(self.head, KeptHead::Head(head) if head.n() > n);
            if piece.is_whole || is_behind {
                return Err(piece.broken);
            }
            self.unfinished(&piece.broken.file.clone(), &piece);
        }
        match self.head {
            KeptHead::Missing => return Err(whole(HEAD, "the file is missing".to_owned())),
            KeptHead::Damaged => return Err(whole(HEAD, "it holds no end of a log".to_owned())),
            KeptHead::Head(head) if head.n() > n => return Err(whole(NOW, at_the_end(&head, n))),
            KeptHead::Head(_) | KeptHead::Empty => {}
        }
        let first = snapshot.parts.first().and_then(|part| part.number);
        let first = first.or(self.file);
        if first.is_some_and(|first| first > self.oldest) {
            return Err(missing(self.oldest));
        }
        if self.expected.is_some() {
            let what = "no line of the log has the expected hash: the log was written again, lines are missing at \
                        its end, or the file of that line was dropped";
            return Err(whole(NOW, what.to_owned()));
        }
        self.found.last = self.last.map(|last| (last.n, last.hash));
        Ok(())
    }
}

fn missing(number: u64) -> Broken {
    Broken {
        file: files::name(number),
        line: None,
        what: "the file is missing".to_owned(),
    }
}

fn at_the_end(head: &Head, last: u64) -> String {
    format!("{} at the end", gone(last.saturating_add(1), head.n()))
}

fn gone(first: u64, last: u64) -> String {
    match first == last {
        true => format!("line {first} of the log is missing"),
        false => format!("lines {first} to {last} of the log are missing"),
    }
}

#[cfg(test)]
mod tests;
