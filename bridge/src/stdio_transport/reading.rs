//! From a line to the messages on it. Only what has a `result` or an `error` can be an answer. Everything else that is
//! no message is noise: noted, and dropped.

use std::sync::Mutex;

use rmcp::model::{ErrorCode, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use serde_json::value::RawValue;
use tokio::io::AsyncRead;
use tokio::time::{Instant, timeout_at};

use super::ledger::{Ledger, Lost, Verdict, Why, lock};
use super::lines::{Line, Lines};
use crate::border::Border;
use crate::message::{
    self, Asked, Envelope, Message, Problem, first_of_several, json_id, stand_in, unwrapped,
    words_of,
};
use crate::noise::Noise;
use crate::secret::Secrets;
use crate::throttle::{EventThrottle, Throttle, not_zero};

/// How many messages may stand on one line. What follows them is noise: each of them costs a look at the whole rest.
const MAX_PARTS: usize = 16;
/// How far into a line of text a message is looked for, in bytes.
const MAX_TEXT: usize = 64 * 1024;

/// How many warnings of stray answers pass in a second.
const STRAYS_PER_SECOND: u32 = 5;
/// How much of an id is shown, in bytes.
const MAX_SHOWN_ID: usize = 200;

/// What comes in on one connection.
pub(super) struct Reader<R> {
    server: String,
    pub(super) input: Lines<R>,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) border: Border,
    strays: EventThrottle,
    pub(super) noise: Noise,
    parts: Parts,
    /// What its words must not show.
    pub(super) secrets: Secrets,
}

/// Where reading is, between lines and within one.
#[derive(Default)]
struct Parts {
    /// How many bytes at the end of the line are the next message, if it has another one.
    left: usize,
    /// How many messages of the line came before.
    count: usize,
    /// A JSON text that was begun on a line before this one, and has not come to its end.
    begun: Option<Box<Envelope>>,
}

impl Lost {
    /// What the caller of this request gets.
    pub(super) fn stand_in(self, id: RequestId) -> ServerJsonRpcMessage {
        match self.why {
            Why::Under(received) => message::misdirected(id, &received),
            Why::Words(words) => stand_in(id, self.code, words),
        }
    }
}

impl<R: AsyncRead> Reader<R> {
    pub(super) fn new(server: &str, input: R, limit: usize) -> Self {
        let noise = Noise::on_stdout();
        Self {
            server: server.to_owned(),
            input: Lines::new(input, limit, noise.clone()),
            ledger: Mutex::default(),
            border: Border::new(server),
            strays: EventThrottle::new(STRAYS_PER_SECOND, std::time::Instant::now()),
            noise,
            parts: Parts::default(),
            secrets: Secrets::default(),
        }
    }
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// The next line, or `None` where the ledger has to be asked first.
    pub(super) async fn next_line(&mut self) -> Option<std::io::Result<Option<Line>>> {
        let next_look = lock(&self.ledger).next_look();
        match next_look {
            None => Some(self.input.next().await),
            Some(at) => timeout_at(at, self.input.next()).await.ok(),
        }
    }
}

impl<R> Reader<R> {
    /// Goes on with the next message of the line, if there is one.
    pub(super) fn next_part(&mut self) -> bool {
        let left = std::mem::take(&mut self.parts.left);
        self.parts.count = if left == 0 { 0 } else { self.parts.count + 1 };
        self.input.leave(left);
        left > 0
    }

    /// The message that the rest of the line begins with, or what stands in for it.
    pub(super) fn parse(&mut self) -> Option<Message> {
        let text = unwrapped(self.input.rest());
        if text.is_empty() {
            return None;
        }
        if !text.starts_with(b"{") {
            return self.other_text().map(Message::from);
        }
        let limit = self.input.limit;
        let ledger = &self.ledger;
        let asked = |id: &RequestId| lock(ledger).asked(id);
        let mut unreadable = match message::parse(text, limit, asked) {
            Ok(message) => {
                self.parts.begun = None;
                return Some(message);
            }
            Err(unreadable) => unreadable,
        };
        if let Problem::Text(_) = unreadable.problem
            && let Some(end) = first_of_several(text)
        {
            if self.parts.count + 1 < MAX_PARTS {
                let rest = self.input.rest();
                self.parts.left = text.len() - end + rest.len() - rest.trim_ascii_end().len();
            } else {
                self.noise.heard(&text[end..]);
            }
            match message::parse(&text[..end], limit, asked) {
                Ok(message) => return Some(message),
                Err(first) => unreadable = first,
            }
        }
        self.not_a_message(unreadable.envelope, &unreadable.problem)
            .map(Message::from)
    }

