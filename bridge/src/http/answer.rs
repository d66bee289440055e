//! The response to one POST: a message, a stream of messages, or a fault.
//!
//! A body that begins as JSON is read as JSON, whatever its media type is. An answer that is too long, that cannot be
//! read, or that is for another request becomes an error under the id of the request that was sent, so that no answer
//! reaches another caller.

use hyper::StatusCode;
use hyper::http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use rmcp::model::{
    ClientRequest, ErrorData, JsonRpcMessage, JsonRpcRequest, RequestId, ServerJsonRpcMessage,
};
use rmcp::transport::streamable_http_client::{StreamableHttpError, StreamableHttpPostResponse};
use url::Url;

use super::address;
use super::client::Response;
use super::events;
use super::fault::{HttpSendError, into_send};
use super::reading::Reading;
use super::scopes;
use crate::due::{Due, FREE, Turn};
use crate::error::{self, HttpFault};
use crate::message::{self, Asked, Message, Problem, UNREADABLE, Unreadable};
use crate::secret::Secrets;
use crate::text::{sanitize, short};

pub(super) const JSON: &str = "application/json";
pub(super) const EVENT_STREAM: &str = "text/event-stream";
const SESSION: &str = "mcp-session-id";
/// How much of the body of an error is read, and how much of it is shown.
const MAX_ERROR_BODY: usize = 256 * 1024;
const MAX_SHOWN: usize = 300;
/// How much of a media type is shown, in bytes.
const MAX_SHOWN_TYPE: usize = 100;
/// The longest `retry-after` that is shown, in bytes: a date is shorter.
const MAX_RETRY_AFTER: usize = 40;

/// What was sent.
pub(super) struct Sent {
    /// The request, if it was one, and what it asks.
    request: Option<(RequestId, Asked)>,
    /// It was the probe for the stateless revision.
    discovers: bool,
    in_session: bool,
}

impl Sent {
    pub(super) fn request(request: &JsonRpcRequest<ClientRequest>, in_session: bool) -> Self {
        Self {
            request: Some((request.id.clone(), Asked::of(&request.request))),
            discovers: matches!(request.request, ClientRequest::DiscoverRequest(_)),
            in_session,
        }
    }

    pub(super) fn nothing(in_session: bool) -> Self {
        Self {
            request: None,
            discovers: false,
            in_session,
        }
    }
}

/// Reads what came back.
pub(super) async fn read(
    response: Response,
    sent: Sent,
    reading: &Reading,
) -> Result<StreamableHttpPostResponse, HttpSendError> {
    let status = response.status();
    if status == StatusCode::NOT_FOUND && sent.in_session {
        return Err(StreamableHttpError::SessionExpired);
    }
    if !status.is_success() {
        return read_refusal(response, sent, reading).await;
    }
    let Some((id, asked)) = sent.request else {
        return Ok(StreamableHttpPostResponse::Accepted);
    };
    let head = Head::of(&response);
    if let Some(encoding) = encoding(&response) {
        return Err(into_send(head.encoded(encoding)));
    }
    let session = response
        .headers()
        .get(SESSION)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    if is(&response, EVENT_STREAM) {
        let events = events::read(response, Some((id, asked)), reading);
        return Ok(StreamableHttpPostResponse::Sse(events, session));
    }
    let is_json = is(&response, JSON);
    let (body, _turn) = read_body(response, reading.limit, &reading.due).await?;
    let message = match body {
        Body::Whole(body) if message::unwrapped(&body).is_empty() => {
            message::stand_in(id, UNREADABLE, head.empty().to_string())
        }
        Body::Whole(body) | Body::Cut(body) if !is_json && !looks_like_json(&body) => {
            let fault = head.not_json(shown(&body, &reading.secrets));
            if !sent.discovers {
                return Err(into_send(fault));
            }
            // An older server may answer what it does not know with any text.
            message::stand_in(id, UNREADABLE, fault.to_string())
        }
        Body::Whole(body) => {
            let due = &reading.due;
            let bytes = message::memory_of(&body, |_| asked);
            match due.room(bytes, due.patience()).await {
                Some(room) => {
                    let Message {
                        message, result, ..
                    } = correlate(&body, &head, reading, id.clone(), asked);
                    due.came(&id, room, result);
                    message
                }
                None => message::not_taken(id),
            }
        }
        Body::Cut(_) => message::too_large(id),
    };
    Ok(StreamableHttpPostResponse::Json(message, session))
}

