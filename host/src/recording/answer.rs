//! The answer to a host call, as a recording stores it.

use std::borrow::Cow;

use mcp_bridge::{CallToolResult, ContentBlock, RawJson};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::contract::{Cases as _, ToolError};

/// The answer to one call.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer<T, E> {
    Result(T),
    Error(E),
    Trap(Trap),
}

/// Why the host stopped the run in a call.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Trap {
    BudgetExhausted,
}

/// The result of a tool.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answered<'a> {
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    structured: Option<Cow<'a, RawJson>>,
    content: Cow<'a, [ContentBlock]>,
}

/// `tool-error`. A tool's own failure is recorded as the server answered it.
#[derive(Debug)]
pub(crate) enum ToolFailure<'a> {
    Failed(Answered<'a>),
    /// Any other case.
    Other(Cow<'a, ToolError>),
}

/// [`ToolFailure`] in the file: `failed` has the content of the answer, any other case a message.
#[derive(Serialize, Deserialize)]
struct RecordedFailure<'a> {
    case: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'a, str>>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    structured: Option<Cow<'a, RawJson>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<Cow<'a, [ContentBlock]>>,
}

const FAILED: &str = "failed";

impl Serialize for ToolFailure<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let recorded = match self {
            Self::Failed(answered) => RecordedFailure {
                case: FAILED.into(),
                message: None,
                structured: answered.structured.as_deref().map(Cow::Borrowed),
                content: Some(Cow::Borrowed(&answered.content)),
            },
            Self::Other(error) => RecordedFailure {
                case: error.case().into(),
                message: error.text().map(Cow::Borrowed),
                structured: None,
                content: None,
            },
        };
        recorded.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ToolFailure<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let recorded = RecordedFailure::deserialize(deserializer)?;
        if recorded.case == FAILED {
            let content = recorded.content;
            return Ok(Self::Failed(Answered {
                structured: recorded.structured,
                content: content.ok_or_else(|| D::Error::missing_field("content"))?,
            }));
        }
        let message = recorded.message;
        let message = message.ok_or_else(|| D::Error::missing_field("message"))?;
        match ToolError::of(&recorded.case, message.into_owned()) {
            Some(error) => Ok(Self::Other(Cow::Owned(error))),
            None => Err(D::Error::unknown_variant(&recorded.case, ToolError::TEXTS)),
        }
    }
}

impl<'a> Answered<'a> {
    fn of(result: &'a CallToolResult) -> Self {
        Self {
            structured: result.structured_content.as_ref().map(Cow::Borrowed),
            content: Cow::Borrowed(&result.content),
        }
    }

    fn into_result(self, is_error: bool) -> CallToolResult {
        let mut result = if is_error {
            CallToolResult::error(self.content.into_owned())
        } else {
            CallToolResult::success(self.content.into_owned())
        };
        result.structured_content = self.structured.map(Cow::into_owned);
        result
    }
}

/// The result of a tool call, as it is recorded.
pub(crate) fn tool_answer(
    answer: &Result<Box<CallToolResult>, ToolError>,
) -> Result<Answered<'_>, ToolFailure<'_>> {
    let failure = match answer {
        Ok(result) if result.is_error == Some(true) => ToolFailure::Failed(Answered::of(result)),
        Ok(result) => return Ok(Answered::of(result)),
        // A tool's own failure is an answer until it reaches the guest.
        Err(ToolError::Failed(_)) => ToolFailure::Failed(Answered {
            structured: None,
            content: Cow::Borrowed(&[]),
        }),
        Err(error) => ToolFailure::Other(Cow::Borrowed(error)),
    };
    Err(failure)
}

/// The inverse of [`tool_answer`].
pub(crate) fn tool_result_of(
    recorded: Result<Answered<'_>, ToolFailure<'_>>,
) -> Result<CallToolResult, ToolError> {
    match recorded {
        Ok(answered) => Ok(answered.into_result(false)),
        Err(ToolFailure::Failed(answered)) => Ok(answered.into_result(true)),
        Err(ToolFailure::Other(error)) => Err(error.into_owned()),
    }
}

/// An explicit `null` is a value. The text stays as it is: a guest may count its blanks.
fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'static, RawJson>>, D::Error> {
    RawJson::deserialize(deserializer).map(|text| Some(Cow::Owned(text)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// The structured content of the answer in a recording, after it was read.
    fn structured(recorded: &str) -> Option<RawJson> {
        let answer: Answer<Answered<'_>, ToolFailure<'_>> = serde_json::from_str(recorded).unwrap();
        let result = match answer {
            Answer::Result(answered) => tool_result_of(Ok(answered)),
            Answer::Error(failure) => tool_result_of(Err(failure)),
            Answer::Trap(trap) => panic!("{trap:?}"),
        };
        result.unwrap().structured_content
    }

    #[test]
    fn structured_content_is_read_as_the_server_wrote_it() {
        let text = r#"{"b": [1e2,  null],
            "a": 12345678901234567890123}"#;
        for recorded in [
            format!(r#"{{"result":{{"structured":{text},"content":[]}}}}"#),
            format!(r#"{{"error":{{"case":"failed","structured":{text},"content":[]}}}}"#),
        ] {
            let structured = structured(&recorded).unwrap();
            assert_eq!(structured.get(), text, "{recorded}");
        }
        let null = structured(r#"{"result":{"structured":null,"content":[]}}"#);
        assert_eq!(null.unwrap().get(), "null");
        assert!(structured(r#"{"result":{"content":[]}}"#).is_none());
    }
}
