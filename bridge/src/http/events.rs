//! A stream of server-sent events, bounded: no event is kept that is longer than the limit.

use std::time::Duration;

use futures_util::future::ready;
use futures_util::stream::{BoxStream, once, unfold};
use futures_util::{StreamExt as _, TryStreamExt as _};
use hyper::body::Bytes;
use rmcp::model::{JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::SseError;
use sse_stream::{Sse, SseStream};

mod part;

use super::client::Response;
use super::reading::Reading;
use crate::message::{self, Asked, Message, Problem, UNREADABLE};
use crate::text;
use crate::tool_result::CallToolResult;
use part::{Interrupted, Part};

/// How long the client waits before it resumes a broken stream, if the server says nothing else.
pub(super) const RESUME_AFTER: Duration = Duration::from_millis(500);
/// The longest id of an event that is kept, to go on from there where the stream breaks off, in bytes.
const MAX_EVENT_ID: usize = 1024;

/// The events of a response. `sent` is the request, if it is the stream of one; an event that cannot be used as its
/// answer becomes an error under its id, and so does the end of a stream that brought only what is no answer.
pub(super) fn read(
    response: Response,
    sent: Option<(RequestId, Asked)>,
    reading: &Reading,
) -> BoxStream<'static, Result<Sse, SseError>> {
    let part = Part::new(response, reading.limit, &reading.due);
    let bytes = unfold(Some(part), |part| async move {
        let mut part = part?;
        match part.next().await {
            Some(next) => {
                let goes_on = next.is_ok();
                Some((next, goes_on.then_some(part)))
            }
            // Some servers end the stream without the empty line that ends an event.
            None if part.is_whole() => Some((Ok(Bytes::from_static(b"\n\n")), None)),
            None => None,
        }
    });
    let mut waiting = sent.clone().map(Waiting::new);
    let last = sent.as_ref().map(|(id, _)| id.clone());
    let reading = reading.clone();
    let events = SseStream::from_bytes_stream(Box::pin(bytes))
        .and_then(move |event| {
            let (reading, sent) = (reading.clone(), sent.clone());
            async move { Ok(usable(event, sent, &reading).await) }
        })
        // A stream that was cut is not resumed: it would be as long the next time.
        .or_else(move |error| {
            let cut = matches!(&error, SseError::Body(cause)
                if matches!(cause.downcast_ref(), Some(Interrupted::TooLong)));
            ready(match &last {
                Some(id) if cut => Ok((event(&message::too_large(id.clone())), Seen::Answer)),
                // A stream of the server's own: what is wrong with it belongs to no caller.
                _ => Err(error),
            })
        });
    events
        .map(Some)
        .chain(once(ready(None)))
        .filter_map(move |event| {
            ready(match (event, &mut waiting) {
                (Some(Err(error)), waiting) => {
                    // rmcp resumes the stream, or says that it broke off.
                    *waiting = None;
                    Some(Err(error))
                }
                (Some(Ok((event, seen))), waiting) => {
                    if let Some(waiting) = waiting {
                        waiting.saw(&event, seen);
                    }
                    Some(Ok(event))
                }
                (None, waiting) => waiting.take().and_then(Waiting::ended).map(Ok),
            })
        })
        .boxed()
}

/// What an event is to the request whose stream it is on.
enum Seen {
    Answer,
    /// An answer under another id, written as JSON.
    Stray(String),
    /// No message at all.
    Noise,
    Nothing,
}

/// A request that waits for its answer on a stream.
struct Waiting {
    id: RequestId,
    asked: Asked,
    is_answered: bool,
    /// The stream can be resumed, so its end is not the end.
    has_event_id: bool,
    stray: Option<String>,
    has_noise: bool,
}

impl Waiting {
    fn new((id, asked): (RequestId, Asked)) -> Self {
        Self {
            id,
            asked,
            is_answered: false,
            has_event_id: false,
            stray: None,
            has_noise: false,
        }
    }

    fn saw(&mut self, event: &Sse, seen: Seen) {
        self.has_event_id |= event.id.is_some();
        match seen {
            Seen::Answer => self.is_answered = true,
            Seen::Stray(id) => self.stray = Some(id),
            Seen::Noise => self.has_noise = true,
            Seen::Nothing => {}
        }
    }

    /// What stands in for the answer at the end of the stream. Where nothing came at all, rmcp says that it broke off.
    fn ended(self) -> Option<Sse> {
        if self.is_answered || self.has_event_id {
            return None;
        }
        let instead = match self.stray {
            Some(received) => message::misdirected(self.id, &received),
            None if self.has_noise || self.asked == Asked::Discover => {
                let why = "the event stream ended without an answer";
                message::stand_in(self.id, UNREADABLE, why)
            }
            None => return None,
        };
        Some(event(&instead))
    }
}

