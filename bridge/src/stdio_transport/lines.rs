//! Lines of a stream, none of which is kept beyond a limit. A carriage return ends a line as a line feed does, because
//! it can stand in no message, and so does the end of the stream. Knows of a message only which request it
//! answers, so that the caller of one that is too long hears of it before its end.

use std::io;
use std::mem;

use rmcp::model::RequestId;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::message::Envelope;
use crate::noise::Noise;

/// How much is read at a time, in bytes: as much as a pipe holds.
const CHUNK: usize = 64 * 1024;
/// How much memory for a line is kept from one message to the next.
const KEPT_CAPACITY: usize = 256 * 1024;

/// The lines of one stream. All progress is in here, so that reading may be dropped at any time.
pub(super) struct Lines<R> {
    bytes: BufReader<R>,
    /// What has been read of the present line, up to the limit.
    pub(super) line: Vec<u8>,
    /// How much of it has been dealt with: several messages may stand on one line.
    from: usize,
    /// Nothing more will come, and the line may break off.
    pub(super) has_ended: bool,
    /// Set while the rest of a line over the limit is skipped.
    skipped: Option<Skipped>,
    pub(super) limit: usize,
    /// Shows a line that has no end to a caller who waits.
    pub(super) noise: Noise,
}

#[derive(Default)]
struct Skipped {
    envelope: Envelope,
    /// Its caller knows already.
    reported: bool,
}

/// One line.
pub(super) enum Line {
    /// In `Lines::line`; the reader clears it.
    Whole,
    /// Dropped, or still being dropped; the request that it answers, if that can be seen.
    TooLong(Option<RequestId>),
    /// Dropped; no answer.
    TooLongOther,
}

impl<R: AsyncRead> Lines<R> {
    pub(super) fn new(bytes: R, limit: usize, noise: Noise) -> Self {
        Self {
            bytes: BufReader::with_capacity(CHUNK, bytes),
            line: Vec::new(),
            from: 0,
            has_ended: false,
            skipped: None,
            limit,
            noise,
        }
    }
}

impl<R> Lines<R> {
    /// What of the line has not been dealt with.
    pub(super) fn rest(&self) -> &[u8] {
        self.line.get(self.from..).unwrap_or_default()
    }

    /// Only the last so many bytes of the line are left.
    pub(super) fn leave(&mut self, left: usize) {
        self.from = self.line.len().saturating_sub(left);
    }
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// The next one, or `None` at the end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let available = self.bytes.fill_buf().await?;
            if available.is_empty() {
                self.has_ended = true;
                self.noise.closed();
                // The last line may lack its end.
                let is_left = self.skipped.is_some() || !self.line.is_empty();
                return Ok(is_left.then(|| self.finish(true)).flatten());
            }
            let end = available
                .iter()
                .position(|byte| matches!(byte, b'\n' | b'\r'));
            let length = end.unwrap_or(available.len());
            let part = &available[..length];
            if let Some(skipped) = &mut self.skipped {
                skipped.envelope.scan(part);
            } else if self.line.len() + length > self.limit {
                let skipped = self.skipped.insert(Skipped::default());
                // Replaced and not cleared: the next line will not need that much memory.
                skipped.envelope.scan(&mem::take(&mut self.line));
                skipped.envelope.scan(part);
            } else {
                self.line.extend_from_slice(part);
            }
            // Nothing is awaited between the copy and this, so no byte is lost or read twice.
            self.bytes.consume(end.map_or(length, |end| end + 1));
            match end {
                Some(_) => self.noise.closed(),
                // What is skipped has left its start there already.
                None if self.skipped.is_none() => self.noise.open(&self.line),
                None => {}
            }
            if let Some(line) = self.finish(end.is_some()) {
                return Ok(Some(line));
            }
        }
    }

    /// What there is to say now, at the end of a line or in the middle of one that is too long.
    fn finish(&mut self, at_end: bool) -> Option<Line> {
        if at_end {
            let Some(skipped) = self.skipped.take() else {
                return Some(Line::Whole);
            };
            let is_answer = skipped.envelope.is_answer() && skipped.envelope.names_version();
            return match (skipped.reported, skipped.envelope.answered_request()) {
                (true, _) => None,
                (false, None) if !is_answer => Some(Line::TooLongOther),
                (false, id) => Some(Line::TooLong(id)),
            };
        }
        let skipped = self.skipped.as_mut().filter(|skipped| !skipped.reported)?;
        // The rest of an endless line may never come, and its caller waits.
        let id = skipped.envelope.answered_request()?;
        skipped.reported = true;
        // Its caller learns that it is too large: it is no stray line.
        self.noise.closed();
        Some(Line::TooLong(Some(id)))
    }

    /// Makes room for the next line, and keeps no more memory than most of them need.
    pub(super) fn clear(&mut self) {
        self.from = 0;
        if self.line.capacity() > KEPT_CAPACITY {
            self.line = Vec::new();
        } else {
            self.line.clear();
        }
    }
}
