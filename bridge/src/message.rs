//! One MCP message as bytes: how long it may be, and what stands in for one that cannot be read.
//! Knows nothing of where the bytes come from.

use rmcp::model::{ErrorCode, ErrorData, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use serde::Serialize;

mod envelope;
pub(crate) mod flaws;
mod memory;
mod outgoing;
mod result;
mod tolerant;

use crate::reserved;
use crate::text;
pub(crate) use envelope::Envelope;
pub use memory::of as json_memory;
pub(crate) use outgoing::{encode, length};
pub(crate) use result::read as tool_result_of;
use tolerant::Problem;
pub(crate) use tolerant::{Asked, Read, Room};

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

/// A text that is no MCP message, or none that is read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// The request that it answers, as far as that can be seen.
    pub(crate) id: Option<RequestId>,
    /// It has a `method`: a request or a notification of the server's own.
    pub(crate) is_call: bool,
    pub(crate) problem: Problem,
}

/// Reads one message of at most `limit` bytes. Deeper nesting than 128 is refused while it is read, and
/// what would take more memory than `limit` and [`MEMORY_BESIDE`] before any of it is kept. `asked`
/// says what the request was that an answer is for.
pub(crate) fn parse(
    text: &[u8],
    limit: usize,
    asked: impl Fn(&RequestId) -> Asked,
) -> Result<ServerJsonRpcMessage, Unreadable> {
    read(text, limit, 1, asked).map(|read| read.message)
}