    /// An answer that cannot be read is an error of its request. Anything else is noise.
    fn not_a_message(
        &mut self,
        envelope: Box<Envelope>,
        problem: &Problem,
    ) -> Option<ServerJsonRpcMessage> {
        tracing::debug!(error = %self.secrets.hide(&problem.to_string()), "line from server is not an MCP message");
        let breaks_off = envelope.is_open();
        if breaks_off && self.input.has_ended {
            // The server ended in the middle of it, and that is what its callers get to know, with what there was.
            self.note();
            return None;
        }
        if self.parts.begun.is_some() {
            return self.goes_on();
        }
        let names_version = envelope.names_version();
        let id = envelope.answered_request();
        match id {
            Some(id) if names_version => return Some(message::unreadable(id, problem)),
            // A line of a log may have an id and an error as well.
            Some(id) => {
                let lost = Lost::because(words_of(&problem.to_string()));
                lock(&self.ledger).doubt(Instant::now(), id, lost);
            }
            None if breaks_off => self.parts.begun = Some(envelope),
            None if envelope.is_answer() && names_version => {
                let lost = match envelope.odd_id() {
                    [] => Lost::because(
                        "it sent an answer without an id: an answer must have the id of its request \
                         (JSON-RPC 2.0)",
                    ),
                    odd => Lost::under(String::from_utf8_lossy(odd).into_owned()),
                };
                lock(&self.ledger).stray(Instant::now(), lost);
            }
            None => {}
        }
        self.note();
        None
    }

    /// A line that begins with no JSON object.
    fn other_text(&mut self) -> Option<ServerJsonRpcMessage> {
        if self.parts.begun.is_some() {
            return self.goes_on();
        }
        let text = self.input.rest();
        for id in answered_in_list(text) {
            let why =
                "the answer came in a list, and must be one message (a batch is not asked for)";
            lock(&self.ledger).doubt(Instant::now(), id, Lost::because(why));
        }
        if let Some(at) = text.iter().take(MAX_TEXT).position(|byte| *byte == b'{') {
            let mut envelope = Envelope::default();
            envelope.scan(&text[at..]);
            if let Some(id) = envelope
                .answered_request()
                .filter(|_| envelope.names_version())
            {
                // A log may quote an answer that follows; the answer itself may come behind a prompt.
                let lost = Lost::because(
                    "the answer came on a line that begins with other text: each message must have a line of \
                     its own",
                );
                lock(&self.ledger).doubt(Instant::now(), id, lost);
            }
        }
        self.note();
        None
    }

    /// The next line of a JSON text that was begun before. One that is an answer has lost its request.
    fn goes_on(&mut self) -> Option<ServerJsonRpcMessage> {
        // A bracket alone says nothing in an error.
        if self.input.rest().trim_ascii().len() > 2 {
            self.note();
        }
        let mut begun = self.parts.begun.take()?;
        begun.scan(self.input.rest());
        if begun.is_open() {
            self.parts.begun = Some(begun);
            return None;
        }
        let id = begun.answered_request().filter(|_| begun.names_version())?;
        let waits = lock(&self.ledger).waits(&id);
        let why = "the answer is spread over several lines: each message must be one line";
        waits.then(|| stand_in(id, message::UNREADABLE, why))
    }

    fn note(&self) {
        self.noise.heard(self.input.rest().trim_ascii());
    }

    /// The same for what was read: a result stays with the answer that it came in.
    pub(super) fn admit_read(&mut self, read: Message) -> Option<Message> {
        let message = self.admit(read.message)?;
        let is_result = matches!(message, JsonRpcMessage::Response(_));
        Some(Message {
            message,
            result: read.result.filter(|_| is_result),
            is_as_written: read.is_as_written,
        })
    }

