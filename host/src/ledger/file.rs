//! The file of a ledger: appends lines, each with the hash of itself and of all lines before it. One process has it at
//! a time. Knows no line but its hash.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;

use serde::Serialize;

use crate::recording::{MAX_BYTES, OneLine};

/// What the hash of the first line begins with.
const SEED: &str = "mcp-host ledger 1";

/// Bytes of a hash.
const HASH: usize = 16;

/// `,"chain":"` and the hash and `"}` and the end of the line.
const TAIL: usize = 10 + 2 * HASH + 3;

/// The hash of all lines so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain([u8; HASH]);

impl Chain {
    pub(super) fn new() -> Self {
        Self::cut(&blake3::hash(SEED.as_bytes()))
    }

    fn cut(hash: &blake3::Hash) -> Self {
        let mut kept = [0; HASH];
        kept.copy_from_slice(&hash.as_bytes()[..HASH]);
        Self(kept)
    }

    /// With one more line, which is given without its hash.
    fn with(self, line: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        hasher.update(line);
        Self::cut(&hasher.finalize())
    }

    fn hex(self) -> String {
        use std::fmt::Write as _;
        let mut hex = String::with_capacity(2 * HASH);
        for byte in self.0 {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    /// The line without its hash, and the hash with it; `None` where it is another one.
    pub(super) fn follow(self, line: &[u8]) -> Option<(&[u8], Self)> {
        let body = &line[..line.len().checked_sub(TAIL)?];
        let next = self.with(body);
        let tail = format!(",\"chain\":\"{}\"}}\n", next.hex());
        (line.get(body.len()..) == Some(tail.as_bytes())).then_some((body, next))
    }
}

/// A line of the file: where it is, and the hash of all lines before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    at: u64,
    bytes: usize,
    before: Chain,
}

impl Part {
    pub(super) fn new(at: u64, bytes: usize, before: Chain) -> Self {
        Self { at, bytes, before }
    }

    /// Bytes of the line.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Reads the line again, without its hash. Fails where it is not what it was.
    pub(super) fn read(&self, file: &File) -> io::Result<Vec<u8>> {
        let mut line = vec![0; self.bytes];
        file.read_exact_at(&mut line, self.at)?;
        let body = self.before.follow(&line).map(|(body, _)| body.len());
        let body = body.ok_or_else(|| io::Error::other("a line of the ledger was changed"))?;
        line.truncate(body);
        line.push(b'}');
        Ok(line)
    }
}

/// A ledger that is written. Locked for as long as it exists.
pub(crate) struct LedgerFile {
    file: File,
    chain: Chain,
    bytes: u64,
}

impl LedgerFile {
    /// A new one.
    pub(super) fn begin(file: File) -> io::Result<Self> {
        file.try_lock()?;
        Ok(Self {
            file,
            chain: Chain::new(),
            bytes: 0,
        })
    }

    /// One that was read up to here.
    pub(super) fn go_on(file: File, chain: Chain, bytes: u64) -> Self {
        Self { file, chain, bytes }
    }

