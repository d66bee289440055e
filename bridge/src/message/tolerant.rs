//! Reads messages that a strict parser would lose: text that is not Unicode, an envelope that is written loosely, and
//! numbers in a list that JSON does not have. Says what was changed.

use mcp_codegen::mend;
use rmcp::model::{CustomResult, JsonRpcMessage, RequestId, ServerResult};
use serde_json::Value;

use super::answer::{self, Bound};
use super::asked::Asked;
use super::flaws::Flaws;
use super::loose;
use super::read::Message;

/// The message without the faults that would cost all of it, if it has one of them and is whole without.
pub(super) fn mended(
    text: &[u8],
    bound: Bound,
    asked: &impl Fn(&RequestId) -> Asked,
) -> Option<Message> {
    let unicode = mend::not_unicode(text);
    if let Some(text) = &unicode
        && let Ok(read) = answer::read(text, bound, asked)
    {
        return Some(noted(read, &[mend::NOT_UNICODE]));
    }
    if let Some((strict, flaw)) = loose::answer(unicode.as_deref().unwrap_or(text))
        && let Ok(read) = answer::read(&strict, bound, asked)
    {
        let flaw = format!("{flaw}, and JSON-RPC 2.0 has another envelope: its result is read");
        let notes = [flaw.as_str(), mend::NOT_UNICODE];
        return Some(noted(read, &notes[..1 + usize::from(unicode.is_some())]));
    }
    // In the schemas of a list a number is a bound or a default. In a result it is what the caller asked for.
    let text = unicode.as_deref().unwrap_or(text);
    let read = answer::read(&mend::not_a_number(text)?, bound, asked).ok()?;
    let JsonRpcMessage::Response(response) = &read.message else {
        return None;
    };
    let notes = [mend::NOT_A_NUMBER, mend::NOT_UNICODE];
    let notes = &notes[..1 + usize::from(unicode.is_some())];
    matches!(asked(&response.id), Asked::ToolList { .. }).then(|| noted(read, notes))
}

/// The message with what was mended in it, where there is a place for that.
fn noted(mut read: Message, notes: &[&str]) -> Message {
    read.is_as_written = false;
    let mut flaws = Flaws::default();
    notes.iter().for_each(|note| flaws.push(*note));
    if let Some(result) = &mut read.result {
        flaws.put(&mut result.meta.get_or_insert_default().0);
    } else if let JsonRpcMessage::Response(response) = &mut read.message {
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
