//! Reads the log line by line, in bounded memory: its files as they were at one moment. Judges no line.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use crate::files::{self, AuditError, HEAD, NOW};
use crate::head::{Head, Kept};
use crate::line::LONGEST;

/// The files of the log at one moment. Writers may go on meanwhile.
pub struct Snapshot {
    pub(crate) parts: Vec<Part>,
    pub(crate) head: KeptHead,
}

/// What is known of the end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptHead {
    /// There is no such file.
    Missing,
    /// The first writer was killed before it wrote one.
    Empty,
    Damaged,
    Head(Head),
}

/// One file.
pub(crate) struct Part {
    pub(crate) name: String,
    /// Its number; `None` for the one that is written.
    pub(crate) number: Option<u64>,
    file: File,
    length: u64,
}

/// A line and its place.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The name of the file.
    pub file: &'a str,
    /// The number of the line in its file, from 1.
    pub number: u64,
    /// The line without its newline.
    pub text: &'a [u8],
    /// Whether its newline was read: the last line of a file may lack it, and of a line that is too long, only a part
    /// is read.
    pub is_whole: bool,
    /// Whether it is longer than any line of this program.
    pub is_too_long: bool,
}

impl Snapshot {
    /// The log in this directory. `None`: there is none.
    ///
    /// # Errors
    ///
    /// [`AuditError`].
    pub fn take(dir: &Path) -> Result<Option<Self>, AuditError> {
        let io = |source: io::Error| AuditError::Io {
            path: dir.to_owned(),
            source,
        };
        let numbers = match files::numbers(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            numbers => numbers.map_err(io),
        }?;
        let lock = files::existing(&dir.join(HEAD))?;
        let numbers = match &lock {
            Some(lock) => {
                lock.lock_shared().map_err(io)?;
                // Those that are there now that no writer is at work.
                files::numbers(dir).map_err(io)?
            }
            None => numbers,
        };
        let mut parts = Vec::new();
        let names = numbers
            .iter()
            .map(|number| (files::name(*number), Some(*number)));
        for (name, number) in names.chain([(NOW.to_owned(), None)]) {
            if let Some(file) = files::existing(&dir.join(&name))? {
                let length = file.metadata().map_err(io)?.len();
                parts.push(Part {
                    name,
                    number,
                    file,
                    length,
                });
            }
        }
        let head = match &lock {
            None if parts.is_empty() => return Ok(None),
            None => KeptHead::Missing,
            Some(lock) => match Head::read(lock).map_err(io)? {
                Kept::Nothing => KeptHead::Empty,
                Kept::Damaged => KeptHead::Damaged,
                Kept::Head(head) => KeptHead::Head(head),
            },
        };
        Ok(Some(Self { parts, head }))
    }

    /// The last line, as the log has it in its file of the head.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        match self.head {
            KeptHead::Head(head) => Some(head),
            KeptHead::Missing | KeptHead::Empty | KeptHead::Damaged => None,
        }
    }

    /// Gives each line to `each`, the oldest first, until it breaks.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn lines<B>(
        &mut self,
        mut each: impl FnMut(Line<'_>) -> ControlFlow<B>,
    ) -> io::Result<ControlFlow<B>> {
        for part in &mut self.parts {
            if let broken @ ControlFlow::Break(_) = part.lines(&mut each)? {
                return Ok(broken);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Part {
    pub(crate) fn lines<B>(
        &mut self,
        each: &mut impl FnMut(Line<'_>) -> ControlFlow<B>,
    ) -> io::Result<ControlFlow<B>> {
        let mut reader = BufReader::new((&mut self.file).take(self.length));
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
        let mut text = Vec::new();
        for number in 1.. {
            text.clear();
            let length = reader.by_ref().take(most).read_until(b'\n', &mut text)?;
            if length == 0 {
                break;
            }
            let is_whole = text.pop_if(|last| *last == b'\n').is_some();
            let is_too_long = !is_whole && length as u64 == most;
            if is_too_long {
                skip_line(&mut reader)?;
            }
            let line = Line {
                file: &self.name,
                number,
                text: &text,
                is_whole,
                is_too_long,
            };
            if let broken @ ControlFlow::Break(_) = each(line) {
                return Ok(broken);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Reads to the end of the line, and keeps nothing of it.
fn skip_line(reader: &mut impl io::BufRead) -> io::Result<()> {
    loop {
        let some = reader.fill_buf()?;
        let (length, is_end) = match some.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (some.len(), some.is_empty()),
        };
        reader.consume(length);
        if is_end {
            return Ok(());
        }
    }
}