/// The event as rmcp may see it: there is room for its message, it can be read, and it is for who asked.
async fn usable(event: Sse, sent: Option<(RequestId, Asked)>, reading: &Reading) -> (Sse, Seen) {
    let event = tamed(event);
    let Some(data) = event.data.as_deref().filter(|data| !data.trim().is_empty()) else {
        return (event, Seen::Nothing);
    };
    let due = &reading.due;
    let bytes = message::memory_of(data.as_bytes(), |id| match &sent {
        Some((_, asked)) => *asked,
        None => due.asked(id),
    });
    let Some(room) = due.room(bytes, due.patience()).await else {
        let instead = sent.map(|(id, _)| message::not_taken(id));
        return (replaced(event, instead.as_ref()), Seen::Answer);
    };
    let usable = match &sent {
        None => readable(event, reading),
        Some((id, asked)) => checked(event, id, *asked, reading),
    };
    // Only an answer is kept for a caller. What a notification took is free again.
    if let Some(id) = usable.answers {
        due.came(&id, room, usable.result);
    }
    (usable.event, usable.seen)
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

/// An event as rmcp sees it.
struct Usable {
    event: Sse,
    seen: Seen,
    /// The request that its message answers.
    answers: Option<RequestId>,
    /// The result of a tool call, which rmcp does not see.
    result: Option<Box<CallToolResult>>,
}

impl Usable {
    /// An event that answers nothing.
    fn other(event: Sse, seen: Seen) -> Self {
        Self {
            event,
            seen,
            answers: None,
            result: None,
        }
    }

    /// The event with the message as it was read, where rmcp would not read the same of its text, and with a result of
    /// a tool call taken out of it.
    fn of(event: Sse, read: Message, answers: Option<RequestId>) -> Self {
        let event = match &read.result {
            None if read.is_as_written => plain(event),
            _ => replaced(event, Some(&read.message)),
        };
        Self {
            event,
            seen: match &answers {
                Some(_) => Seen::Answer,
                None => Seen::Nothing,
            },
            answers,
            result: read.result,
        }
    }
}

/// An event whose message can be read, or one with nothing in it.
fn readable(event: Sse, reading: &Reading) -> Usable {
    let Some(data) = &event.data else {
        return Usable::other(event, Seen::Nothing);
    };
    let asked = |id: &RequestId| reading.due.asked(id);
    match message::parse_for_rmcp(data.as_bytes(), reading.limit, asked) {
        Ok(read) => {
            let answers = message::answered(&read.message).flatten().cloned();
            Usable::of(event, read, answers)
        }
        Err(unreadable) => {
            reading.noise.heard(data.as_bytes());
            let error = message::words_of(&unreadable.problem.to_string());
            tracing::debug!(error, "event from server dropped");
            Usable::other(replaced(event, None), Seen::Nothing)
        }
    }
}

/// An event whose message can be used, one with an error in its place, or one with nothing in it.
fn checked(event: Sse, id: &RequestId, asked: Asked, reading: &Reading) -> Usable {
    let Some(data) = event.data.as_deref() else {
        return Usable::other(event, Seen::Nothing);
    };
    if !matches!(event.event.as_deref(), None | Some("" | "message")) {
        reading.noise.heard(data.as_bytes());
        return Usable::other(event, Seen::Noise);
    }
    let instead = match message::parse_for_rmcp(data.as_bytes(), reading.limit, |_| asked) {
        Err(unreadable) => {
            let envelope = &unreadable.envelope;
            let is_ours =
                envelope.names_version() && envelope.answered_request().as_ref() == Some(id);
            if !is_ours && !matches!(unreadable.problem, Problem::TooMuchMemory(_)) {
                reading.noise.heard(data.as_bytes());
                return Usable::other(replaced(event, None), Seen::Noise);
            }
            if envelope.is_call() {
                return Usable::other(replaced(event, None), Seen::Nothing);
            }
            message::unreadable(id.clone(), &unreadable.problem)
        }
        Ok(Message {
            message: JsonRpcMessage::Error(mut error),
            ..
        }) if error.id.is_none() => {
            error.id = Some(id.clone());
            JsonRpcMessage::Error(error)
        }
        Ok(read) => match message::answered(&read.message) {
            Some(Some(received)) if received != id => {
                reading.noise.heard(data.as_bytes());
                let received = message::json_id(received);
                return Usable::other(replaced(event, None), Seen::Stray(received));
            }
            // rmcp reads the event again, and not as leniently.
            Some(_) if matches!(asked, Asked::Initialize | Asked::Discover) => read.message,
            answered => {
                let answers = answered.is_some().then(|| id.clone());
                return Usable::of(event, read, answers);
            }
        },
    };
    Usable::of(
        replaced(event, Some(&instead)),
        instead.into(),
        Some(id.clone()),
    )
}

/// The event without what is around its message, which rmcp would not read.
fn plain(event: Sse) -> Sse {
    let data = event.data.as_deref().unwrap_or_default();
    let plain = message::unwrapped(data.as_bytes());
    if plain.len() == data.trim().len() {
        return event;
    }
    let plain = String::from_utf8_lossy(plain).into_owned();
    Sse {
        data: Some(plain),
        ..event
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::due::Due;
    use crate::noise::Noise;
    use crate::secret::Secrets;

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
        let reading = Reading {
            limit: 1 << 20,
            due: Due::new(1 << 20),
            secrets: Secrets::default(),
            noise: Noise::in_answers(),
            login: None,
        };
        let data = |text: String| {
            let event = Sse::default().data(text);
            readable(event, &reading).event.data
        };
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
