//! Reads the answer to a frequent request as that. rmcp would find out which of all results it is by trying one after
//! the other on a copy. Refuses what would take more memory than it may before any of it is kept.

use rmcp::model::{
    JsonRpcMessage, JsonRpcVersion2_0, RequestId, ServerJsonRpcMessage, ServerResult,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::asked::Asked;
use super::call_result::Members;
use super::envelope::{Envelope, MAX_TOKEN};
use super::page::Page;
use super::problem::Problem;
use super::read::Message;
use super::{memory, opening, result};
use crate::tool_result::CallToolResult;

/// How much memory a message may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    /// In bytes, its text included.
    pub(super) bytes: usize,
    /// How often it is in memory at the same time, unless its result is read here alone.
    pub(super) times: usize,
}

/// A message of more bytes than this is looked at before rmcp reads it, unless it is an answer that is read here.
const LONG: usize = 64 * 1024;

/// Reads a message. `asked` says what the request was that an answer is for.
pub(super) fn read(
    text: &[u8],
    bound: Bound,
    asked: &impl Fn(&RequestId) -> Asked,
) -> Result<Message, Problem> {
    let answer = Answer::of(text);
    let asked = answer
        .as_ref()
        .map_or(Asked::Other, |answer| asked(&answer.id));
    if let Some(answer) = &answer
        && let Some(members) = answer.members(asked)
    {
        if of_call(text, &members) > bound.bytes {
            return Err(Problem::TooMuchMemory(bound.bytes));
        }
        // What is wrong with a part of it is left to rmcp.
        if let Ok(result) = members.read() {
            return Ok(answer.of_call(result));
        }
    }
    // Over HTTP events, rmcp reads a page again.
    if let (Some(answer), Asked::ToolList { room }) = (&answer, asked)
        && bound.times == 1
        && let Some(page) = Page::of(answer.result)
    {
        if of_page(text, &page) > room {
            return Err(Problem::Listed);
        }
        if let Ok(page) = page.read() {
            return Ok(answer.with(ServerResult::ListToolsResult(page)));
        }
    }
    let times = if answer.is_none() && is_copied(text) {
        bound.times.max(2)
    } else {
        bound.times
    };
    let most = most_memory_of(text).saturating_mul(times);
    if most > bound.bytes && memory::of(text).saturating_mul(times) > bound.bytes {
        return Err(Problem::TooMuchMemory(bound.bytes));
    }
    if let Some(answer) = &answer
        && let Some(result) = answer.expected(text, asked)?
    {
        return Ok(answer.with(result));
    }
    let message = serde_json::from_slice(text).map_err(|error| Problem::of(text, &error))?;
    match answer.filter(|_| asked == Asked::ToolCall && !is_of_call(&message)) {
        // rmcp makes nothing of it.
        Some(answer) => match result::read(answer.result.get()) {
            Ok(result) => Ok(answer.of_call(result.into())),
            Err(why) => Err(Problem::NotAResult(why)),
        },
        None => Ok(message.into()),
    }
}

/// Whether rmcp makes a copy of the message before it knows what the message is, and the copy is not small: of a call
/// of the server, and of an id that no request has.
fn is_copied(text: &[u8]) -> bool {
    if text.len() <= LONG {
        return false;
    }
    let mut envelope = Envelope::default();
    envelope.scan(text);
    envelope.is_call() || envelope.has_long_id()
}

/// Whether rmcp knows what an answer to `tools/call` is.
fn is_of_call(message: &ServerJsonRpcMessage) -> bool {
    let JsonRpcMessage::Response(response) = message else {
        return false;
    };
    matches!(
        response.result,
        ServerResult::CallToolResult(_)
            | ServerResult::InputRequiredResult(_)
            | ServerResult::CreateTaskResult(_)
    )
}

/// How many bytes of memory a message takes as text and once it is read, where it is an answer that is read here.
pub(super) fn memory(text: &[u8], asked: impl FnOnce(&RequestId) -> Asked) -> Option<usize> {
    let answer = Answer::of(text)?;
    match asked(&answer.id) {
        Asked::ToolCall => Members::of(answer.result).map(|members| of_call(text, &members)),
        Asked::ToolList { .. } => Page::of(answer.result).map(|page| of_page(text, &page)),
        Asked::Discover | Asked::Initialize | Asked::Other => None,
    }
}

/// The most memory that a message can take, without a look at the text.
pub(super) fn most_memory_of(text: &[u8]) -> usize {
    text.len().saturating_mul(memory::MOST_PER_BYTE)
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

/// An answer that is not an error, with its result as text.
struct Answer<'a> {
    id: RequestId,
    result: &'a RawValue,
}

/// The same as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(rename = "jsonrpc")]
    _version: JsonRpcVersion2_0,
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    result: &'a RawValue,
}

impl<'a> Answer<'a> {
    /// `None` also where the id is longer than that of any request.
    fn of(text: &'a [u8]) -> Option<Self> {
        if memory::is_too_deep(text) {
            return None;
        }
        let Written { id, result, .. } = serde_json::from_slice(text).ok()?;
        let is_short = id.get().len() <= MAX_TOKEN;
        let id = is_short.then(|| serde_json::from_str(id.get()).ok())??;
        Some(Self { id, result })
    }

    /// The members of the result, if it is the complete one of a tool call.
    fn members(&self, asked: Asked) -> Option<Members<'a>> {
        match asked {
            Asked::ToolCall => Members::of(self.result),
            Asked::ToolList { .. } | Asked::Discover | Asked::Initialize | Asked::Other => None,
        }
    }

    /// The result as what was asked, if it is that.
    fn expected(&self, text: &[u8], asked: Asked) -> Result<Option<ServerResult>, Problem> {
        let result = self.result.get();
        Ok(match asked {
            Asked::ToolList { room } if memory::of(text) > room => return Err(Problem::Listed),
            Asked::ToolList { .. } => serde_json::from_str(result)
                .ok()
                .map(ServerResult::ListToolsResult),
            Asked::Initialize => {
                let result = opening::initialized(result).map_err(Problem::Opening)?;
                Some(ServerResult::InitializeResult(result))
            }
            Asked::Discover => opening::discovered(result).map(ServerResult::DiscoverResult),
            Asked::ToolCall | Asked::Other => None,
        })
    }

    fn with(&self, result: ServerResult) -> Message {
        ServerJsonRpcMessage::response(result, self.id.clone()).into()
    }

    /// rmcp sees that the call has a result, and not which.
    fn of_call(&self, result: CallToolResult) -> Message {
        let seen = rmcp::model::CallToolResult::success(Vec::new());
        Message {
            result: Some(Box::new(result)),
            ..self.with(ServerResult::CallToolResult(seen))
        }
    }
}