/// What the head of an answer says.
struct Head {
    status: u16,
    media_type: Option<Box<str>>,
}

impl Head {
    fn of(response: &Response) -> Self {
        Self {
            status: response.status().as_u16(),
            media_type: shown_type(response),
        }
    }

    fn encoded(self, encoding: String) -> HttpFault {
        HttpFault::Encoded {
            status: self.status,
            media_type: self.media_type,
            encoding,
        }
    }

    fn empty(self) -> HttpFault {
        HttpFault::Empty {
            status: self.status,
            media_type: self.media_type,
        }
    }

    fn not_json(self, body: String) -> HttpFault {
        HttpFault::ContentType {
            status: self.status,
            media_type: self.media_type,
            body,
        }
    }
}

/// Whether a body is a JSON object or list, whatever its media type says.
fn looks_like_json(body: &[u8]) -> bool {
    matches!(message::unwrapped(body), [b'{' | b'[', ..])
}

/// The message in a body, if it is the answer to `id`; else an error in its place.
fn correlate(body: &[u8], head: &Head, reading: &Reading, id: RequestId, asked: Asked) -> Message {
    let instead = match message::parse(body, reading.limit, |_| asked) {
        Err(Unreadable {
            problem: problem @ Problem::Text(_),
            ..
        }) => {
            let head = error::head(head.status, head.media_type.as_deref());
            message::stand_in(id, UNREADABLE, format!("it answered {head}: {problem}"))
        }
        Err(unreadable) => message::unreadable(id, &unreadable.problem),
        Ok(Message {
            message: JsonRpcMessage::Error(mut error),
            ..
        }) if error.id.is_none() => {
            error.id = Some(id);
            return JsonRpcMessage::Error(error).into();
        }
        Ok(read) => match message::answered(&read.message) {
            Some(Some(received)) if *received == id => return read,
            Some(Some(received)) => message::misdirected(id, &message::json_id(received)),
            Some(None) | None => {
                let why = "it sent a message of its own in place of the answer";
                message::stand_in(id, UNREADABLE, why)
            }
        },
    };
    reading.noise.heard(body);
    instead.into()
}

async fn read_refusal(
    response: Response,
    sent: Sent,
    reading: &Reading,
) -> Result<StreamableHttpPostResponse, HttpSendError> {
    let secrets = &reading.secrets;
    let status = response.status();
    let mut fault = refused(status, &response, reading);
    let Some(words) = fault_words(&mut fault) else {
        return Err(into_send(fault));
    };
    let asks_for_token = response.headers().contains_key(WWW_AUTHENTICATE);
    let retry_after = retry_after(&response);
    let body = match encoding(&response) {
        Some(_) => Vec::new(),
        None => match read_body(response, MAX_ERROR_BODY, &reading.due).await {
            Ok((Body::Whole(body) | Body::Cut(body), _)) => body,
            Err(_) => Vec::new(),
        },
    };
    if status == StatusCode::BAD_REQUEST && sent.in_session && mentions_session(&body, secrets) {
        return Err(StreamableHttpError::SessionExpired);
    }
    *words = shown(&body, secrets);
    if status == StatusCode::FORBIDDEN && !words.is_empty() && !asks_for_token {
        let body = std::mem::take(words);
        fault = HttpFault::Forbidden { body };
    }
    let Some((id, _)) = sent.request else {
        return Err(into_send(fault));
    };
    if status == StatusCode::UNAUTHORIZED || matches!(fault, HttpFault::InsufficientScope { .. }) {
        return Err(into_send(fault));
    }
    let error = match message::parse(&body, reading.limit, |_| Asked::Other) {
        // It came back on this very POST, whatever id it has: gateways answer under ids of their own.
        Ok(Message {
            message: JsonRpcMessage::Error(error),
            ..
        }) if status != StatusCode::FORBIDDEN => {
            waiting(error.error, status, retry_after.as_deref())
        }
        // A server of an older revision refuses the probe in its own way.
        _ if sent.discovers => ErrorData::invalid_request(fault.to_string(), None),
        _ => return Err(into_send(fault)),
    };
    let message = ServerJsonRpcMessage::error(error, Some(id));
    Ok(StreamableHttpPostResponse::Json(message, None))
}

