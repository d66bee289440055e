//! The response to one POST: a message, a stream of messages, or a fault.
//!
//! An answer that is too long, that cannot be read, or that is for another request becomes an error
//! under the id of the request that was sent, so that no answer reaches another caller.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use rmcp::model::{
    ClientRequest, ErrorData, JsonRpcMessage, JsonRpcRequest, RequestId, ServerJsonRpcMessage,
};
use rmcp::transport::streamable_http_client::{StreamableHttpError, StreamableHttpPostResponse};
use url::Url;

use super::client::Response;
use super::events;
use super::fault::{HttpSendError, into_send};
use crate::due::{Due, FREE, Turn};
use crate::error::HttpFault;
use crate::message::{self, Asked, Message, UNREADABLE};
use crate::secret::Secrets;
use crate::text::sanitize;

pub(super) const JSON: &str = "application/json";
pub(super) const EVENT_STREAM: &str = "text/event-stream";
const SESSION: &str = "mcp-session-id";
/// How much of the body of an error is read, and how much of it is shown.
const MAX_ERROR_BODY: usize = 256 * 1024;
const MAX_SHOWN: usize = 300;

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

/// Reads what came back, if it is no longer than `limit`.
pub(super) async fn read(
    response: Response,
    sent: Sent,
    limit: usize,
    due: &Arc<Due>,
    secrets: &Secrets,
) -> Result<StreamableHttpPostResponse, HttpSendError> {
    let status = response.status();
    if status == StatusCode::NOT_FOUND && sent.in_session {
        return Err(StreamableHttpError::SessionExpired);
    }
    if !status.is_success() {
        return read_refusal(response, sent, limit, due, secrets).await;
    }
    let Some((id, asked)) = sent.request else {
        return Ok(StreamableHttpPostResponse::Accepted);
    };
    if let Some(encoding) = encoding(&response) {
        return Err(into_send(HttpFault::Encoded(encoding)));
    }
    let session = response
        .headers()
        .get(SESSION)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    if is(&response, EVENT_STREAM) {
        let events = events::read(response, Some((id, asked)), limit, due);
        return Ok(StreamableHttpPostResponse::Sse(events, session));
    }
    if !is(&response, JSON) {
        if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
            let why = format!("HTTP {status} without an answer");
            let message = message::stand_in(id, UNREADABLE, why);
            return Ok(StreamableHttpPostResponse::Json(message, session));
        }
        return Err(into_send(HttpFault::ContentType(content_type(&response))));
    }
    let (body, _turn) = read_body(response, limit, due).await?;
    let message = match body {
        Body::Whole(body) => {
            let bytes = message::memory_of(&body, |_| asked);
            match due.room(bytes, due.patience()).await {
                Some(room) => {
                    let Message { message, result } = correlate(&body, limit, id.clone(), asked);
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

/// The message in a body, if it is the answer to `id`; else an error in its place.
fn correlate(body: &[u8], limit: usize, id: RequestId, asked: Asked) -> Message {
    let read = match message::parse(body, limit, |_| asked) {
        Err(unreadable) => return message::unreadable(id, &unreadable.problem).into(),
        Ok(read) => read,
    };
    if let JsonRpcMessage::Error(mut error) = read.message {
        error.id.get_or_insert(id.clone());
        return owned(JsonRpcMessage::Error(error).into(), id);
    }
    owned(read, id)
}

/// The message, if it is the answer to `id`; else an error in its place.
fn owned(read: Message, id: RequestId) -> Message {
    match message::answered(&read.message) {
        Some(Some(received)) if *received == id => read,
        _ => message::misdirected(id).into(),
    }
}

async fn read_refusal(
    response: Response,
    sent: Sent,
    limit: usize,
    due: &Due,
    secrets: &Secrets,
) -> Result<StreamableHttpPostResponse, HttpSendError> {
    let status = response.status();
    let fault = refused(status, &response);
    if !matches!(fault, HttpFault::Status { .. }) {
        return Err(into_send(fault));
    }
    let body = match encoding(&response) {
        Some(_) => Vec::new(),
        None => match read_body(response, MAX_ERROR_BODY, due).await {
            Ok((Body::Whole(body) | Body::Cut(body), _)) => body,
            Err(_) => Vec::new(),
        },
    };
    if status == StatusCode::BAD_REQUEST && sent.in_session && mentions_session(&body, secrets) {
        return Err(StreamableHttpError::SessionExpired);
    }
    let fault = HttpFault::Status {
        status: status.as_u16(),
        body: shown(&body, secrets),
    };
    let Some((id, _)) = sent.request else {
        return Err(into_send(fault));
    };
    let error = match message::parse(&body, limit, |_| Asked::Other) {
        // It came back on this very POST, whatever id it has: gateways answer under ids of their own.
        Ok(Message {
            message: JsonRpcMessage::Error(error),
            ..
        }) => error.error,
        // A server of an older revision refuses the probe in its own way.
        _ if sent.discovers => ErrorData::invalid_request(fault.to_string(), None),
        _ => return Err(into_send(fault)),
    };
    let message = ServerJsonRpcMessage::error(error, Some(id));
    Ok(StreamableHttpPostResponse::Json(message, None))
}

/// Many servers refuse a session that they have forgotten with HTTP 400 where MCP wants 404.
fn mentions_session(body: &[u8], secrets: &Secrets) -> bool {
    shown(body, secrets)
        .to_ascii_lowercase()
        .contains("session")
}

/// The fault that a status which is no success stands for.
pub(super) fn refused(status: StatusCode, response: &Response) -> HttpFault {
    match status.as_u16() {
        status @ (401 | 403) => HttpFault::Unauthorized(status),
        status @ 300..=399 => HttpFault::Redirect {
            status,
            to: location(response),
        },
        status => HttpFault::Status {
            status,
            body: String::new(),
        },
    }
}

/// Where a redirect leads, without what may be a secret in it.
fn location(response: &Response) -> String {
    let to = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| response.url().join(value).ok());
    let address = |url: Url| format!("{}{}", url.origin().ascii_serialization(), url.path());
    to.map_or_else(
        || "nowhere".to_owned(),
        |url| sanitize(address(url).as_bytes()),
    )
}

fn encoding(response: &Response) -> Option<String> {
    let encoding = response.headers().get(CONTENT_ENCODING)?.as_bytes();
    (!encoding.eq_ignore_ascii_case(b"identity")).then(|| sanitize(encoding))
}

/// Whether the body is of this media type.
pub(super) fn is(response: &Response, media_type: &str) -> bool {
    let content_type = content_type(response);
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(media_type)
}

fn content_type(response: &Response) -> String {
    match response.headers().get(CONTENT_TYPE) {
        Some(value) => sanitize(value.as_bytes()),
        None => "of no media type".to_owned(),
    }
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
        let chunk = response.chunk().await.map_err(into_send)?;
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

fn shown(body: &[u8], secrets: &Secrets) -> String {
    let text = secrets.sanitize(body, MAX_SHOWN);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        text
    } else {
        format!(": {text}")
    }
}
