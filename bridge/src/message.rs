//! One MCP message as bytes: how long it may be, and what stands in for one that cannot be read.
//! Knows nothing of where the bytes come from.

use rmcp::model::{
    ClientRequest, ErrorCode, ErrorData, JsonRpcMessage, JsonRpcVersion2_0, RequestId,
    ServerJsonRpcMessage, ServerResult,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

mod envelope;
mod memory;
mod opening;
mod outgoing;
mod problem;
mod wrapping;

use crate::text;
pub(crate) use envelope::Envelope;
pub use memory::of as json_memory;
pub(crate) use outgoing::{encode, length};
pub(crate) use problem::Problem;
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
/// The most of a server's words that an error keeps, in bytes.
const LONGEST_WORDS: usize = 64 * 1024;
/// The most of an id that an error shows, in bytes.
const LONGEST_ID: usize = 100;

/// What was asked, as far as it matters for reading the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `tools/call`.
    ToolCall,
    /// `tools/list`, with room for a page that takes so many bytes of memory.
    ToolList {
        room: usize,
    },
    /// `server/discover`.
    Discover,
    /// `initialize`.
    Initialize,
    Other,
}

impl Asked {
    pub(crate) fn of(request: &ClientRequest) -> Self {
        match request {
            ClientRequest::CallToolRequest(_) => Self::ToolCall,
            ClientRequest::ListToolsRequest(request) => {
                let room = request.extensions.get::<Room>();
                Self::ToolList {
                    room: room.map_or(usize::MAX, |Room(bytes)| *bytes),
                }
            }
            ClientRequest::DiscoverRequest(_) => Self::Discover,
            ClientRequest::InitializeRequest(_) => Self::Initialize,
            _ => Self::Other,
        }
    }
}

/// Travels with a request for a page of a list: how many bytes of memory that page may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room(pub(crate) usize);

/// A text that is no MCP message, or none that is read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// What its top level says, as far as that can be seen.
    pub(crate) envelope: Box<Envelope>,
    pub(crate) problem: Problem,
}

/// Reads one message of at most `limit` bytes. Deeper nesting than 128 is refused while it is read, and
/// what would take more memory than `limit` and [`MEMORY_BESIDE`] before any of it is kept. `asked`
/// says what the request was that an answer is for.
pub(crate) fn parse(
    text: &[u8],
    limit: usize,
    asked: impl FnOnce(&RequestId) -> Asked,
) -> Result<ServerJsonRpcMessage, Unreadable> {
    read(text, limit, 1, asked)
}

/// The same for a message that rmcp will read again, in its own way, which takes three times the memory.
pub(crate) fn parse_for_rmcp(
    text: &[u8],
    limit: usize,
    asked: impl FnOnce(&RequestId) -> Asked,
) -> Result<ServerJsonRpcMessage, Unreadable> {
    read(text, limit, 3, asked)
}

/// How many bytes of memory a message takes as text and once it is read.
pub(crate) fn memory_of(text: &[u8]) -> usize {
    memory::of(text)
}

/// The most that [`memory_of`] can be, without a look at the text.
pub(crate) fn most_memory_of(text: &[u8]) -> usize {
    text.len().saturating_mul(memory::MOST_PER_BYTE)
}

/// How many bytes of memory a value takes that is kept, or a little more than that.
pub(crate) fn kept(value: &impl Serialize) -> usize {
    memory::of_value(value)
}

fn read(
    text: &[u8],
    limit: usize,
    times: usize,
    asked: impl FnOnce(&RequestId) -> Asked,
) -> Result<ServerJsonRpcMessage, Unreadable> {
    let text = unwrapped(text);
    let bound = limit.saturating_add(MEMORY_BESIDE);
    let may_be_too_much = text.len().saturating_mul(times * memory::MOST_PER_BYTE) > bound;
    let problem = if may_be_too_much && memory::of(text).saturating_mul(times) > bound {
        Problem::TooMuchMemory(bound)
    } else {
        match expected(text, asked) {
            Ok(Some(answer)) => return Ok(answer),
            Err(problem) => problem,
            Ok(None) => match serde_json::from_slice(text) {
                Ok(message) => return Ok(message),
                Err(error) => Problem::of(text, &error),
            },
        }
    };
    let mut envelope = Box::<Envelope>::default();
    envelope.scan(text);
    Err(Unreadable { envelope, problem })
}

