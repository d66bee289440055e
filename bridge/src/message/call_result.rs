//! Reads the result of a tool call from its text. Structured content stays text, and a long text is put together once,
//! so that the result takes little more memory than its text. Knows nothing of the message around it.

use mcp_codegen::mend;
use rmcp::model::ResultType;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::flaws::Flaws;
use super::{content, memory};
use crate::raw_json::RawJson;
use crate::tool_result::CallToolResult;

/// The members of a result, each as it stands in the text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Members<'a> {
    result_type: Option<ResultType>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    structured_content: Option<&'a RawValue>,
    is_error: Option<bool>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    /// The members of a complete result; `None` where the text is another kind of result.
    pub(super) fn of(result: &'a RawValue) -> Option<Self> {
        let members: Self = serde_json::from_str(result.get()).ok()?;
        let is_complete = members
            .result_type
            .as_ref()
            .is_none_or(ResultType::is_complete);
        let is_result = members.content.is_some()
            || members.structured_content.is_some()
            || members.is_error.is_some();
        (is_complete && is_result).then_some(members)
    }

    /// How many bytes of memory the result takes once it is read, besides the text that it is read from.
    pub(super) fn memory(&self) -> usize {
        let structured = self.structured_content.map_or(0, |text| text.get().len());
        let content = self.content.map_or(0, content::memory);
        let meta = self
            .meta
            .map_or(0, |text| memory::of(text.get().as_bytes()));
        size_of::<CallToolResult>() + structured + content + meta
    }

    /// Reads the result.
    pub(super) fn read(self) -> serde_json::Result<CallToolResult> {
        let mut result = CallToolResult::success(match self.content {
            Some(text) => content::read(text)?,
            None => Vec::new(),
        });
        result.result_type = self.result_type;
        result.is_error = self.is_error;
        if let Some(meta) = self.meta {
            result.meta = serde_json::from_str(meta.get())?;
        }
        if let Some(text) = self.structured_content {
            let structured = RawJson::mended(text);
            if structured.get() != text.get() {
                let mut flaws = Flaws::default();
                flaws.push(mend::NOT_UNICODE);
                flaws.put(&mut result.meta.get_or_insert_default().0);
            }
            result.structured_content = Some(structured);
        }
        Ok(result)
    }
}

/// An explicit `null` is a value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}
