//! Writes a recording while the run goes on. Lines stand in the order in which calls start, so that a line
//! waits for the answers of the calls before it.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

use crate::recording::{Call, End, Header, Line, MAX_BYTES};

pub(crate) struct Recorder(Mutex<Writing>);

struct Writing {
    out: Box<dyn Write + Send>,
    hasher: blake3::Hasher,
    bytes: u64,
    /// Starts and answers so far.
    events: u64,
    /// Lines that are written already.
    written: usize,
    /// Lines that wait for their answer, or for an earlier line.
    open: VecDeque<(Line, Progress)>,
    /// The first error of `out`; nothing is written after it.
    failed: Option<io::Error>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    UnderWay,
    Done,
}

/// The trap of a run whose recording cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the recording cannot be written")]
struct Unwritable;

impl Recorder {
    /// Writes the lines before the first call.
    pub(crate) fn new(
        out: Box<dyn Write + Send>,
        header: &Header,
        servers: &[Value],
    ) -> io::Result<Self> {
        let mut writing = Writing {
            out,
            hasher: blake3::Hasher::new(),
            bytes: 0,
            events: 0,
            written: 0,
            open: VecDeque::new(),
            failed: None,
        };
        writing.write(header)?;
        for line in servers {
            writing.write(line)?;
        }
        Ok(Self(Mutex::new(writing)))
    }

    /// Makes the call and writes it down with its answer, as `answer` puts it. A call without one stays under way.
    pub(crate) async fn call<R>(
        &self,
        call: &Call,
        live: impl Future<Output = wasmtime::Result<R>>,
        answer: impl FnOnce(&wasmtime::Result<R>) -> serde_json::Result<Option<Value>>,
    ) -> wasmtime::Result<R> {
        let n = self.start(call)?;
        let mut live = pin!(live);
        let mut polled = 0_u32;
        let done = poll_fn(|context| {
            polled = polled.saturating_add(1);
            live.as_mut().poll(context)
        })
        .await;
        if let Some(answer) = answer(&done)? {
            self.end(n, answer, polled == 1)?;
        }
        done
    }

    /// Writes down a call that is answered with nothing, and at once.
    pub(crate) fn note(&self, call: &Call) -> wasmtime::Result<()> {
        let n = self.start(call)?;
        self.end(n, serde_json::json!({ "result": null }), true)
    }

    /// Writes what is left, and the last line.
    pub(crate) fn finish(&self, mut end: End) -> io::Result<()> {
        let mut writing = self.writing();
        if let Some(error) = writing.failed.take() {
            return Err(error);
        }
        // Calls that the end of the run cut off have no answer.
        while let Some((line, _)) = writing.open.pop_front() {
            writing.write(&line)?;
        }
        end.blake3 = writing.hasher.finalize().to_hex().to_string();
        writing.write(&end)?;
        writing.out.flush()
    }

    fn start(&self, call: &Call) -> wasmtime::Result<usize> {
        let mut writing = self.writing();
        if writing.failed.is_some() {
            return Err(wasmtime::Error::new(Unwritable));
        }
        writing.events += 1;
        let n = writing.written + writing.open.len() + 1;
        let line = Line {
            n,
            call: call.fields(),
            began: Some(writing.events),
            ended: None,
            answer: None,
        };
        writing.open.push_back((line, Progress::UnderWay));
        Ok(n)
    }

    fn end(&self, n: usize, answer: Value, at_once: bool) -> wasmtime::Result<()> {
        let mut writing = self.writing();
        if !at_once {
            writing.events += 1;
        }
        let ended = writing.events;
        let at = n - writing.written - 1;
        if let Some((line, progress)) = writing.open.get_mut(at) {
            line.ended = Some(ended);
            line.answer = Some(answer);
            *progress = Progress::Done;
        }
        while let Some((line, _)) = writing
            .open
            .pop_front_if(|(_, progress)| *progress == Progress::Done)
        {
            writing.written += 1;
            if let Err(error) = writing.write(&line) {
                writing.failed = Some(error);
                return Err(wasmtime::Error::new(Unwritable));
            }
        }
        Ok(())
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing {
    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.bytes = self.bytes.saturating_add(text.len() as u64);
        // A skill may write files and state for as long as it has fuel.
        if self.bytes > MAX_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it would be larger than {MAX_BYTES} bytes"),
            ));
        }
        self.hasher.update(&text);
        self.out.write_all(&text)
    }
}
