//! `tool-error` of the contract, as a Rust error with the tool's own text.

use std::fmt;

use super::bindings::types::ToolResult;

/// Why a tool call returned no result. Only [`Failed`](Self::Failed) means that the tool itself ran.
///
/// [`Display`](fmt::Display) gives the tool's own message, or the host's where the tool did not run:
///
/// ```
/// use mcp_guest_sdk::ToolError;
///
/// let error = ToolError::Denied("no grant for `github/merge`; add `--allow github/merge`".to_owned());
/// assert_eq!(error.to_string(), "denied: no grant for `github/merge`; add `--allow github/merge`");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum ToolError {
    /// The tool ran and answered `isError`; its content says why.
    Failed(ToolResult),
    /// The arguments do not fit the tool's input schema, or the server rejected them as invalid.
    InvalidArguments(String),
    /// The user granted no call to this tool; the text names the missing grant.
    Denied(String),
    /// No such server, or no such tool on it.
    NotFound(String),
    /// The run has used up its call budget.
    BudgetExhausted(String),
    /// The server did not respond before the deadline for one call.
    TimedOut(String),
    /// The server could not be started, ended, or closed the connection. The call may have had an effect.
    Unavailable(String),
    /// The arguments or the result exceed the size limit.
    TooLarge(String),
    /// The server's response violates MCP or the tool's own output schema.
    Protocol(String),
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(result) => write!(f, "tool failed: {}", message(result)),
            Self::InvalidArguments(text) => write!(f, "invalid arguments: {text}"),
            Self::Denied(text) => write!(f, "denied: {text}"),
            Self::NotFound(text) => write!(f, "not found: {text}"),
            Self::BudgetExhausted(text) => write!(f, "call budget exhausted: {text}"),
            Self::TimedOut(text) => write!(f, "timed out: {text}"),
            Self::Unavailable(text) => write!(f, "unavailable: {text}"),
            Self::TooLarge(text) => write!(f, "too large: {text}"),
            Self::Protocol(text) => write!(f, "protocol error: {text}"),
        }
    }
}

impl std::error::Error for ToolError {}

fn message(result: &ToolResult) -> String {
    let text = result.text();
    match (&result.structured, text.is_empty()) {
        (_, false) => text,
        (Some(structured), true) => structured.clone(),
        (None, true) => "it gave no message".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::bindings::types::ContentBlock;

    #[test]
    fn a_failed_tool_speaks_in_its_own_words() {
        let failed = |structured: Option<&str>, content| {
            ToolError::Failed(ToolResult {
                structured: structured.map(str::to_owned),
                content,
            })
            .to_string()
        };
        let text = vec![
            ContentBlock::Text("no such".to_owned()),
            ContentBlock::Text("branch".to_owned()),
        ];
        assert_eq!(failed(Some("{}"), text), "tool failed: no such\nbranch");
        assert_eq!(
            failed(Some(r#"{"code":7}"#), Vec::new()),
            r#"tool failed: {"code":7}"#
        );
        assert_eq!(failed(None, Vec::new()), "tool failed: it gave no message");
    }
}
