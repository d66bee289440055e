//! The result of a tool as callers get it: without what only this program wrote into it. Logs what was not as MCP has
//! it.

use rmcp::model::Tool;

use crate::message::flaws;
use crate::raw_json::RawJson;
use crate::tool_result::CallToolResult;

/// The result of `tool`, which `listed` describes.
pub(super) fn tidied(
    server: &str,
    tool: &str,
    listed: Option<&Tool>,
    mut result: CallToolResult,
) -> CallToolResult {
    let flaws = result.meta.as_mut().map(|meta| flaws::taken(&mut meta.0));
    if let Some(flaws) = flaws.filter(|flaws| !flaws.is_empty()) {
        let flaws = flaws.join("; ");
        tracing::warn!(server, tool, "answer is not as MCP has it: {flaws}");
    }
    result.meta = result.meta.filter(|meta| !meta.0.is_empty());
    // Null is as good as absent, unless the tool says that it may return it.
    let is_declared = listed.is_some_and(|tool| tool.output_schema.is_some());
    let is_null = result.structured_content.as_ref().map(RawJson::get) == Some("null");
    if is_null && !result.content.is_empty() && !is_declared {
        result.structured_content = None;
    }
    result
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use rmcp::model::ContentBlock;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn structured_null_is_absent_unless_the_tool_declares_what_it_returns() {
        let mut null = CallToolResult::success(vec![ContentBlock::text("a")]);
        null.structured_content = Some(Value::Null.into());
        assert_eq!(
            tidied("s", "t", None, null.clone()).structured_content,
            None
        );
        let tool = json!({"name": "t", "inputSchema": {}, "outputSchema": {}});
        let tool: Tool = serde_json::from_value(tool).unwrap();
        let kept = tidied("s", "t", Some(&tool), null.clone());
        assert_eq!(kept.structured_content, Some(Value::Null.into()));
        null.content.clear();
        let alone = tidied("s", "t", None, null);
        assert_eq!(alone.structured_content, Some(Value::Null.into()));
    }

    #[test]
    fn flaws_are_no_part_of_the_result() {
        let mut result = CallToolResult::success(Vec::new());
        let mut flaws = flaws::Flaws::default();
        flaws.push("f");
        flaws.put(&mut result.meta.get_or_insert_default().0);
        assert_eq!(tidied("s", "t", None, result).meta, None);
    }
}
