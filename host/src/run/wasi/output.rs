//! The destinations of a guest's standard output and standard error.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::event::one_line;
use crate::rules::limits::{Account, Limit};
use crate::run::Usage;
use crate::run::call_log::CallLog;

/// The most bytes that a guest may write at once.
const CHUNK: usize = 64 * 1024;

/// A line without a newline is cut here.
const MAX_LINE: usize = 8 * 1024;

/// Standard output that is the result of the skill. Output past the limit is dropped, and the fact is recorded.
#[derive(Clone)]
pub(crate) struct Captured {
    inner: Arc<Mutex<Capture>>,
    limit: usize,
    account: Arc<Account>,
}

#[derive(Default)]
struct Capture {
    bytes: Vec<u8>,
    overflowed: bool,
    /// The output was within the limit, but the run had no memory left for it.
    out_of_memory: bool,
}

impl Captured {
    /// The captured output counts as memory of the run.
    pub(crate) fn new(limit: usize, account: &Arc<Account>) -> Self {
        Self {
            inner: Arc::default(),
            limit,
            account: Arc::clone(account),
        }
    }

    /// The output, or the limit that it exceeded.
    pub(crate) fn take(&self) -> Result<Vec<u8>, Limit> {
        let mut capture = lock(&self.inner);
        match *capture {
            Capture {
                out_of_memory: true,
                ..
            } => Err(Limit::Memory),
            Capture {
                overflowed: true, ..
            } => Err(Limit::Output),
            _ => Ok(std::mem::take(&mut capture.bytes)),
        }
    }
}

impl Sink for Captured {
    fn put(&self, bytes: &[u8]) {
        let mut capture = lock(&self.inner);
        if capture.overflowed {
            return;
        }
        let before = capture.bytes.capacity();
        let fits = capture.bytes.len() + bytes.len() <= self.limit;
        // The buffer grows in steps, and is charged in advance.
        let room = (capture.bytes.len() + bytes.len()).next_power_of_two();
        let more = room.saturating_sub(before);
        if fits && self.account.take(more).is_ok() {
            if more > 0 {
                let len = capture.bytes.len();
                capture.bytes.reserve_exact(room - len);
            }
            capture.bytes.extend_from_slice(bytes);
        } else {
            capture.overflowed = true;
            capture.out_of_memory = fits;
        }
    }
}

/// Output that becomes log events, one per line, under the run's line quota.
#[derive(Clone)]
pub(super) struct LineLog {
    stream: &'static str,
    usage: Arc<Usage>,
    call_log: Option<Arc<CallLog>>,
    pending: Arc<Mutex<Vec<u8>>>,
}

impl LineLog {
    /// An earlier part of a run has written the lines that come before what it did not do.
    pub(super) fn new(
        usage: &Arc<Usage>,
        call_log: Option<&Arc<CallLog>>,
        stream: &'static str,
    ) -> Self {
        Self {
            stream,
            usage: Arc::clone(usage),
            call_log: call_log.cloned(),
            pending: Arc::default(),
        }
    }

    fn event(&self, line: &[u8]) {
        let is_late = self.usage.account.is_late(Instant::now());
        if !line.is_empty() && !is_late && self.usage.log.admit() {
            if self.call_log.as_ref().is_some_and(|log| log.repeats()) {
                return;
            }
            let line = one_line(String::from_utf8_lossy(line).trim_end_matches('\r'), &[]);
            tracing::info!(target: "skill", stream = self.stream, "{line}");
        }
    }
}

impl Sink for LineLog {
    fn put(&self, bytes: &[u8]) {
        let mut pending = lock(&self.pending);
        for &byte in bytes {
            if byte == b'\n' || pending.len() >= MAX_LINE {
                self.event(&pending);
                pending.clear();
            }
            if byte != b'\n' {
                pending.push(byte);
            }
        }
    }
}

impl Drop for LineLog {
    fn drop(&mut self) {
        // The last clone writes a line without a newline.
        if Arc::strong_count(&self.pending) == 1 {
            let pending = std::mem::take(&mut *lock(&self.pending));
            self.event(&pending);
        }
    }
}

/// Takes bytes at once, so that nothing is lost when the store is dropped.
trait Sink: Clone + Send + Sync + 'static {
    fn put(&self, bytes: &[u8]);
}

struct Stream<S>(S);

impl<S: Sink> OutputStream for Stream<S> {
    fn write(&mut self, bytes: wasmtime_wasi_io::bytes::Bytes) -> StreamResult<()> {
        self.0.put(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

#[async_trait]
impl<S: Sink> Pollable for Stream<S> {
    async fn ready(&mut self) {}
}

impl<S: Sink + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.0.put(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

macro_rules! standard_output {
    ($sink:ty) => {
        impl IsTerminal for $sink {
            fn is_terminal(&self) -> bool {
                false
            }
        }

        impl StdoutStream for $sink {
            fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
                Box::new(Stream(self.clone()))
            }

            fn p2_stream(&self) -> Box<dyn OutputStream> {
                Box::new(Stream(self.clone()))
            }
        }
    };
}

standard_output!(Captured);
standard_output!(LineLog);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every update is complete, so a panic elsewhere does not corrupt the value.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
