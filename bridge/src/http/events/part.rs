//! The bytes of a stream of events, cut where one event is longer than the limit. Reads no event.

use std::fmt;
use std::sync::Arc;

use hyper::body::Bytes;
use tokio::task::coop::consume_budget;

use crate::due::{Due, FREE, Turn};
use crate::error::HttpFault;
use crate::http::client::Response;

/// The bytes of a stream.
pub(super) struct Part {
    response: Response,
    meter: Meter,
    due: Arc<Due>,
    /// Held while an event is read that is long.
    turn: Option<Turn>,
}

impl Part {
    pub(super) fn new(response: Response, limit: usize, due: &Arc<Due>) -> Self {
        Self {
            response,
            meter: Meter::new(limit),
            due: Arc::clone(due),
            turn: None,
        }
    }

    /// Whether the bytes ended by themselves.
    pub(super) fn is_whole(&self) -> bool {
        !self.meter.cut
    }

    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Interrupted>> {
        // A stream of events that say nothing must not keep others from their turn.
        consume_budget().await;
        if self.meter.cut {
            // What comes after an event that was cut makes no sense.
            return None;
        }
        if self.meter.length <= FREE {
            self.turn = None;
        }
        let chunk = match self.response.chunk().await {
            Ok(chunk) => chunk?,
            Err(fault) => return Some(Err(Interrupted::Broken(fault))),
        };
        if !self.meter.admits(&chunk) {
            return Some(Err(Interrupted::TooLong));
        }
        if self.meter.length > FREE && self.turn.is_none() {
            self.turn = self.due.turn().await;
        }
        Some(Ok(chunk))
    }
}

/// Counts the bytes since the last empty line, which ends an event.
struct Meter {
    limit: usize,
    length: usize,
    at_line_start: bool,
    cut: bool,
}

impl Meter {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            length: 0,
            at_line_start: true,
            cut: false,
        }
    }

    fn admits(&mut self, chunk: &[u8]) -> bool {
        for &byte in chunk {
            match byte {
                b'\n' if self.at_line_start => self.length = 0,
                b'\n' => self.at_line_start = true,
                // Part of a line end, or one by itself.
                b'\r' => {}
                _ => self.at_line_start = false,
            }
            self.length += 1;
            self.cut |= self.length > self.limit;
        }
        !self.cut
    }
}

/// Why the bytes end early.
#[derive(Debug)]
pub(super) enum Interrupted {
    TooLong,
    Broken(HttpFault),
}

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => formatter.write_str("the event is too long"),
            Self::Broken(fault) => fault.fmt(formatter),
        }
    }
}

impl std::error::Error for Interrupted {}
