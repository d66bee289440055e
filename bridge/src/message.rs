//! One MCP message as bytes: how long it may be, and what stands in for one that cannot be read.
//! Knows nothing of where the bytes come from.

use rmcp::model::{
    ClientRequest, ErrorCode, ErrorData, JsonRpcMessage, JsonRpcVersion2_0, RequestId,
    ServerJsonRpcMessage, ServerResult, Tool,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

mod call_result;
mod content;
mod envelope;
mod memory;
mod outgoing;
mod page;

use crate::text;
use crate::text::mebibytes;
use crate::tool_result::CallToolResult;
use call_result::Members;
pub(crate) use envelope::Envelope;
pub use memory::of as json_memory;
pub(crate) use outgoing::{encode, length};
use page::Page;

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

/// The most memory that a message of at most `limit` bytes takes, its text included. A result may be as long as its
/// message.
pub(crate) fn memory_bound(limit: usize) -> usize {
    limit.saturating_add(limit.max(MEMORY_BESIDE))
}

/// What was asked, as far as it matters for reading the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `tools/call`.
    ToolCall,
    /// `tools/list`, with room for a page that takes so many bytes of memory.
    ToolList {
        room: usize,
    },
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
    /// The request that it answers, as far as that can be seen.
    pub(crate) id: Option<RequestId>,
    /// It has a `method`: a request or a notification of the server's own.
    pub(crate) is_call: bool,
    pub(crate) problem: Problem,
}

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the answer is not an MCP message: {0}")]
    Syntax(#[from] serde_json::Error),
    #[error("the answer would take more than {} of memory", mebibytes(*.0))]
    TooMuchMemory(usize),
    #[error("the page does not fit beside the pages before it")]
    Listed,
}

/// A message that was read.
#[derive(Debug)]
pub(crate) struct Message {
    /// What rmcp gets.
    pub(crate) message: ServerJsonRpcMessage,
    /// The result of a tool call. Its caller gets this one: rmcp would make a tree of it.
    pub(crate) result: Option<Box<CallToolResult>>,
}

impl From<ServerJsonRpcMessage> for Message {
    fn from(message: ServerJsonRpcMessage) -> Self {
        Self {
            message,
            result: None,
        }
    }
}

/// Reads one message of at most `limit` bytes. Deeper nesting than 128 is refused while it is read, and
/// what would take more memory than [`memory_bound`] before any of it is kept. `asked`
/// says what the request was that an answer is for.
pub(crate) fn parse(
    text: &[u8],
    limit: usize,
    asked: impl FnOnce(&RequestId) -> Asked,
) -> Result<Message, Unreadable> {
    read(text, limit, 1, asked)
}

/// The same for a message that rmcp will read again, in its own way, which takes three times the memory. It does not
/// read the result of a tool call again.
pub(crate) fn parse_for_rmcp(
    text: &[u8],
    limit: usize,
    asked: impl FnOnce(&RequestId) -> Asked,
) -> Result<Message, Unreadable> {
    read(text, limit, 3, asked)
}

/// How many bytes of memory a message takes as text and once it is read.
pub(crate) fn memory_of(text: &[u8], asked: impl FnOnce(&RequestId) -> Asked) -> usize {
    let answer = Answer::of(text).map(|answer| (asked(&answer.id), answer));
    let weighed = match answer {
        Some((Asked::ToolCall, answer)) => {
            Members::of(answer.result).map(|members| of_call(text, &members))
        }
        Some((Asked::ToolList { .. }, answer)) => {
            Page::of(answer.result).map(|page| of_page(text, &page))
        }
        Some((Asked::Other, _)) | None => None,
    };
    weighed.unwrap_or_else(|| memory::of(text))
}

/// How many bytes the text of a call's answer and its result take. Less than a hundredth of a long text is rounded
/// away: an answer of the longest message, whose result is one text, takes twice the message and a little more.
fn of_call(text: &[u8], members: &Members<'_>) -> usize {
    let rounded = members.memory().saturating_sub(text.len() / 128);
    text.len().saturating_add(rounded)
}

/// The same for a page of a list of tools.
fn of_page(text: &[u8], page: &Page<'_>) -> usize {
    text.len().saturating_add(page.memory())
}

