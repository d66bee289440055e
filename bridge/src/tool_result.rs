//! The result of a tool call. The structured content stays the text that the server sent: as a tree it would take
//! fifteen times the memory.

use rmcp::model::{ContentBlock, MetaObject, ResultType};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::raw_json::RawJson;

/// What a tool answers (`CallToolResult` of the specification).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CallToolResult {
    /// The kind of the result, from revision 2026-07-28 on; absent or `complete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// The content for people and models.
    pub content: Vec<ContentBlock>,
    /// The content for programs. An explicit `null` is a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<RawJson>,
    /// Whether the tool failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_error: Option<bool>,
    /// Metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<MetaObject>,
}

impl CallToolResult {
    /// The result of a tool that succeeded.
    #[must_use]
    pub fn success(content: Vec<ContentBlock>) -> Self {
        Self {
            result_type: Some(ResultType::COMPLETE),
            content,
            structured_content: None,
            is_error: Some(false),
            meta: None,
        }
    }

    /// The result of a tool that failed.
    #[must_use]
    pub fn error(content: Vec<ContentBlock>) -> Self {
        Self {
            is_error: Some(true),
            ..Self::success(content)
        }
    }

    /// The result of a tool that succeeded with structured content, which is also its text.
    #[must_use]
    pub fn structured(value: Value) -> Self {
        let structured = RawJson::from(value);
        Self {
            structured_content: Some(structured.clone()),
            ..Self::success(vec![ContentBlock::text(structured.get())])
        }
    }
}

impl From<rmcp::model::CallToolResult> for CallToolResult {
    fn from(result: rmcp::model::CallToolResult) -> Self {
        Self {
            result_type: result.result_type,
            content: result.content,
            structured_content: result.structured_content.map(RawJson::from),
            is_error: result.is_error,
            meta: result.meta,
        }
    }
}

impl<'de> Deserialize<'de> for CallToolResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Written {
            result_type: Option<ResultType>,
            content: Option<Vec<ContentBlock>>,
            #[serde(default, deserialize_with = "present")]
            structured_content: Option<RawJson>,
            is_error: Option<bool>,
            #[serde(rename = "_meta")]
            meta: Option<MetaObject>,
        }
        let written = Written::deserialize(deserializer)?;
        if written.content.is_none()
            && written.structured_content.is_none()
            && written.is_error.is_none()
        {
            return Err(serde::de::Error::custom(
                "it has none of `content`, `structuredContent` and `isError`",
            ));
        }
        if written
            .result_type
            .as_ref()
            .is_some_and(|kind| !kind.is_complete())
        {
            return Err(serde::de::Error::custom(
                "its `resultType` is not `complete`",
            ));
        }
        Ok(Self {
            result_type: written.result_type,
            // Some servers leave out what is empty.
            content: written.content.into_iter().flatten().collect(),
            structured_content: written.structured_content,
            is_error: written.is_error,
            meta: written.meta,
        })
    }
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}
