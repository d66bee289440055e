//! Answers host calls from a recording: each with the first equal recorded call that was not used yet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcp_codegen::shape::Returns;
use serde_json::{Map, Value, json};

use crate::ToolError;
use crate::contract::FileError;
use crate::contract::StateError;
use crate::contract::bindings::files::{DirEntry, EntryKind};
use crate::contract::bindings::types::{
    ContentBlock, EmbeddedResource, Media, ResourceContents, ResourceLink, ToolResult,
};

use super::recording::Recording;
use super::wire;
use super::wit::Wit;

pub(super) struct Playback {
    recording: Recording,
    /// For each recorded call, whether the skill made it.
    made: Vec<bool>,
}

impl Playback {
    pub(super) fn new(recording: &Recording) -> Self {
        Self {
            made: vec![false; recording.calls().len()],
            recording: recording.clone(),
        }
    }

    /// The calls that the skill did not make, without log lines.
    pub(super) fn unused(&self) -> Vec<String> {
        let calls = self.recording.calls().iter().zip(&self.made);
        calls
            .filter(|(call, made)| !**made && call.call != "log")
            .map(|(call, _)| format!("{} {}", call.call, Value::Object(call.fields.clone())))
            .collect()
    }

    pub(super) fn typed(
        &mut self,
        server: &str,
        label: &str,
        params: &Wit,
    ) -> Result<Wit, ToolError> {
        let Some((server, tool)) = self.recording.tool(server, label) else {
            panic!("the recording has no definition of tool `{label}` of server `{server}`");
        };
        let (server, tool) = (server.to_owned(), tool.clone());
        let function = mcp_codegen::function(label, &tool)
            .unwrap_or_else(|refusal| panic!("the recorded tool has no type: {refusal}"));
        let arguments = wire::arguments(params, function.params.as_ref()).unwrap_or_else(|why| {
            panic!("the arguments of tool `{label}` of `{server}` do not fit its recorded definition: {why}")
        });
        let fields = json!({ "server": server, "tool": tool.name, "arguments": arguments });
        let mut result = self.answer("tool", fields).map_err(tool_error)?;
        if let Returns::ToolResult = function.returns {
            return Ok(Wit::ToolResult(Box::new(tool_result(&result))));
        }
        wire::structured(result["structured"].take(), &function.returns)
            .unwrap_or_else(|why| {
                panic!("the recorded answer of tool `{label}` of `{server}` does not fit: {why}")
            })
            .map_or_else(|| Ok(Wit::ToolResult(Box::new(tool_result(&result)))), Ok)
    }

    pub(super) fn tool(
        &mut self,
        server: &str,
        tool: &str,
        arguments: &str,
    ) -> Result<ToolResult, ToolError> {
        // Arguments that are not JSON are recorded as text.
        let arguments: Value =
            serde_json::from_str(arguments).unwrap_or_else(|_| Value::String(arguments.to_owned()));
        let fields = json!({ "server": server, "tool": tool, "arguments": arguments });
        let result = self.answer("tool", fields).map_err(tool_error)?;
        Ok(tool_result(&result))
    }

    pub(super) fn read_file(&mut self, path: &str) -> Result<Vec<u8>, FileError> {
        let bytes = self
            .answer("read-file", json!({ "path": path }))
            .map_err(|error| file_error(&error))?;
        Ok(read_bytes(&bytes))
    }

    pub(super) fn list_dir(&mut self, path: &str) -> Result<Vec<DirEntry>, FileError> {
        let entries = self
            .answer("list-dir", json!({ "path": path }))
            .map_err(|error| file_error(&error))?;
        let entries = entries.as_array().cloned().unwrap_or_default();
        Ok(entries
            .into_iter()
            .map(|entry| DirEntry {
                name: text(&entry["name"]),
                kind: match entry["kind"].as_str() {
                    Some("file") => EntryKind::File,
                    Some("directory") => EntryKind::Directory,
                    _ => EntryKind::Other,
                },
                size: entry["size"].as_u64().unwrap_or(0),
            })
            .collect())
    }

    pub(super) fn write_file(&mut self, path: &str, contents: &[u8]) -> Result<(), FileError> {
        let fields = json!({ "path": path, "contents": bytes(contents) });
        self.answer("write-file", fields)
            .map(|_| ())
            .map_err(|error| file_error(&error))
    }

