//! One MCP message as bytes: how long it may be, and what stands in for one that cannot be read.
//! Knows nothing of where the bytes come from.

use rmcp::model::{ErrorCode, ErrorData, JsonRpcMessage, RequestId, ServerJsonRpcMessage, Tool};
use serde::Serialize;
use serde_json::Value;

mod answer;
mod asked;
mod call_result;
mod content;
mod envelope;
pub(crate) mod flaws;
mod loose;
mod memory;
mod opening;
mod outgoing;
mod page;
mod problem;
mod read;
mod result;
mod tolerant;
mod wrapping;

use crate::reserved;
use crate::text;
use answer::Bound;
pub(crate) use asked::{Asked, Room};
pub(crate) use envelope::Envelope;
pub use memory::of as json_memory;
pub(crate) use outgoing::{encode, length};
pub(crate) use problem::Problem;
pub(crate) use read::Message;
pub(crate) use result::read as tool_result_of;
pub(crate) use wrapping::{first_of_several, unwrapped};

/// How much longer in memory than as text the longest message may be, in bytes.
pub(crate) const MEMORY_BESIDE: usize = 16 << 20;

/// The code of an answer that stands for one longer than the limit. No server can mean it: codes of
/// servers are -32768 or above.
pub(crate) const TOO_LARGE: ErrorCode = ErrorCode(i32::MIN);
/// The code of an answer that stands for one that is no MCP message, or belongs to no request.
pub(crate) const UNREADABLE: ErrorCode = ErrorCode(i32::MIN + 1);
/// The code of an answer that stands for one that would take too much memory.
pub(crate) const TOO_MUCH_MEMORY: ErrorCode = ErrorCode(i32::MIN + 2);
/// The code of an answer that stands for a page for which the pages before it left no room.
pub(crate) const TOO_MUCH_LISTED: ErrorCode = ErrorCode(i32::MIN + 3);
/// The code of an answer that stands for one for which there was no room, because others were not taken.
pub(crate) const NOT_TAKEN: ErrorCode = ErrorCode(i32::MIN + 4);
/// The code of an answer to `tools/call` that stands for one that is not a tool result.
pub(crate) const NOT_A_RESULT: ErrorCode = ErrorCode(i32::MIN + 5);
/// The most of a server's words that an error keeps, in bytes.
const LONGEST_WORDS: usize = 64 * 1024;
/// The most of the `data` of a server's error that is shown, in bytes.
const LONGEST_DATA: usize = 1_000;
/// The most of an id that an error shows, in bytes.
const LONGEST_ID: usize = 100;

/// The most memory that a message of at most `limit` bytes takes, its text included. A result may be as long as its
/// message.
pub(crate) fn memory_bound(limit: usize) -> usize {
    limit.saturating_add(limit.max(MEMORY_BESIDE))
}

/// A text that is no MCP message, or none that is read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// What its top level says, as far as that can be seen.
    pub(crate) envelope: Box<Envelope>,
    pub(crate) problem: Problem,
}

/// Reads one message of at most `limit` bytes. Deeper nesting than 128 is refused while it is read, and
/// what would take more memory than [`memory_bound`] before any of it is kept. `asked`
/// says what the request was that an answer is for.
pub(crate) fn parse(
    text: &[u8],
    limit: usize,
    asked: impl Fn(&RequestId) -> Asked,
) -> Result<Message, Unreadable> {
    read(text, limit, 1, asked)
}

/// The same for a message that rmcp will read again, in its own way, which takes three times the memory. It does not
/// read the result of a tool call again.
pub(crate) fn parse_for_rmcp(
    text: &[u8],
    limit: usize,
    asked: impl Fn(&RequestId) -> Asked,
) -> Result<Message, Unreadable> {
    read(text, limit, 3, asked)
}

/// How many bytes of memory a message takes as text and once it is read.
pub(crate) fn memory_of(text: &[u8], asked: impl FnOnce(&RequestId) -> Asked) -> usize {
    let message = unwrapped(text);
    let around = text.len() - message.len();
    let weighed = answer::memory(message, asked).map(|bytes| bytes.saturating_add(around));
    weighed.unwrap_or_else(|| memory::of(text))
}

/// The most that [`memory_of`] can be, without a look at the text.
pub(crate) fn most_memory_of(text: &[u8]) -> usize {
    answer::most_memory_of(text)
}

