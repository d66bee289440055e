//! A message that was read, and what of it rmcp does not see. Reads none.

use rmcp::model::ServerJsonRpcMessage;

use crate::tool_result::CallToolResult;

/// A message that was read.
#[derive(Debug)]
pub(crate) struct Message {
    /// What rmcp gets.
    pub(crate) message: ServerJsonRpcMessage,
    /// The result of a tool call. Its caller gets this one: rmcp would make a tree of it.
    pub(crate) result: Option<Box<CallToolResult>>,
    /// Whether rmcp would read the same of its text, but for that result.
    pub(crate) is_as_written: bool,
}

impl From<ServerJsonRpcMessage> for Message {
    fn from(message: ServerJsonRpcMessage) -> Self {
        Self {
            message,
            result: None,
            is_as_written: true,
        }
    }
}
