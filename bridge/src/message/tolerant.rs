//! Reads messages that a strict parser would lose: text that is not Unicode, and tool results in which something is
//! ill-formed. Says what was changed, and reads every other message as rmcp does.

use mcp_codegen::mend;
use rmcp::model::{
    ClientRequest, CustomResult, JsonRpcMessage, JsonRpcVersion2_0, RequestId,
    ServerJsonRpcMessage, ServerResult,
};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::flaws::Flaws;
use super::{memory, result};
use crate::reserved;
use crate::text::mebibytes;

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

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the answer is not an MCP message: {0}")]
    Syntax(String),
    /// Of `tools/call`: which member makes it unusable.
    #[error("{0}")]
    NotAResult(String),
    #[error("the answer would take more than {} of memory", mebibytes(*.0))]
    TooMuchMemory(usize),
    #[error("the page does not fit beside the pages before it")]
    Listed,
    #[error(
        "the answer is not an MCP message: it has a member whose name starts with `{}`",
        reserved::PREFIX
    )]
    Reserved,
}

/// A message, and whether rmcp would read the same of its text.
pub(crate) struct Read {
    pub(crate) message: ServerJsonRpcMessage,
    pub(crate) is_as_written: bool,
}

/// The message as rmcp reads it, or an answer to `tools/call` of which rmcp makes nothing.
pub(super) fn as_written(
    text: &[u8],
    asked: &impl Fn(&RequestId) -> Asked,
) -> Result<Read, Problem> {
    if let Some(message) = expected(text, asked)? {
        return Ok(Read {
            message,
            is_as_written: true,
        });
    }
    let message =
        serde_json::from_slice(text).map_err(|error| Problem::Syntax(mend::fault(text, &error)))?;
    match tool_result(text, &message, asked) {
        None => Ok(Read {
            message,
            is_as_written: true,
        }),
        Some(Ok(message)) => Ok(Read {
            message,
            is_as_written: false,
        }),
        Some(Err(why)) => Err(Problem::NotAResult(why)),
    }
}

/// The message without the faults that would cost all of it, if it has one of them and is whole without.
pub(super) fn mended(text: &[u8], asked: &impl Fn(&RequestId) -> Asked) -> Option<Read> {
    let unicode = mend::not_unicode(text);
    if let Some(text) = &unicode
        && let Ok(read) = as_written(text, asked)
    {
        return Some(noted(read, &[mend::NOT_UNICODE]));
    }
    // In the schemas of a list a number is a bound or a default. In a result it is what the caller asked for.
    let text = unicode.as_deref().unwrap_or(text);
    let read = as_written(&mend::not_a_number(text)?, asked).ok()?;
    let JsonRpcMessage::Response(response) = &read.message else {
        return None;
    };
    let notes = [mend::NOT_A_NUMBER, mend::NOT_UNICODE];
    let notes = &notes[..1 + usize::from(unicode.is_some())];
    matches!(asked(&response.id), Asked::ToolList { .. }).then(|| noted(read, notes))
}

/// The message with what was mended in it, where there is a place for that.
fn noted(mut read: Read, notes: &[&str]) -> Read {
    read.is_as_written = false;
    let mut flaws = Flaws::default();
    notes.iter().for_each(|note| flaws.push(*note));
    if let JsonRpcMessage::Response(response) = &mut read.message {
        match &mut response.result {
            ServerResult::CallToolResult(result) => {
                flaws.put(&mut result.meta.get_or_insert_default().0);
            }
            ServerResult::ListToolsResult(page) => {
                flaws.put(&mut page.meta.get_or_insert_default().0);
            }
            ServerResult::CustomResult(CustomResult(Value::Object(result))) => {
                let meta = result.entry("_meta").or_insert(Value::Null);
                if !meta.is_object() {
                    *meta = Value::Object(serde_json::Map::new());
                }
                if let Value::Object(meta) = meta {
                    flaws.put(meta);
                }
            }
            _ => {}
        }
    }
    read
}

/// The answer to `tools/call`, read with more patience than rmcp has; `None` for one that rmcp has understood, and for
/// any other message.
fn tool_result(
    text: &[u8],
    message: &ServerJsonRpcMessage,
    asked: &impl Fn(&RequestId) -> Asked,
) -> Option<Result<ServerJsonRpcMessage, String>> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    let JsonRpcMessage::Response(response) = message else {
        return None;
    };
    if asked(&response.id) != Asked::ToolCall
        || matches!(
            response.result,
            ServerResult::CallToolResult(_)
                | ServerResult::InputRequiredResult(_)
                | ServerResult::CreateTaskResult(_)
        )
    {
        return None;
    }
    let answer: Answer<'_> = serde_json::from_slice(text).ok()?;
    let read = result::read(answer.result.get());
    Some(read.map(|result| {
        let result = ServerResult::CallToolResult(result);
        ServerJsonRpcMessage::response(result, response.id.clone())
    }))
}

/// The answer to a frequent request, read as that, if it is one. rmcp would find out which of all results it is by
/// trying one after the other on a copy.
fn expected(
    text: &[u8],
    asked: &impl Fn(&RequestId) -> Asked,
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
        Asked::Other => return Ok(None),
    };
    Ok(result
        .ok()
        .map(|result| ServerJsonRpcMessage::response(result, answer.id)))
}