/// The answer to a frequent request, read as that, if it is one. rmcp would find out which of all results it is by
/// trying one after the other on a copy.
fn expected(
    text: &[u8],
    asked: impl FnOnce(&RequestId) -> Asked,
) -> Result<Option<ServerJsonRpcMessage>, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Answer<'a> {
        #[serde(rename = "jsonrpc")]
        _version: JsonRpcVersion2_0,
        id: RequestId,
        #[serde(borrow)]
        result: &'a RawValue,
    }
    let Ok(answer) = serde_json::from_slice::<Answer<'_>>(text) else {
        return Ok(None);
    };
    let result = answer.result.get();
    let result = match asked(&answer.id) {
        Asked::ToolCall => serde_json::from_str(result).map(ServerResult::CallToolResult),
        Asked::ToolList { room } if memory::of(text) > room => return Err(Problem::Listed),
        Asked::ToolList { .. } => serde_json::from_str(result).map(ServerResult::ListToolsResult),
        Asked::Initialize => {
            let result = opening::initialized(result).map_err(Problem::Opening)?;
            Ok(ServerResult::InitializeResult(result))
        }
        Asked::Discover => match opening::discovered(result) {
            Some(result) => Ok(ServerResult::DiscoverResult(result)),
            None => return Ok(None),
        },
        Asked::Other => return Ok(None),
    };
    Ok(result
        .ok()
        .map(|result| ServerJsonRpcMessage::response(result, answer.id)))
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
        Problem::Text(_) | Problem::Opening(_) => UNREADABLE,
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
        "the server answered under the id `{received}`, {kind}, where the request has the id `{}`: an answer \
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

/// An error as it was meant: ours have no code that says anything.
pub(crate) fn words(error: &ErrorData) -> String {
    let message = words_of(&error.message);
    match error.code {
        TOO_LARGE | UNREADABLE | TOO_MUCH_MEMORY | TOO_MUCH_LISTED | NOT_TAKEN => message,
        ErrorCode(code) => format!("{message} (JSON-RPC error {code})"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str, asked: Asked) -> Value {
        serde_json::to_value(parse(text.as_bytes(), 1 << 20, |_| asked).unwrap()).unwrap()
    }

    #[test]
    fn typed_parse_gives_what_rmcp_would_give() {
        let tool = json!({"name": "a", "inputSchema": {"type": "object"}, "_meta": {"x": 1}});
        let task = json!({"taskId": "1", "status": "working", "createdAt": "2026-01-01T00:00:00Z",
            "lastUpdatedAt": "2026-01-01T00:00:00Z", "ttlMs": null});
        let mut created = task;
        created["resultType"] = json!("task");
        for result in [
            json!({"content": [{"type": "text", "text": "a"}], "_meta": {"k": [1]}}),
            json!({"content": [], "isError": true}),
            json!({"structuredContent": null, "resultType": "complete"}),
            json!({"resultType": "input_required", "requestState": "s"}),
            json!({"content": [{"type": "unknown"}]}),
            created,
            json!({"tools": [tool], "nextCursor": "n", "ttlMs": 5}),
            json!({"tools": [{"name": "a", "inputSchema": 1}]}),
            json!({}),
        ] {
            let answer = json!({"jsonrpc": "2.0", "id": 7, "result": result}).to_string();
            let rmcp: ServerJsonRpcMessage = serde_json::from_str(&answer).unwrap();
            let rmcp = serde_json::to_value(rmcp).unwrap();
            let list = Asked::ToolList { room: usize::MAX };
            for asked in [Asked::ToolCall, list, Asked::Other] {
                assert_eq!(read(&answer, asked), rmcp, "{asked:?}: {answer}");
            }
        }
    }

    #[test]
    fn page_of_a_list_is_not_read_where_there_is_no_room_for_it() {
        let page = json!({"tools": [{"name": "a", "description": "d".repeat(1000),
            "inputSchema": {"type": "object"}}]});
        let text = json!({"jsonrpc": "2.0", "id": 7, "result": page}).to_string();
        let read = |room| parse(text.as_bytes(), 1 << 20, |_| Asked::ToolList { room });
        let bytes = memory::of(text.as_bytes());
        read(bytes).unwrap();
        let refused = read(bytes - 1).unwrap_err();
        assert!(matches!(refused.problem, Problem::Listed));
        assert_eq!(
            refused.envelope.answered_request(),
            Some(RequestId::Number(7))
        );
    }

    #[test]
    fn message_that_is_more_than_an_answer_is_left_to_rmcp() {
        for text in [
            r#"{"jsonrpc":"2.0","id":7,"result":{"content":[]},"error":{"code":1,"message":"m"}}"#,
            r#"{"jsonrpc":"1.0","id":7,"result":{"content":[]}}"#,
        ] {
            let read = parse(text.as_bytes(), 1 << 20, |_| Asked::ToolCall);
            assert!(
                matches!(read.unwrap_err().problem, Problem::Text(_)),
                "{text}"
            );
        }
    }
}
