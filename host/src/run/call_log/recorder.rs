//! Writes a recording during the run. Lines are in the order in which calls start, so a line waits for the answers of
//! earlier calls.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Answered, Noted};
use crate::recording::{Call, End, Header, InLine, MAX_BYTES, OneLine};
use crate::rules::limits::Account;
use crate::run::turns::{Turns, polled_once};

pub(crate) struct Recorder {
    writing: Mutex<Writing>,
    turns: Arc<Turns>,
}

struct Writing {
    out: Hashed,
    /// Starts and answers so far.
    events: u64,
    /// Lines that have been written.
    written: usize,
    /// Lines that wait for their answer, or for an earlier line. Their memory is charged to the run.
    open: VecDeque<Open>,
    /// The first error of `out`; nothing is written after it.
    failed: Option<io::Error>,
}

/// A line that is not written yet.
struct Open {
    call: Call,
    began: u64,
    ended: Option<u64>,
    answer: Option<Box<RawValue>>,
    /// Bytes of the run's account.
    charged: usize,
}

/// A line for writing; `Line` is the same line for reading.
#[derive(Serialize)]
struct Written<'a> {
    n: usize,
    #[serde(flatten)]
    call: &'a Call,
    began: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a RawValue>,
}

/// The last line for writing; `End` is the same line for reading.
#[derive(Serialize)]
struct Last<'a> {
    end: bool,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Map::is_empty")]
    detail: &'a Map<String, Value>,
    result: &'a InLine<'a>,
    fuel: u64,
    blake3: String,
}

/// The trap of a run whose recording cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the recording cannot be written")]
pub(super) struct Unwritable;

impl Recorder {
    /// Writes the lines before the first call.
    pub(crate) fn new(
        out: Box<dyn Write + Send>,
        header: &Header,
        servers: &[Value],
    ) -> io::Result<Self> {
        let out = Hashed {
            out,
            hasher: blake3::Hasher::new(),
            bytes: 0,
        };
        let mut writing = Writing {
            out,
            events: 0,
            written: 0,
            open: VecDeque::new(),
            failed: None,
        };
        writing.write(header)?;
        for line in servers {
            writing.write(line)?;
        }
        Ok(Self {
            writing: Mutex::new(writing),
            turns: Arc::default(),
        })
    }

    /// The turns of its answers.
    pub(crate) fn turns(&self) -> &Arc<Turns> {
        &self.turns
    }

    /// Makes the call, and records it with its answer, which `answer` formats. A call without an answer stays in
    /// flight.
    pub(super) async fn call<'a, R>(
        &self,
        account: &'a Account,
        noted: Noted<'_>,
        live: impl Future<Output = wasmtime::Result<R>>,
        answer: impl FnOnce(&wasmtime::Result<R>, &'a Account) -> wasmtime::Result<Option<Answered<'a>>>,
    ) -> wasmtime::Result<R> {
        let n = self.start(noted)?;
        let (done, at_once) = polled_once(live).await;
        if let Some(answer) = answer(&done, account)? {
            self.end(account, n, answer, at_once)?;
        }
        done
    }

    /// Records a call that returns nothing.
    pub(super) fn log_event(&self, account: &Account, noted: Noted<'_>) -> wasmtime::Result<()> {
        let n = self.start(noted)?;
        let nothing = super::Answer::<(), ()>::Result(());
        match super::answered(nothing, account)? {
            Some(answer) => self.end(account, n, answer, true),
            None => Ok(()),
        }
    }

    /// Writes the remaining lines, and the last line with the text of the result.
    pub(crate) fn finish(&self, end: &End, result: &InLine<'_>) -> io::Result<()> {
        let mut writing = self.writing();
        if let Some(error) = writing.failed.take() {
            return Err(error);
        }
        // Calls that were in flight at the end of the run have no answer.
        while let Some(line) = writing.open.pop_front() {
            writing.line(&line)?;
        }
        let last = Last {
            end: true,
            outcome: &end.outcome,
            detail: &end.detail,
            result,
            fuel: end.fuel,
            blake3: writing.out.hasher.finalize().to_hex().to_string(),
        };
        writing.write(&last)?;
        writing.out.flush()
    }

    fn start(&self, noted: Noted<'_>) -> wasmtime::Result<usize> {
        let mut writing = self.writing();
        if writing.failed.is_some() {
            return Err(wasmtime::Error::new(Unwritable));
        }
        writing.events += 1;
        let n = writing.written + writing.open.len() + 1;
        let Noted { call, charge } = noted;
        let line = Open {
            call,
            began: writing.events,
            ended: None,
            answer: None,
            charged: charge.keep(),
        };
        writing.open.push_back(line);
        Ok(n)
    }

    fn end(
        &self,
        account: &Account,
        n: usize,
        answer: Answered<'_>,
        at_once: bool,
    ) -> wasmtime::Result<()> {
        let mut writing = self.writing();
        if !at_once {
            writing.events += 1;
        }
        let ended = writing.events;
        let at = n - writing.written - 1;
        if let Some(line) = writing.open.get_mut(at) {
            line.ended = Some(ended);
            line.answer = Some(answer.text);
            line.charged += answer.charge.keep();
        }
        while let Some(line) = writing.open.pop_front_if(|line| line.answer.is_some()) {
            let done = writing.line(&line);
            account.give_back(line.charged);
            if let Err(error) = done {
                writing.failed = Some(error);
                return Err(wasmtime::Error::new(Unwritable));
            }
        }
        Ok(())
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        // Nothing panics under this lock.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing {
    fn line(&mut self, line: &Open) -> io::Result<()> {
        self.written += 1;
        let written = Written {
            n: self.written,
            call: &line.call,
            began: line.began,
            ended: line.ended,
            answer: line.answer.as_deref(),
        };
        self.write(&written)
    }

    /// In pieces: the text of a whole line may be large.
    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut pieces = BufWriter::new(&mut self.out);
        serde_json::to_writer(OneLine(&mut pieces), line)?;
        pieces.write_all(b"\n")?;
        pieces.into_inner().map_err(|error| error.into_error())?;
        Ok(())
    }
}

/// The output, with the hash of all bytes so far.
struct Hashed {
    out: Box<dyn Write + Send>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A skill may write files and state as long as it has fuel.
        if self.bytes.saturating_add(bytes.len() as u64) > MAX_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it would be larger than {MAX_BYTES} bytes"),
            ));
        }
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