/// The most that [`memory_of`] can be, without a look at the text.
pub(crate) fn most_memory_of(text: &[u8]) -> usize {
    text.len().saturating_mul(memory::MOST_PER_BYTE)
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
    asked: impl FnOnce(&RequestId) -> Asked,
) -> Result<Message, Unreadable> {
    let bound = memory_bound(limit);
    let problem = match answer(text, bound, times, asked) {
        Ok(message) => return Ok(message),
        Err(problem) => problem,
    };
    let mut envelope = Envelope::default();
    envelope.scan(text);
    Err(Unreadable {
        is_call: envelope.is_call(),
        id: envelope.answered_request(),
        problem,
    })
}

/// The answer to a frequent request is read as that, if it is one. rmcp would find out which of all results it is by
/// trying one after the other on a copy.
fn answer(
    text: &[u8],
    bound: usize,
    times: usize,
    asked: impl FnOnce(&RequestId) -> Asked,
) -> Result<Message, Problem> {
    let answer = Answer::of(text);
    let asked = answer
        .as_ref()
        .map_or(Asked::Other, |answer| asked(&answer.id));
    if let Some(answer) = &answer
        && let Some(members) = answer.members(asked)
    {
        if of_call(text, &members) > bound {
            return Err(Problem::TooMuchMemory(bound));
        }
        // What is wrong with a part of it is left to rmcp.
        if let Ok(result) = members.read() {
            return Ok(answer.of_call(result));
        }
    }
    // Over HTTP events, rmcp reads a page again.
    if let (Some(answer), Asked::ToolList { room }) = (&answer, asked)
        && times == 1
        && let Some(page) = Page::of(answer.result)
    {
        if of_page(text, &page) > room {
            return Err(Problem::Listed);
        }
        if let Ok(page) = page.read() {
            let page = ServerResult::ListToolsResult(page);
            return Ok(ServerJsonRpcMessage::response(page, answer.id.clone()).into());
        }
    }
    let may_be_too_much = most_memory_of(text).saturating_mul(times) > bound;
    if may_be_too_much && memory::of(text).saturating_mul(times) > bound {
        return Err(Problem::TooMuchMemory(bound));
    }
    if let (Some(answer), Asked::ToolList { room }) = (answer, asked) {
        if memory::of(text) > room {
            return Err(Problem::Listed);
        }
        if let Ok(page) = serde_json::from_str(answer.result.get()) {
            let page = ServerResult::ListToolsResult(page);
            return Ok(ServerJsonRpcMessage::response(page, answer.id).into());
        }
    }
    Ok(serde_json::from_slice::<ServerJsonRpcMessage>(text)?.into())
}

/// An answer that is not an error, with its result as text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer<'a> {
    #[serde(rename = "jsonrpc")]
    _version: JsonRpcVersion2_0,
    id: RequestId,
    #[serde(borrow)]
    result: &'a RawValue,
}

impl<'a> Answer<'a> {
    fn of(text: &'a [u8]) -> Option<Self> {
        if memory::is_too_deep(text) {
            return None;
        }
        serde_json::from_slice(text).ok()
    }

    /// The members of the result, if it is the complete one of a tool call.
    fn members(&self, asked: Asked) -> Option<Members<'a>> {
        match asked {
            Asked::ToolCall => Members::of(self.result),
            Asked::ToolList { .. } | Asked::Other => None,
        }
    }

    /// rmcp sees that the call has a result, and not which.
    fn of_call(&self, result: CallToolResult) -> Message {
        let seen = rmcp::model::CallToolResult::success(Vec::new());
        let seen = ServerResult::CallToolResult(seen);
        Message {
            message: ServerJsonRpcMessage::response(seen, self.id.clone()),
            result: Some(Box::new(result)),
        }
    }
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
        Problem::Syntax(_) => UNREADABLE,
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
        TOO_LARGE | UNREADABLE | TOO_MUCH_MEMORY | TOO_MUCH_LISTED | NOT_TAKEN => message,
        ErrorCode(code) => format!("{message} (JSON-RPC error {code})"),
    }
}

#[cfg(test)]
mod tests;
