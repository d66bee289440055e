//! A stream of server-sent events, bounded: no event is kept that is longer than the limit.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{BoxStream, unfold};
use futures_util::{StreamExt as _, TryStreamExt as _};
use hyper::body::Bytes;
use rmcp::model::{JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::SseError;
use sse_stream::{Sse, SseStream};
use tokio::task::coop::consume_budget;

use super::client::Response;
use crate::due::{Due, FREE, Turn};
use crate::error::HttpFault;
use crate::message::{self, Asked, Read};
use crate::text;

/// How long the client waits before it resumes a broken stream, if the server says nothing else.
pub(super) const RESUME_AFTER: Duration = Duration::from_millis(500);
/// The longest id of an event that is kept, to go on from there where the stream breaks off, in bytes.
const MAX_EVENT_ID: usize = 1024;

/// The events of a response. `sent` is the request, if it is the stream of one; an event that cannot be used as its
/// answer becomes an error under its id.
pub(super) fn read(
    response: Response,
    sent: Option<(RequestId, Asked)>,
    limit: usize,
    due: &Arc<Due>,
) -> BoxStream<'static, Result<Sse, SseError>> {
    let part = Part {
        response,
        meter: Meter::new(limit),
        due: Arc::clone(due),
        turn: None,
    };
    let bytes = unfold(part, |mut part| async move {
        let next = part.next().await?;
        Some((next, part))
    });
    let last = sent.as_ref().map(|(id, _)| id.clone());
    let due = Arc::clone(due);
    SseStream::from_bytes_stream(Box::pin(bytes))
        .and_then(move |event| {
            let (due, sent) = (Arc::clone(&due), sent.clone());
            async move { Ok(usable(event, sent, limit, &due).await) }
        })
        // A stream that was cut is not resumed: it would be as long the next time.
        .or_else(move |error| {
            let cut = matches!(&error, SseError::Body(cause)
                if matches!(cause.downcast_ref(), Some(Interrupted::TooLong)));
            std::future::ready(match &last {
                Some(id) if cut => Ok(event(&message::too_large(id.clone()))),
                // A stream of the server's own: what is wrong with it belongs to no caller.
                _ => Err(error),
            })
        })
        .boxed()
}

/// The bytes of a stream.
struct Part {
    response: Response,
    meter: Meter,
    due: Arc<Due>,
    /// Held while an event is read that is long.
    turn: Option<Turn>,
}

impl Part {
    async fn next(&mut self) -> Option<Result<Bytes, Interrupted>> {
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

/// The event as rmcp may see it: there is room for its message, it can be read, and it is for who asked.
async fn usable(event: Sse, sent: Option<(RequestId, Asked)>, limit: usize, due: &Due) -> Sse {
    let event = tamed(event);
    let Some(data) = event.data.as_deref().filter(|data| !data.trim().is_empty()) else {
        return event;
    };
    let bytes = message::memory_of(data.as_bytes());
    let Some(room) = due.room(bytes, due.patience()).await else {
        let instead = sent.map(|(id, _)| message::not_taken(id));
        return replaced(event, instead.as_ref());
    };
    let (event, answered) = match &sent {
        None => readable(event, limit),
        Some((id, asked)) => checked(event, id, *asked, limit),
    };
    // Only an answer is kept for a caller. What a notification took is free again.
    if let Some(id) = answered {
        due.came(&id, room);
    }
    event
}

/// An event whose id can be logged and sent back, and that lets no stream be resumed without a pause.
fn tamed(mut event: Sse) -> Sse {
    event.id = event
        .id
        .filter(|id| id.len() <= MAX_EVENT_ID && id.chars().all(text::is_safe));
    let shortest = u64::try_from(RESUME_AFTER.as_millis()).unwrap_or(u64::MAX);
    event.retry = event.retry.map(|retry| retry.max(shortest));
    event
}

/// An event whose message can be read, or one with nothing in it; and the request that the message answers.
fn readable(event: Sse, limit: usize) -> (Sse, Option<RequestId>) {
    let Some(data) = &event.data else {
        return (event, None);
    };
    match message::parse_for_rmcp(data.as_bytes(), limit, |_| Asked::Other) {
        Ok(read) => {
            let answered = message::answered(&read.message).flatten().cloned();
            (as_read(event, &read), answered)
        }
        Err(unreadable) => {
            let error = message::words_of(&unreadable.problem.to_string());
            tracing::debug!(error, "event from server dropped");
            (replaced(event, None), None)
        }
    }
}

/// An event whose message can be used, or one with an error in its place; and the request that the message answers.
fn checked(event: Sse, id: &RequestId, asked: Asked, limit: usize) -> (Sse, Option<RequestId>) {
    let Some(data) = event.data.as_deref() else {
        return (event, None);
    };
    if !matches!(event.event.as_deref(), None | Some("" | "message")) {
        return (event, None);
    }
    let instead = match message::parse_for_rmcp(data.as_bytes(), limit, |_| asked) {
        Err(unreadable) if unreadable.is_call => return (event, None),
        Err(unreadable) => message::unreadable(id.clone(), &unreadable.problem),
        Ok(Read {
            message: JsonRpcMessage::Error(mut error),
            ..
        }) if error.id.is_none() => {
            error.id = Some(id.clone());
            JsonRpcMessage::Error(error)
        }
        Ok(read) => match message::answered(&read.message) {
            Some(Some(received)) if received != id => message::misdirected(id.clone()),
            answered => {
                let answered = answered.is_some().then(|| id.clone());
                return (as_read(event, &read), answered);
            }
        },
    };
    (replaced(event, Some(&instead)), Some(id.clone()))
}

/// The event with the message as it was read, where rmcp would not read the same of its text.
fn as_read(event: Sse, read: &Read) -> Sse {
    if read.is_as_written {
        return event;
    }
    replaced(event, Some(&read.message))
}

/// The event with another message in it, or with none.
fn replaced(event: Sse, message: Option<&ServerJsonRpcMessage>) -> Sse {
    Sse {
        data: message.and_then(|message| self::event(message).data),
        ..event
    }
}

fn event(message: &ServerJsonRpcMessage) -> Sse {
    // A message of ours is always JSON.
    Sse::default().data(serde_json::to_string(message).unwrap_or_default())
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
enum Interrupted {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_that_is_long_or_forges_a_line_is_dropped_and_no_pause_is_too_short() {
        let id = |id: String| tamed(Sse::default().id(id)).id;
        assert_eq!(id("7".to_owned()).as_deref(), Some("7"));
        assert_eq!(id("x".repeat(MAX_EVENT_ID + 1)), None);
        assert_eq!(id("7\u{1b}[31m".to_owned()), None);
        assert_eq!(tamed(Sse::default().retry(0)).retry, Some(500));
        assert_eq!(tamed(Sse::default().retry(7000)).retry, Some(7000));
    }

    #[test]
    fn event_of_the_servers_own_that_is_no_message_or_takes_too_much_memory_has_nothing_in_it() {
        let data = |text: String| readable(Sse::default().data(text), 1 << 20).0.data;
        let notification = r#"{"jsonrpc":"2.0","method":"notifications/message",
            "params":{"level":"info","data":DATA}}"#
            .replace('\n', "");
        let small = notification.replace("DATA", "[0,0]");
        assert_eq!(data(small.clone()), Some(small));
        let heavy = notification.replace("DATA", &format!("[{}0]", "0,".repeat(100_000)));
        assert_eq!(data(heavy), None);
        assert_eq!(data("[]".to_owned()), None);
    }
}
