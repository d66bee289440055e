//! The text of a message that goes to a server: the one place where it is made, for every transport.

use rmcp::model::ClientJsonRpcMessage;

/// The message as one JSON text without a line break.
///
/// # Errors
///
/// Where a part of it cannot be written as JSON, which no message of ours holds.
pub(crate) fn encode(message: &ClientJsonRpcMessage) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(message)
}