    pub(super) fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        let value = self.state("state-get", json!({ "key": key }))?;
        Ok((!value.is_null()).then(|| read_bytes(&value)))
    }

    pub(super) fn set(
        &mut self,
        key: &str,
        value: &[u8],
        ttl: Option<u64>,
    ) -> Result<(), StateError> {
        let fields = json!({ "key": key, "value": bytes(value), "ttl-ms": ttl });
        self.state("state-set", fields).map(|_| ())
    }

    pub(super) fn delete(&mut self, key: &str) -> Result<bool, StateError> {
        let deleted = self.state("state-delete", json!({ "key": key }))?;
        Ok(deleted == Value::Bool(true))
    }

    pub(super) fn list_keys(&mut self, prefix: &str) -> Result<Vec<String>, StateError> {
        let keys = self.state("state-list-keys", json!({ "prefix": prefix }))?;
        Ok(keys.as_array().into_iter().flatten().map(text).collect())
    }

    pub(super) fn swap(
        &mut self,
        key: &str,
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<bool, StateError> {
        let fields = json!({
            "key": key,
            "expected": expected.map(bytes),
            "value": value.map(bytes),
        });
        let swapped = self.state("state-compare-and-swap", fields)?;
        Ok(swapped == Value::Bool(true))
    }

    fn state(&mut self, call: &str, fields: Value) -> Result<Value, StateError> {
        self.answer(call, fields).map_err(|error| {
            let message = text(&error["message"]);
            match error["case"].as_str() {
                Some("invalid-key") => StateError::InvalidKey(message),
                Some("quota") => StateError::Quota(message),
                _ => StateError::Io(message),
            }
        })
    }

    /// The recorded result, or the recorded error.
    fn answer(&mut self, call: &str, fields: Value) -> Result<Value, Value> {
        let Value::Object(fields) = fields else {
            panic!("the fields of a call are an object");
        };
        let calls = self.recording.calls();
        let found = calls.iter().zip(&self.made).position(|(recorded, made)| {
            !made && recorded.call == call && same_fields(&recorded.fields, &fields)
        });
        let Some(at) = found else {
            panic!("{}", self.unexpected(call, &fields));
        };
        self.made[at] = true;
        let mut answer = self.recording.calls()[at].answer.clone();
        let part = |answer: &mut Value, name| answer.get_mut(name).map(Value::take);
        if let Some(error) = part(&mut answer, "error") {
            return Err(error);
        }
        part(&mut answer, "result").map_or_else(
            || {
                let fields = Value::Object(fields);
                panic!("the recorded run ended in this call: {call} {fields}")
            },
            Ok,
        )
    }

    fn unexpected(&self, call: &str, fields: &Map<String, Value>) -> String {
        /// The most calls that a message shows.
        const SHOWN: usize = 5;
        let wanted = format!("{call} {}", Value::Object(fields.clone()));
        let same_kind: Vec<_> = self
            .unused()
            .into_iter()
            .filter(|unused| unused.starts_with(&format!("{call} ")))
            .collect();
        if same_kind.is_empty() {
            return format!("the recording has no such call (any more): {wanted}");
        }
        let more = same_kind.len().saturating_sub(SHOWN);
        let shown: Vec<_> = same_kind.into_iter().take(SHOWN).collect();
        let more = match more {
            0 => String::new(),
            more => format!("\n  and {more} more"),
        };
        format!(
            "the recording has no such call: {wanted}\nthese were recorded and not made yet:\n  {}{more}",
            shown.join("\n  ")
        )
    }
}

/// Ignores recorded fields that this reader does not know.
fn same_fields(recorded: &Map<String, Value>, fields: &Map<String, Value>) -> bool {
    fields.iter().all(|(name, value)| match recorded.get(name) {
        Some(recorded) => same(recorded, value),
        None => value.is_null(),
    })
}

/// Equal JSON, where `1` and `1.0` are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => mcp_codegen::numbers::same(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// `{"text": ...}` where they are UTF-8, else `{"base64": ...}`.
fn bytes(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "text": text }),
        Err(_) => json!({ "base64": STANDARD.encode(bytes) }),
    }
}

fn read_bytes(value: &Value) -> Vec<u8> {
    match (value["text"].as_str(), value["base64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(base64)) => STANDARD
            .decode(base64)
            .unwrap_or_else(|error| panic!("bytes in the recording are no base64: {error}")),
        (None, None) => Vec::new(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn file_error(error: &Value) -> FileError {
    let message = text(&error["message"]);
    match error["case"].as_str() {
        Some("not-found") => FileError::NotFound(message),
        Some("denied") => FileError::Denied(message),
        Some("wrong-kind") => FileError::WrongKind(message),
        Some("too-large") => FileError::TooLarge(message),
        _ => FileError::Io(message),
    }
}

fn tool_error(error: Value) -> ToolError {
    let message = text(&error["message"]);
    match error["case"].as_str() {
        Some("failed") => ToolError::Failed(tool_result(&error)),
        Some("invalid-arguments") => ToolError::InvalidArguments(message),
        Some("denied") => ToolError::Denied(message),
        Some("not-found") => ToolError::NotFound(message),
        Some("budget-exhausted") => ToolError::BudgetExhausted(message),
        Some("timed-out") => ToolError::TimedOut(message),
        Some("too-large") => ToolError::TooLarge(message),
        Some("protocol") => ToolError::Protocol(message),
        _ => ToolError::Unavailable(message),
    }
}

/// For a recorded result, whose content has the form of MCP.
fn tool_result(result: &Value) -> ToolResult {
    let structured = &result["structured"];
    let content = result["content"].as_array().cloned().unwrap_or_default();
    ToolResult {
        structured: (!structured.is_null()).then(|| structured.to_string()),
        content: content.iter().filter_map(block).collect(),
    }
}

fn block(block: &Value) -> Option<ContentBlock> {
    let data = |of: &Value| read_bytes(&json!({ "base64": of }));
    let media = || Media {
        data: data(&block["data"]),
        mime_type: text(&block["mimeType"]),
    };
    let optional = |value: &Value| value.as_str().map(str::to_owned);
    Some(match block["type"].as_str()? {
        "text" => ContentBlock::Text(text(&block["text"])),
        "image" => ContentBlock::Image(media()),
        "audio" => ContentBlock::Audio(media()),
        "resource" => {
            let resource = &block["resource"];
            ContentBlock::Resource(EmbeddedResource {
                uri: text(&resource["uri"]),
                mime_type: optional(&resource["mimeType"]),
                contents: match resource["text"].as_str() {
                    Some(text) => ResourceContents::Text(text.to_owned()),
                    None => ResourceContents::Blob(data(&resource["blob"])),
                },
            })
        }
        "resource_link" => ContentBlock::ResourceLink(ResourceLink {
            uri: text(&block["uri"]),
            name: text(&block["name"]),
            description: optional(&block["description"]),
            mime_type: optional(&block["mimeType"]),
        }),
        _ => return None,
    })
}
