//! A stream of server-sent events, bounded: no event is kept that is longer than the limit.

use std::fmt;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use reqwest::Response;
use rmcp::model::{JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::SseError;
use sse_stream::{Sse, SseStream};

use super::fault::HttpFault;
use crate::message;

/// The events of a response. `id` is the request that was sent, if it is the stream of one; an event
/// that cannot be used as its answer becomes an error under that id.
pub(super) fn read(
    response: Response,
    id: Option<RequestId>,
    limit: usize,
) -> BoxStream<'static, Result<Sse, SseError>> {
    let bytes = response
        .bytes_stream()
        .scan(Meter::new(limit), |meter, chunk| {
            std::future::ready(match chunk {
                // What comes after an event that was cut makes no sense.
                _ if meter.cut => None,
                Err(error) => Some(Err(Interrupted::Broken(HttpFault::from_send(&error)))),
                Ok(chunk) if meter.admits(&chunk) => Some(Ok(chunk)),
                Ok(_) => Some(Err(Interrupted::TooLong)),
            })
        });
    let events = SseStream::from_bytes_stream(bytes);
    let Some(id) = id else {
        // A stream of the server's own: what is wrong with it belongs to no caller.
        return events.map_ok(move |event| readable(event, limit)).boxed();
    };
    let last = id.clone();
    events
        .map_ok(move |event| checked(event, &id, limit))
        // A stream that was cut is not resumed: it would be as long the next time.
        .or_else(move |error| {
            let cut = matches!(&error, SseError::Body(cause)
                if matches!(cause.downcast_ref(), Some(Interrupted::TooLong)));
            std::future::ready(if cut {
                Ok(event(&message::too_large(last.clone())))
            } else {
                Err(error)
            })
        })
        .boxed()
}

/// An event whose message can be read, or one with nothing in it.
fn readable(event: Sse, limit: usize) -> Sse {
    let Some(data) = &event.data else {
        return event;
    };
    match message::parse_for_rmcp(data.as_bytes(), limit) {
        Ok(_) => event,
        Err(unreadable) => {
            tracing::debug!(error = %unreadable.problem, "event from server dropped");
            Sse {
                data: None,
                ..event
            }
        }
    }
}

/// An event whose message can be used, or one with an error in its place.
fn checked(event: Sse, id: &RequestId, limit: usize) -> Sse {
    let Some(data) = event.data.as_deref().filter(|data| !data.trim().is_empty()) else {
        return event;
    };
    if !matches!(event.event.as_deref(), None | Some("" | "message")) {
        return event;
    }
    let instead = match message::parse_for_rmcp(data.as_bytes(), limit) {
        Err(unreadable) if unreadable.is_call => return event,
        Err(unreadable) => message::unreadable(id.clone(), &unreadable.problem),
        Ok(JsonRpcMessage::Error(mut error)) if error.id.is_none() => {
            error.id = Some(id.clone());
            JsonRpcMessage::Error(error)
        }
        Ok(answer) => match message::answered(&answer) {
            Some(Some(received)) if received != id => message::misdirected(id.clone()),
            _ => return event,
        },
    };
    Sse {
        data: self::event(&instead).data,
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
    fn event_of_the_servers_own_that_is_no_message_or_too_heavy_has_nothing_in_it() {
        let data = |text: String| readable(Sse::default().data(text), 1 << 20).data;
        let notification = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":DATA}}"#;
        let small = notification.replace("DATA", "[0,0]");
        assert_eq!(data(small.clone()), Some(small));
        let heavy = notification.replace("DATA", &format!("[{}0]", "0,".repeat(100_000)));
        assert_eq!(data(heavy), None);
        assert_eq!(data("[]".to_owned()), None);
    }
}
