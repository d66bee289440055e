//! What a host call was answered, as a recording writes it.

use mcp_bridge::{CallToolResult, ContentBlock};
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

/// What a tool gave.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answered {
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    structured: Option<Value>,
    content: Vec<ContentBlock>,
}

/// `tool-error`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "case", rename_all = "kebab-case")]
pub(crate) enum ToolFailure {
    Failed(Answered),
    InvalidArguments { message: String },
    Denied { message: String },
    NotFound { message: String },
    BudgetExhausted { message: String },
    TimedOut { message: String },
    Unavailable { message: String },
    TooLarge { message: String },
    Protocol { message: String },
}

impl Answered {
    fn of(result: &CallToolResult) -> Self {
        Self {
            structured: result.structured_content.clone(),
            content: result.content.clone(),
        }
    }

    fn into_result(self, is_error: bool) -> CallToolResult {
        let mut result = if is_error {
            CallToolResult::error(self.content)
        } else {
            CallToolResult::success(self.content)
        };
        result.structured_content = self.structured;
        result
    }
}

/// What the host has of a tool call, as it is recorded.
pub(crate) fn tool_answer(
    answer: &Result<Box<CallToolResult>, ToolError>,
) -> Result<Answered, ToolFailure> {
    let failure = match answer {
        Ok(result) if result.is_error == Some(true) => ToolFailure::Failed(Answered::of(result)),
        Ok(result) => return Ok(Answered::of(result)),
        // A tool's own failure is an answer until it reaches the guest.
        Err(ToolError::Failed(_)) => ToolFailure::Failed(Answered {
            structured: None,
            content: Vec::new(),
        }),
        Err(ToolError::InvalidArguments(text)) => ToolFailure::InvalidArguments {
            message: text.clone(),
        },
        Err(ToolError::Denied(text)) => ToolFailure::Denied {
            message: text.clone(),
        },
        Err(ToolError::NotFound(text)) => ToolFailure::NotFound {
            message: text.clone(),
        },
        Err(ToolError::BudgetExhausted(text)) => ToolFailure::BudgetExhausted {
            message: text.clone(),
        },
        Err(ToolError::TimedOut(text)) => ToolFailure::TimedOut {
            message: text.clone(),
        },
        Err(ToolError::Unavailable(text)) => ToolFailure::Unavailable {
            message: text.clone(),
        },
        Err(ToolError::TooLarge(text)) => ToolFailure::TooLarge {
            message: text.clone(),
        },
        Err(ToolError::Protocol(text)) => ToolFailure::Protocol {
            message: text.clone(),
        },
    };
    Err(failure)
}

/// The same, back.
pub(crate) fn tool_result_of(
    recorded: Result<Answered, ToolFailure>,
) -> Result<CallToolResult, ToolError> {
    match recorded {
        Ok(answered) => Ok(answered.into_result(false)),
        Err(ToolFailure::Failed(answered)) => Ok(answered.into_result(true)),
        Err(ToolFailure::InvalidArguments { message }) => Err(ToolError::InvalidArguments(message)),
        Err(ToolFailure::Denied { message }) => Err(ToolError::Denied(message)),
        Err(ToolFailure::NotFound { message }) => Err(ToolError::NotFound(message)),
        Err(ToolFailure::BudgetExhausted { message }) => Err(ToolError::BudgetExhausted(message)),
        Err(ToolFailure::TimedOut { message }) => Err(ToolError::TimedOut(message)),
        Err(ToolFailure::Unavailable { message }) => Err(ToolError::Unavailable(message)),
        Err(ToolFailure::TooLarge { message }) => Err(ToolError::TooLarge(message)),
        Err(ToolFailure::Protocol { message }) => Err(ToolError::Protocol(message)),
    }
}

/// An explicit `null` is a value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
