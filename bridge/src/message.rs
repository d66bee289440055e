//! One MCP message as bytes: how long it may be, and what stands in for one that cannot be read.
//! Knows nothing of where the bytes come from.

use rmcp::model::{ErrorCode, ErrorData, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use serde::de::Error as _;

mod envelope;

pub(crate) use envelope::Envelope;

/// The longest message that is read, in bytes.
pub(crate) const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The most values, keys included, that a message may hold.
const MAX_VALUES: usize = 500_000;

/// The code of an answer that stands for one longer than the limit. No server can mean it: codes of
/// servers are -32768 or above.
pub(crate) const TOO_LARGE: ErrorCode = ErrorCode(i32::MIN);
/// The code of an answer that stands for one that is no MCP message, or belongs to no request.
pub(crate) const UNREADABLE: ErrorCode = ErrorCode(i32::MIN + 1);

/// A text that is no MCP message.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// The request that it answers, as far as that can be seen.
    pub(crate) id: Option<RequestId>,
    /// It has a `method`: a request or a notification of the server's own.
    pub(crate) is_call: bool,
    pub(crate) error: serde_json::Error,
}

/// Reads one message. Deeper nesting than 128 is refused while it is read, before any of it is kept.
pub(crate) fn parse(text: &[u8]) -> Result<ServerJsonRpcMessage, Unreadable> {
    let parsed = if has_too_many_values(text) {
        Err(serde_json::Error::custom(format!(
            "it holds more than {MAX_VALUES} values"
        )))
    } else {
        serde_json::from_slice(text)
    };
    parsed.map_err(|error| {
        let mut envelope = Envelope::default();
        envelope.scan(text);
        Unreadable {
            is_call: envelope.is_call(),
            id: envelope.answered_request(),
            error,
        }
    })
}

/// Whether there are more values in it than are read. In memory each takes many times as much as the
/// two bytes that it may have been.
fn has_too_many_values(text: &[u8]) -> bool {
    if text.len() <= 2 * MAX_VALUES {
        return false;
    }
    let (mut values, mut in_string, mut escaped) = (0, false, false);
    for &byte in text {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b',' | b':' | b'[' | b'{') => values += 1,
            _ => {}
        }
    }
    values > MAX_VALUES
}

/// The request that a message answers: `None` for a call of the server's own, `Some(None)` for an
/// error that names no request.
pub(crate) fn answered(message: &ServerJsonRpcMessage) -> Option<Option<&RequestId>> {
    match message {
        JsonRpcMessage::Response(response) => Some(Some(&response.id)),
        JsonRpcMessage::Error(error) => Some(error.id.as_ref()),
        JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
    }
}

/// Whether an id in an answer is the one that was sent. Some servers send a number back as text.
pub(crate) fn same_id(sent: &RequestId, received: &RequestId) -> bool {
    match (sent, received) {
        (RequestId::Number(sent), RequestId::String(received)) => {
            received.parse::<i64>().is_ok_and(|number| number == *sent)
        }
        _ => sent == received,
    }
}

/// An answer in the server's place: an error of ours under the id of the request.
pub(crate) fn stand_in(
    id: RequestId,
    code: ErrorCode,
    message: impl Into<String>,
) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::error(ErrorData::new(code, message.into(), None), Some(id))
}

/// Stands in for an answer longer than the limit.
pub(crate) fn too_large(id: RequestId) -> ServerJsonRpcMessage {
    stand_in(id, TOO_LARGE, "the message is too long")
}

/// Stands in for an answer that cannot be read.
pub(crate) fn unreadable(id: RequestId, error: &serde_json::Error) -> ServerJsonRpcMessage {
    let message = format!("the answer is no MCP message: {error}");
    stand_in(id, UNREADABLE, message)
}
