//! Appends lines to the log, under the lock of all writers, and begins a new file where one is full. What cannot be
//! written whole is taken back.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::entry::Entry;
use crate::files::{self, AuditError, Kept, NOW};
use crate::head::Head;
use crate::line::seal;
use crate::recover::{self, End};

/// One writer of the log.
pub(crate) struct Appender {
    dir: PathBuf,
    kept: Kept,
    open: Option<Open>,
}

/// The files as this writer left them.
struct Open {
    lock: File,
    now: File,
    head: Head,
}

impl Appender {
    pub(crate) fn new(dir: PathBuf, kept: Kept) -> Self {
        Self {
            dir,
            kept,
            open: None,
        }
    }

    /// Appends these entries, in one write. `lost` entries before them could not be written.
    pub(crate) fn append(&mut self, bodies: &[Vec<u8>], lost: u64) -> Result<(), AuditError> {
        // Where anything fails, all files are opened anew next time.
        let open = self.open.take();
        let open = open.filter(|open| open.lock.metadata().is_ok_and(|found| found.nlink() > 0));
        let (lock, before) = match open {
            Some(open) => (open.lock, Some((open.now, open.head))),
            None => (files::head(&self.dir)?, None),
        };
        lock.lock().map_err(|source| self.io(source))?;
        let end = match before {
            Some((now, head)) if recover::is_end(&head, &lock, &now).unwrap_or(false) => End {
                head,
                now,
                is_open: false,
                piece: None,
            },
            Some(_) | None => recover::end(&self.dir, &lock)?,
        };
        let (now, head) = self.write(&lock, end, (bodies, lost))?;
        lock.unlock().map_err(|source| self.io(source))?;
        self.open = Some(Open { lock, now, head });
        Ok(())
    }

    fn write(
        &self,
        lock: &File,
        mut end: End,
        (bodies, lost): (&[Vec<u8>], u64),
    ) -> Result<(File, Head), AuditError> {
        if end.head.bytes >= self.kept.size {
            self.next_file(&mut end)?;
        }
        let End {
            mut head,
            mut now,
            is_open,
            piece,
        } = end;
        let mut text = Vec::new();
        let mut add = |entry: &[u8], text: &mut Vec<u8>| head.last = seal(head.last, entry, text);
        if is_open {
            text.push(b'\n');
        }
        let is_new = head.bytes == 0;
        if is_new {
            let (file, oldest) = (Some(head.file), Some(head.oldest));
            let entry = Entry {
                file,
                oldest,
                ..Entry::new("file")
            };
            add(&entry.body(), &mut text);
        }
        if let Some(piece) = piece {
            let entry = Entry {
                bytes: Some(piece.bytes),
                piece: Some(piece.hash.to_hex().to_string()),
                ..Entry::new("unfinished")
            };
            add(&entry.body(), &mut text);
        }
        if lost > 0 {
            let entry = Entry {
                lines: Some(lost),
                ..Entry::new("lost")
            };
            add(&entry.body(), &mut text);
        }
        for body in bodies {
            add(body, &mut text);
        }
        if let Err(error) = now.write_all(&text) {
            // A piece that stays is set aside by the next writer.
            let _ = now.set_len(head.bytes);
            return Err(self.io(error));
        }
        head.bytes = head.bytes.saturating_add(text.len() as u64);
        // A head that stays behind is no loss: the next writer reads the lines after it.
        let _ = head.write(lock);
        if is_new {
            self.forget(head.oldest);
        }
        Ok((now, head))
    }

    /// Sets the full file aside, and begins the next one.
    fn next_file(&self, end: &mut End) -> Result<(), AuditError> {
        let numbers = files::numbers(&self.dir).map_err(|source| self.io(source))?;
        // Never over a file that is there.
        let after = numbers.last().map_or(1, |last| last.saturating_add(1));
        let full = end.head.file.max(after);
        let (from, to) = (self.dir.join(NOW), self.dir.join(files::name(full)));
        fs::rename(from, to).map_err(|source| self.io(source))?;
        let file = full.saturating_add(1);
        let kept = file
            .saturating_add(1)
            .saturating_sub(self.kept.files.max(1));
        end.head.file = file;
        end.head.oldest = end.head.oldest.max(kept);
        end.head.bytes = 0;
        end.now = files::now(&self.dir)?;
        end.is_open = false;
        end.piece = None;
        Ok(())
    }

    /// Removes the files that are no longer kept.
    fn forget(&self, oldest: u64) {
        let numbers = files::numbers(&self.dir).unwrap_or_default();
        for number in numbers.into_iter().filter(|number| *number < oldest) {
            // The log says already that it is gone. A file that stays is removed when the next one is full.
            let _ = fs::remove_file(self.dir.join(files::name(number)));
        }
    }

    fn io(&self, source: io::Error) -> AuditError {
        AuditError::Io {
            path: self.dir.clone(),
            source,
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

#[cfg(test)]
mod tests;