    /// Cuts off what follows the last whole line, so that the next one follows it. The file is locked.
    pub(super) fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.bytes)?;
        self.file.seek(SeekFrom::Start(self.bytes)).map(drop)
    }

    /// Writes one line, in one call of the OS: a process that is killed leaves whole lines, and at most one torn one.
    pub(crate) fn append(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = Vec::with_capacity(256);
        serde_json::to_writer(OneLine(&mut text), line)?;
        if text.pop() != Some(b'}') {
            return Err(io::Error::other("a line of a ledger is an object"));
        }
        let chain = self.chain.with(&text);
        text.extend_from_slice(format!(",\"chain\":\"{}\"}}\n", chain.hex()).as_bytes());
        let bytes = self.bytes.saturating_add(text.len() as u64);
        if bytes > MAX_BYTES {
            return Err(too_large());
        }
        fault::point()?;
        if let Err(error) = self.file.write_all(&text) {
            // On a full disk, a part of it may stand there. The next line follows the last whole one.
            self.cut()?;
            return Err(error);
        }
        fault::point()?;
        self.chain = chain;
        self.bytes = bytes;
        Ok(())
    }

    /// Writes one line that may be long, in pieces: no copy of it is made in memory. A process that is killed meanwhile
    /// leaves a torn line, as in [`Self::append`].
    pub(crate) fn append_long(&mut self, line: &impl Serialize) -> io::Result<()> {
        fault::point()?;
        let written = Pieces::of(self).write_line(line);
        let (chain, bytes) = match written {
            Ok(written) => written,
            Err(error) => {
                // The next line follows the last whole one.
                self.cut()?;
                return Err(error);
            }
        };
        fault::point()?;
        self.chain = chain;
        self.bytes = bytes;
        Ok(())
    }

    /// A line that was read before, without its hash.
    pub(crate) fn line(&self, part: &Part) -> io::Result<Vec<u8>> {
        part.read(&self.file)
    }

    /// Waits until everything is on the disk.
    pub(crate) fn keep(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Bytes that are written at once, of a long line.
const PIECE: usize = 64 << 10;

/// A long line on its way to the file.
struct Pieces<'f> {
    file: &'f File,
    hasher: blake3::Hasher,
    /// Not written yet. The last byte stays until the line is whole: the hash goes before the brace.
    held: Vec<u8>,
    /// Bytes of the file with what is held.
    bytes: u64,
}

impl<'f> Pieces<'f> {
    fn of(ledger: &'f LedgerFile) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&ledger.chain.0);
        Self {
            file: &ledger.file,
            hasher,
            held: Vec::new(),
            bytes: ledger.bytes,
        }
    }

    /// The hash with the line, and the bytes of the file.
    fn write_line(mut self, line: &impl Serialize) -> io::Result<(Chain, u64)> {
        serde_json::to_writer(OneLine(&mut self), line)?;
        if self.held.pop() != Some(b'}') {
            return Err(io::Error::other("a line of a ledger is an object"));
        }
        self.hasher.update(&self.held);
        let chain = Chain::cut(&self.hasher.finalize());
        let tail = format!(",\"chain\":\"{}\"}}\n", chain.hex());
        self.held.extend_from_slice(tail.as_bytes());
        self.file.write_all(&self.held)?;
        Ok((chain, self.bytes - 1 + tail.len() as u64))
    }
}

impl io::Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = &bytes[..bytes.len().min(PIECE)];
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes + TAIL as u64 > MAX_BYTES {
            return Err(too_large());
        }
        if self.held.len() > PIECE {
            let last = self.held.pop();
            self.hasher.update(&self.held);
            self.file.write_all(&self.held)?;
            self.held.clear();
            self.held.extend(last);
        }
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn too_large() -> io::Error {
    let why = format!("it would be larger than {MAX_BYTES} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, why)
}

/// Kills the process at a chosen write, for tests of what a ledger survives.
mod fault {
    use std::io;

    #[cfg(not(debug_assertions))]
    pub(super) fn point() -> io::Result<()> {
        Ok(())
    }

    #[cfg(debug_assertions)]
    pub(super) fn point() -> io::Result<()> {
        use std::sync::LazyLock;
        use std::sync::atomic::{AtomicU64, Ordering};

        static LEFT: LazyLock<AtomicU64> = LazyLock::new(|| {
            let at = std::env::var("MCP_HOST_TEST_KILL_AT").ok();
            AtomicU64::new(at.and_then(|at| at.parse().ok()).unwrap_or(u64::MAX))
        });
        if LEFT.load(Ordering::Relaxed) != u64::MAX && LEFT.fetch_sub(1, Ordering::Relaxed) == 1 {
            // As `kill -9` does: no destructor runs, nothing is flushed.
            std::process::abort();
        }
        Ok(())
    }
}