/// The server's own error; where it only asks to wait, with what it says about that.
fn waiting(mut error: ErrorData, status: StatusCode, retry_after: Option<&str>) -> ErrorData {
    let status = status.as_u16();
    if matches!(status, 429 | 503) {
        let advice = error::advice(status, retry_after);
        error.message = format!("{}: HTTP {status}{advice}", error.message).into();
    }
    error
}

/// Where the server's own words go in a fault that has them.
fn fault_words(fault: &mut HttpFault) -> Option<&mut String> {
    match fault {
        HttpFault::Status { body, .. }
        | HttpFault::Unauthorized { body, .. }
        | HttpFault::InsufficientScope { body, .. } => Some(body),
        _ => None,
    }
}

/// Many servers refuse a session that they have forgotten with HTTP 400 where MCP wants 404.
fn mentions_session(body: &[u8], secrets: &Secrets) -> bool {
    shown(body, secrets)
        .to_ascii_lowercase()
        .contains("session")
}

/// The fault that a status which is no success stands for.
pub(super) fn refused(status: StatusCode, response: &Response, reading: &Reading) -> HttpFault {
    let body = String::new();
    let login = reading.login.as_deref();
    match status.as_u16() {
        403 if let Some(fault) = scopes::fault(response.headers(), login) => fault,
        status @ (401 | 403) => HttpFault::Unauthorized {
            status,
            body,
            command: login.map(Into::into),
        },
        status @ 300..=399 => match location(response) {
            Some(to) if to == *response.url() => HttpFault::RedirectLoop {
                status,
                to: address::shown(&to),
            },
            to => HttpFault::Redirect {
                status,
                to: to.map_or_else(|| "nowhere".to_owned(), |to| address::shown(&to)),
            },
        },
        status => HttpFault::Status {
            status,
            media_type: shown_type(response),
            body,
            retry_after: retry_after(response),
        },
    }
}

/// When the server may be asked again, as it says it.
fn retry_after(response: &Response) -> Option<Box<str>> {
    let value = response.headers().get(RETRY_AFTER)?.as_bytes().trim_ascii();
    let is_short = (1..=MAX_RETRY_AFTER).contains(&value.len());
    is_short.then(|| sanitize(value).into_boxed_str())
}

/// Where a redirect leads.
fn location(response: &Response) -> Option<Url> {
    let to = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(to).ok()
}

fn encoding(response: &Response) -> Option<String> {
    let encoding = response.headers().get(CONTENT_ENCODING)?.as_bytes();
    (!encoding.eq_ignore_ascii_case(b"identity")).then(|| sanitize(encoding))
}

/// Whether the body is of this media type.
pub(super) fn is(response: &Response, media_type: &str) -> bool {
    let content_type = content_type(response).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(media_type)
}

fn content_type(response: &Response) -> Option<String> {
    let value = response.headers().get(CONTENT_TYPE)?;
    Some(sanitize(value.as_bytes()))
}

/// The media type as an error shows it.
fn shown_type(response: &Response) -> Option<Box<str>> {
    content_type(response).map(|media_type| short(&media_type, MAX_SHOWN_TYPE).into())
}

enum Body {
    Whole(Vec<u8>),
    /// Longer than the limit; the beginning of it.
    Cut(Vec<u8>),
}

/// The body, and the turn that a long one has had to wait for.
async fn read_body(
    mut response: Response,
    limit: usize,
    due: &Due,
) -> Result<(Body, Option<Turn>), HttpSendError> {
    let mut body = Vec::new();
    let mut turn = None;
    loop {
        let chunk = match response.chunk().await {
            Ok(chunk) => chunk,
            Err(fault) => return Err(into_send(truncated(fault, &response, body.len()))),
        };
        let Some(chunk) = chunk else {
            return Ok((Body::Whole(body), turn));
        };
        if body.len() + chunk.len() > limit {
            return Ok((Body::Cut(body), turn));
        }
        if turn.is_none() && body.len() + chunk.len() > FREE {
            turn = due.turn().await;
        }
        body.extend_from_slice(&chunk);
    }
}

/// A connection that breaks off within a body.
fn truncated(fault: HttpFault, response: &Response, read: usize) -> HttpFault {
    match fault {
        HttpFault::Broken(why) => HttpFault::Truncated {
            status: response.status().as_u16(),
            media_type: shown_type(response),
            read,
            why,
        },
        fault => fault,
    }
}

fn shown(body: &[u8], secrets: &Secrets) -> String {
    let text = secrets.sanitize(body, MAX_SHOWN);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        text
    } else {
        format!(": {text}")
    }
}