/// The same for a message that rmcp will read again, in its own way, which takes three times the memory.
pub(crate) fn parse_for_rmcp(
    text: &[u8],
    limit: usize,
    asked: impl Fn(&RequestId) -> Asked,
) -> Result<Read, Unreadable> {
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
    asked: impl Fn(&RequestId) -> Asked,
) -> Result<Read, Unreadable> {
    let bound = limit.saturating_add(MEMORY_BESIDE);
    let may_be_too_much = text.len().saturating_mul(times * memory::MOST_PER_BYTE) > bound;
    let problem = if may_be_too_much && memory::of(text).saturating_mul(times) > bound {
        Problem::TooMuchMemory(bound)
    } else if reserved::occurs_in(text) {
        Problem::Reserved
    } else {
        let written = tolerant::as_written(text, &asked);
        let read = match written {
            Err(Problem::Syntax(_)) => tolerant::mended(text, &asked).map_or(written, Ok),
            written => written,
        };
        match read {
            Ok(read) => return Ok(read),
            Err(problem) => problem,
        }
    };
    let mut envelope = Envelope::default();
    envelope.scan(text);
    Err(Unreadable {
        is_call: envelope.is_call(),
        id: envelope.answered_request(),
        problem,
    })
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
        Problem::Syntax(_) | Problem::Reserved => UNREADABLE,
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

/// Stands in for an answer whose id is of no request.
pub(crate) fn misdirected(id: RequestId) -> ServerJsonRpcMessage {
    let why = "the server answered under an id that belongs to no request";
    stand_in(id, UNREADABLE, why)
}

/// A server's words as an error keeps them. The code that shows the error hides secrets first, and then cuts further.
pub(crate) fn words_of(text: &str) -> String {
    text::short(text, LONGEST_WORDS).into_owned()
}

/// An error as it was meant: ours have no code that says anything.
pub(crate) fn words(error: &ErrorData) -> String {
    let message = words_of(&error.message);
    match error.code {
        TOO_LARGE | UNREADABLE | TOO_MUCH_MEMORY | TOO_MUCH_LISTED | NOT_TAKEN | NOT_A_RESULT => {
            message
        }
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
            created,
            json!({"tools": [tool], "nextCursor": "n", "ttlMs": 5}),
            json!({"tools": [{"name": "a", "inputSchema": 1}]}),
            json!({}),
        ] {
            let answer = json!({"jsonrpc": "2.0", "id": 7, "result": result}).to_string();
            let rmcp: ServerJsonRpcMessage = serde_json::from_str(&answer).unwrap();
            let rmcp = serde_json::to_value(rmcp).unwrap();
            let list = Asked::ToolList { room: usize::MAX };
            let is_list = result.get("tools").is_some();
            for asked in [Asked::ToolCall, list, Asked::Other] {
                if asked == Asked::ToolCall && (is_list || result == json!({})) {
                    let refused = parse(answer.as_bytes(), 1 << 20, |_| asked).unwrap_err();
                    assert!(matches!(refused.problem, Problem::NotAResult(_)));
                    continue;
                }
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
        assert_eq!(refused.id, Some(RequestId::Number(7)));
    }

    #[test]
    fn text_that_is_not_unicode_costs_one_character_in_every_answer() {
        let list = Asked::ToolList { room: usize::MAX };
        for (result, asked, at) in [
            (
                r#"{"content":[],"structuredContent":"a\ud83d"}"#,
                Asked::ToolCall,
                "structuredContent",
            ),
            (r#"{"tools":[],"nextCursor":"a\ud83d"}"#, list, "nextCursor"),
            (
                r#"{"tools":[1],"nextCursor":"a\ud83d"}"#,
                list,
                "nextCursor",
            ),
            (r#"{"other":"a\ud83d"}"#, Asked::Other, "other"),
        ] {
            let answer = format!(r#"{{"jsonrpc":"2.0","id":7,"result":{result}}}"#);
            let read = read(&answer, asked);
            assert_eq!(read["result"][at], "a\u{fffd}", "{answer}");
            let flaws = &read["result"]["_meta"]["mcp-host/flaws"];
            assert!(flaws[0].as_str().unwrap().contains("U+FFFD"), "{read}");
        }
    }

    #[test]
    fn number_that_json_does_not_have_is_named_in_a_result_and_null_in_a_list() {
        let result = r#"{"jsonrpc":"2.0","id":7,"result":{"structuredContent":{"a":NaN}}}"#;
        let refused = parse(result.as_bytes(), 1 << 20, |_| Asked::ToolCall).unwrap_err();
        assert!(
            refused.problem.to_string().contains("`NaN`"),
            "{}",
            refused.problem
        );
        let list = r#"{"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"a",
            "inputSchema":{"default":-Infinity}}]}}"#;
        let read = read(list, Asked::ToolList { room: usize::MAX });
        assert_eq!(
            read["result"]["tools"][0]["inputSchema"],
            json!({"default": null})
        );
    }

    #[test]
    fn result_says_which_member_is_wrong() {
        let result = r#"{"jsonrpc":"2.0","id":7,"result":{"content":5}}"#;
        let refused = parse(result.as_bytes(), 1 << 20, |_| Asked::ToolCall).unwrap_err();
        assert_eq!(
            refused.problem.to_string(),
            "`content` is a number, not a list of content blocks"
        );
        assert_eq!(refused.id, Some(RequestId::Number(7)));
    }

    #[test]
    fn number_comes_as_it_was_written() {
        let result =
            r#"{"content":[],"structuredContent":[123456789012345678901234567890,1.50,1e400,-0]}"#;
        let answer = format!(r#"{{"jsonrpc":"2.0","id":7,"result":{result}}}"#);
        let read = read(&answer, Asked::ToolCall);
        assert_eq!(
            read["result"]["structuredContent"].to_string(),
            "[123456789012345678901234567890,1.50,1e+400,-0]"
        );
    }

    #[test]
    fn member_that_the_parser_would_expand_is_refused() {
        let result =
            r#"{"content":[],"structuredContent":{"$serde_json::private::RawValue":"[1]"}}"#;
        let answer = format!(r#"{{"jsonrpc":"2.0","id":7,"result":{result}}}"#);
        let refused = parse(answer.as_bytes(), 1 << 20, |_| Asked::ToolCall).unwrap_err();
        assert!(matches!(refused.problem, Problem::Reserved));
    }

    #[test]
    fn message_that_is_more_than_an_answer_is_left_to_rmcp() {
        for text in [
            r#"{"jsonrpc":"2.0","id":7,"result":{"content":[]},"error":{"code":1,"message":"m"}}"#,
            r#"{"jsonrpc":"1.0","id":7,"result":{"content":[]}}"#,
        ] {
            let read = parse(text.as_bytes(), 1 << 20, |_| Asked::ToolCall);
            assert!(
                matches!(read.unwrap_err().problem, Problem::Syntax(_)),
                "{text}"
            );
        }
    }
}
