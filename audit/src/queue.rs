//! Lines on their way to the writer: bounded in bytes. A line for which there is no room in time is counted as lost.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of the lines that wait. The writer holds as many again.
const ROOM: usize = 2 << 20;

/// How long a run waits for room. After that, lines are lost without a wait until there is room again.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long a line that is not urgent waits for others.
const GATHER: Duration = Duration::from_millis(20);

/// Lines on their way to the writer.
#[derive(Default)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    /// For the writer: there is a line, or a flush.
    came: Condvar,
    /// For runs: there is room, or lines are written.
    done: Condvar,
}

#[derive(Default)]
struct Inner {
    lines: Vec<Vec<u8>>,
    bytes: usize,
    lost: u64,
    is_urgent: bool,
    is_stalled: bool,
    is_closed: bool,
    /// Lines that were ever put, and those of them that the writer is done with.
    put: u64,
    written: u64,
    /// Why the last lines could not be written.
    error: Option<String>,
}

/// What the writer takes at once.
pub(crate) struct Batch {
    pub(crate) lines: Vec<Vec<u8>>,
    /// Lines that are lost, before these.
    pub(crate) lost: u64,
    upto: u64,
}

/// How it went with everything that was put.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    Written,
    Failed(String),
    TimedOut,
}

impl Queue {
    /// Puts a line. An urgent one is written at once. `false`: it is lost, because there was no room, or no writer.
    #[must_use]
    pub(crate) fn put(&self, line: Vec<u8>, is_urgent: bool) -> bool {
        let mut inner = self.inner();
        let full = |inner: &Inner| inner.bytes.saturating_add(line.len()) > ROOM;
        if full(&inner) && !inner.is_stalled {
            let end = Instant::now() + PATIENCE;
            while full(&inner) && !inner.is_closed {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                let waited = self.done.wait_timeout(inner, left);
                inner = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        if full(&inner) || inner.is_closed {
            inner.lost = inner.lost.saturating_add(1);
            inner.is_stalled = true;
            return false;
        }
        inner.bytes += line.len();
        inner.put += 1;
        let wakes = inner.lines.is_empty() || (is_urgent && !inner.is_urgent);
        inner.is_urgent |= is_urgent;
        inner.lines.push(line);
        drop(inner);
        if wakes {
            self.came.notify_all();
        }
        true
    }

    /// Waits for lines. `None`: the queue is closed, and nothing is left.
    pub(crate) fn take(&self) -> Option<Batch> {
        let mut inner = self.inner();
        while inner.lines.is_empty() {
            if inner.is_closed {
                return None;
            }
            let waited = self.came.wait(inner);
            inner = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let end = Instant::now() + GATHER;
        while !inner.is_urgent && !inner.is_closed {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.came.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        inner.bytes = 0;
        inner.is_urgent = false;
        inner.is_stalled = false;
        let batch = Batch {
            lines: std::mem::take(&mut inner.lines),
            lost: std::mem::take(&mut inner.lost),
            upto: inner.put,
        };
        drop(inner);
        self.done.notify_all();
        Some(batch)
    }

    /// The writer is done with this batch. Lines that it could not write are lost.
    pub(crate) fn done(&self, batch: &Batch, error: Option<String>) {
        let mut inner = self.inner();
        if error.is_some() {
            let lines = batch.lines.len() as u64;
            inner.lost = inner.lost.saturating_add(batch.lost).saturating_add(lines);
        }
        inner.written = batch.upto;
        inner.error = error;
        drop(inner);
        self.done.notify_all();
    }

    /// Waits until everything that was put is written.
    pub(crate) fn flush(&self, patience: Duration) -> Flushed {
        let end = Instant::now().checked_add(patience);
        let mut inner = self.inner();
        let upto = inner.put;
        inner.is_urgent = !inner.lines.is_empty();
        self.came.notify_all();
        while inner.written < upto {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let left = left.unwrap_or(patience);
            if left.is_zero() {
                return Flushed::TimedOut;
            }
            let waited = self.done.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match &inner.error {
            Some(error) => Flushed::Failed(error.clone()),
            None => Flushed::Written,
        }
    }

    /// No line comes any more.
    pub(crate) fn close(&self) {
        self.inner().is_closed = true;
        self.came.notify_all();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Every update under this lock is complete, so a panic elsewhere does not corrupt it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn lines_beyond_the_room_are_lost_and_counted() {
        let queue = Queue::default();
        let line = || vec![b'x'; 1 << 20];
        let taken = [(); 5].map(|()| queue.put(line(), true));
        assert_eq!(taken, [true, true, false, false, false]);
        let batch = queue.take().unwrap();
        assert_eq!((batch.lines.len(), batch.lost), (2, 3));
        queue.done(&batch, Some("no room".to_owned()));
        assert!(queue.put(line(), true));
        let batch = queue.take().unwrap();
        // Those that were not written are lost too.
        assert_eq!((batch.lines.len(), batch.lost), (1, 5));
        queue.done(&batch, None);
        assert_eq!(queue.flush(Duration::ZERO), Flushed::Written);
        queue.close();
        assert!(queue.take().is_none());
        assert!(!queue.put(line(), true), "no writer takes it");
    }

    #[test]
    fn a_flush_that_no_writer_serves_ends_after_its_patience() {
        let queue = Queue::default();
        assert!(queue.put(b"line".to_vec(), false));
        let flushed = queue.flush(Duration::from_millis(10));
        assert_eq!(flushed, Flushed::TimedOut);
    }
}