    /// Holds back stray answers, and what a server sends too much of.
    pub(super) fn admit(&mut self, message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        match message::answered(&message) {
            None => self.border.admit(message),
            Some(None) => self.nameless(message),
            Some(Some(id)) => {
                let verdict = lock(&self.ledger).received(id);
                match verdict {
                    Verdict::Expected => return Some(message),
                    Verdict::Late => {
                        tracing::debug!(%id, "late answer dropped");
                        return None;
                    }
                    Verdict::Repeated => tracing::debug!(%id, "second answer dropped"),
                    Verdict::AsText(meant) => {
                        self.warn_stray(id);
                        self.note();
                        return Some(message::misdirected(meant, &json_id(id)));
                    }
                    Verdict::Stray => {
                        self.warn_stray(id);
                        let lost = Lost::under(json_id(id));
                        lock(&self.ledger).stray(Instant::now(), lost);
                    }
                }
                self.note();
                None
            }
        }
    }

    /// An error without an id: the server could not read it. Often it is plain which request it was.
    fn nameless(&mut self, message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        let JsonRpcMessage::Error(mut error) = message else {
            return None;
        };
        self.note();
        let mut ledger = lock(&self.ledger);
        let is_sure = |id: &RequestId| {
            error.error.code == ErrorCode::PARSE_ERROR || ledger.asked(id) == Asked::Discover
        };
        if let Some(id) = ledger.only().filter(is_sure) {
            ledger.received(&id);
            error.id = Some(id);
            return Some(JsonRpcMessage::Error(error));
        }
        // It may be about a notification, which has no id.
        let lost = Lost {
            code: error.error.code,
            why: Why::Words(words_of(&error.error.message)),
        };
        ledger.stray(Instant::now(), lost);
        None
    }

    /// Stands in for the line, if it is an answer.
    pub(super) fn not_taken(&self) -> Option<ServerJsonRpcMessage> {
        let mut envelope = Envelope::default();
        envelope.scan(self.input.rest());
        envelope.answered_request().map(message::not_taken)
    }

    /// Stands in for a line that is too long, if it is an answer.
    pub(super) fn too_long(&mut self, line: &Line) -> Option<ServerJsonRpcMessage> {
        let id = match line {
            Line::TooLong(id) => id.clone(),
            Line::TooLongOther | Line::Whole => None,
        };
        self.warn_too_long(id.as_ref());
        let limit = self.input.limit;
        if id.is_none() {
            let note = format!("(a line of more than {limit} bytes)");
            self.noise.heard(note.as_bytes());
        }
        if let Line::TooLong(None) = line {
            let why = "it sent an answer that is too long, and has no id";
            lock(&self.ledger).stray(Instant::now(), Lost::because(why));
        }
        id.map(message::too_large)
    }

    fn warn_too_long(&mut self, id: Option<&RequestId>) {
        if let Throttle::Pass { dropped } = self.strays.admit(std::time::Instant::now()) {
            let limit = self.input.limit;
            let id = id.map(message::json_id);
            let id = id.map(|id| self.secrets.sanitize(id.as_bytes(), MAX_SHOWN_ID));
            let more = not_zero(dropped);
            tracing::warn!(
                server = self.server,
                id,
                more,
                "message longer than {limit} bytes is dropped"
            );
        }
    }

    fn warn_stray(&mut self, id: &RequestId) {
        if let Throttle::Pass { dropped } = self.strays.admit(std::time::Instant::now()) {
            // Text and number look different here: a server that sends `"7"` for 7 is often just old.
            let id = message::json_id(id);
            let id = self.secrets.sanitize(id.as_bytes(), MAX_SHOWN_ID);
            let more = not_zero(dropped);
            tracing::warn!(
                server = self.server,
                id,
                more,
                "answer under an id that belongs to no request is dropped"
            );
        }
    }
}

/// The requests that messages of a list answer.
fn answered_in_list(text: &[u8]) -> Vec<RequestId> {
    let text = unwrapped(text);
    if !text.starts_with(b"[") || text.len() > MAX_TEXT {
        return Vec::new();
    }
    let messages: Vec<&RawValue> = serde_json::from_slice(text).unwrap_or_default();
    let answered = messages.iter().filter_map(|message| {
        let mut envelope = Envelope::default();
        envelope.scan(message.get().as_bytes());
        let id = envelope.answered_request();
        id.filter(|_| envelope.names_version())
    });
    answered.collect()
}
