//! Converts a tool of the bridge for the code generator.

/// Converts a tool of the bridge for the code generator. Only imported tools are converted.
#[must_use]
pub fn definition(tool: &mcp_bridge::Tool) -> mcp_codegen::Tool {
    tracing::trace!(tool = &*tool.name, "definition is converted");
    mcp_codegen::Tool {
        name: tool.name.to_string(),
        title: tool.title.clone(),
        description: tool.description.as_deref().map(str::to_owned),
        input_schema: serde_json::Value::Object((*tool.input_schema).clone()),
        output_schema: tool
            .output_schema
            .as_ref()
            .map(|schema| serde_json::Value::Object((**schema).clone())),
        annotations: tool
            .annotations
            .as_ref()
            .map(|hints| mcp_codegen::Annotations {
                title: hints.title.clone(),
                read_only_hint: hints.read_only_hint,
                destructive_hint: hints.destructive_hint,
                idempotent_hint: hints.idempotent_hint,
                open_world_hint: hints.open_world_hint,
            })
            .unwrap_or_default(),
    }
}