/// How many bytes of memory a tool takes that is kept, once it is [`compact`].
pub(crate) fn kept_tool(tool: &Tool) -> usize {
    page::kept(tool)
}

/// The tool without the room that its schemas have to grow.
pub(crate) fn compact(tool: Tool) -> Tool {
    page::compact(tool)
}

/// How many bytes of memory a value takes that is kept, or a little more than that.
pub(crate) fn kept(value: &impl Serialize) -> usize {
    memory::of_value(value)
}

fn read(
    text: &[u8],
    limit: usize,
    times: usize,
    asked: impl Fn(&RequestId) -> Asked,
) -> Result<Message, Unreadable> {
    let text = unwrapped(text);
    let bytes = memory_bound(limit);
    let bound = Bound { bytes, times };
    let problem = if reserved::occurs_in(text) {
        Problem::Reserved
    } else {
        let written = answer::read(text, bound, &asked);
        let read = match written {
            Err(Problem::Text(_)) => tolerant::mended(text, bound, &asked).map_or(written, Ok),
            written => written,
        };
        match read {
            Ok(read) => return Ok(read),
            Err(problem) => problem,
        }
    };
    let mut envelope = Box::<Envelope>::default();
    envelope.scan(text);
    Err(Unreadable { envelope, problem })
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
pub(crate) fn unreadable(id: RequestId, problem: &Problem) -> ServerJsonRpcMessage {
    let code = match problem {
        Problem::Text(_) | Problem::Opening(_) | Problem::Reserved => UNREADABLE,
        Problem::NotAResult(_) => NOT_A_RESULT,
        Problem::TooMuchMemory(_) => TOO_MUCH_MEMORY,
        Problem::Listed => TOO_MUCH_LISTED,
    };
    // What is wrong may quote the message.
    stand_in(id, code, words_of(&problem.to_string()))
}

/// Stands in for an answer for which there is no room.
pub(crate) fn not_taken(id: RequestId) -> ServerJsonRpcMessage {
    stand_in(id, NOT_TAKEN, "answers to other calls were not taken")
}

/// Stands in for an answer to the request `id` that came under another id.
pub(crate) fn misdirected(id: RequestId, received: &str) -> ServerJsonRpcMessage {
    let why = under_another_id(&id, received);
    stand_in(id, UNREADABLE, why)
}

/// What is wrong with an answer that came under another id, which is written as JSON.
pub(crate) fn under_another_id(id: &RequestId, received: &str) -> String {
    let received = text::short(received, LONGEST_ID);
    let kind = match id {
        RequestId::Number(number) if received == format!("\"{number}\"") => {
            "as text and not as a number"
        }
        _ => "which belongs to no request",
    };
    format!(
        "it answered under the id `{received}`, {kind}, where the request has the id `{}`: an answer \
         must have the id of its request (JSON-RPC 2.0)",
        json_id(id)
    )
}

/// The id as JSON.
pub(crate) fn json_id(id: &RequestId) -> String {
    match id {
        RequestId::Number(number) => number.to_string(),
        RequestId::String(text) => format!("\"{}\"", text::short(text, LONGEST_ID)),
    }
}

/// A server's words as an error keeps them. The code that shows the error hides secrets first, and then cuts further.
pub(crate) fn words_of(text: &str) -> String {
    text::short(text, LONGEST_WORDS).into_owned()
}

/// What a server says in an error: its message, and the beginning of what it adds as `data`.
pub(crate) fn said(error: &ErrorData) -> String {
    let message = words_of(&error.message);
    let data = match &error.data {
        None | Some(Value::Null) => return message,
        Some(Value::String(data)) if data.trim().is_empty() => return message,
        Some(Value::String(data)) => data.clone(),
        Some(data) => data.to_string(),
    };
    format!("{message}: {}", text::short(&data, LONGEST_DATA))
}

/// An error as it was meant: ours have no code that says anything.
pub(crate) fn words(error: &ErrorData) -> String {
    let message = said(error);
    match error.code {
        TOO_LARGE | UNREADABLE | TOO_MUCH_MEMORY | TOO_MUCH_LISTED | NOT_TAKEN | NOT_A_RESULT => {
            message
        }
        ErrorCode(code) => format!("{message} (JSON-RPC error {code})"),
    }
}

#[cfg(test)]
mod tests;
