//! The answer to a host call, as a recording stores it.

use std::borrow::Cow;

use mcp_bridge::{CallToolResult, ContentBlock, RawJson};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::contract::ToolError;

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

/// `tool-error`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "case", rename_all = "kebab-case")]
pub(crate) enum ToolFailure<'a> {
    Failed(Answered<'a>),
    InvalidArguments { message: Cow<'a, str> },
    Denied { message: Cow<'a, str> },
    NotFound { message: Cow<'a, str> },
    BudgetExhausted { message: Cow<'a, str> },
    TimedOut { message: Cow<'a, str> },
    Unavailable { message: Cow<'a, str> },
    TooLarge { message: Cow<'a, str> },
    Protocol { message: Cow<'a, str> },
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
        Err(ToolError::InvalidArguments(text)) => ToolFailure::InvalidArguments {
            message: text.into(),
        },
        Err(ToolError::Denied(text)) => ToolFailure::Denied {
            message: text.into(),
        },
        Err(ToolError::NotFound(text)) => ToolFailure::NotFound {
            message: text.into(),
        },
        Err(ToolError::BudgetExhausted(text)) => ToolFailure::BudgetExhausted {
            message: text.into(),
        },
        Err(ToolError::TimedOut(text)) => ToolFailure::TimedOut {
            message: text.into(),
        },
        Err(ToolError::Unavailable(text)) => ToolFailure::Unavailable {
            message: text.into(),
        },
        Err(ToolError::TooLarge(text)) => ToolFailure::TooLarge {
            message: text.into(),
        },
        Err(ToolError::Protocol(text)) => ToolFailure::Protocol {
            message: text.into(),
        },
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
        Err(ToolFailure::InvalidArguments { message }) => {
            Err(ToolError::InvalidArguments(message.into_owned()))
        }
        Err(ToolFailure::Denied { message }) => Err(ToolError::Denied(message.into_owned())),
        Err(ToolFailure::NotFound { message }) => Err(ToolError::NotFound(message.into_owned())),
        Err(ToolFailure::BudgetExhausted { message }) => {
            Err(ToolError::BudgetExhausted(message.into_owned()))
        }
        Err(ToolFailure::TimedOut { message }) => Err(ToolError::TimedOut(message.into_owned())),
        Err(ToolFailure::Unavailable { message }) => {
            Err(ToolError::Unavailable(message.into_owned()))
        }
        Err(ToolFailure::TooLarge { message }) => Err(ToolError::TooLarge(message.into_owned())),
        Err(ToolFailure::Protocol { message }) => Err(ToolError::Protocol(message.into_owned())),
    }
}

/// An explicit `null` is a value.
fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'static, RawJson>>, D::Error> {
    // Of a failure, serde hands over no text.
    Value::deserialize(deserializer).map(|value| Some(Cow::Owned(value.into())))
}
