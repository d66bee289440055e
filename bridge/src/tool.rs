//! What a tool says of itself, as far as this crate acts on it.

use mcp_codegen::near::nearest;
use rmcp::model::Tool;

/// Whether the tool says that it only reads (`readOnlyHint`).
pub(crate) fn is_read_only(tool: &Tool) -> bool {
    tool.annotations
        .as_ref()
        .is_some_and(|hints| hints.read_only_hint == Some(true))
}

/// The message for a tool that is not among `tools`, with the nearest name.
pub(crate) fn not_found(server: &str, tool: &str, tools: &[Tool]) -> String {
    let near = nearest(tool, tools.iter().map(|tool| tool.name.as_ref()))
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    format!("server `{server}` has no tool `{tool}`{near}")
}
