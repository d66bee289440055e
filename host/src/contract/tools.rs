//! `mcp:tools/tools`: calls by name, each under a grant.

use super::bindings::mcp::tools::tools::{Host, ToolCall};
use super::{ToolError, ToolResult, tool_result};
use crate::calls::Calls;
use crate::link::refusal_error;
use crate::run::Run;

impl Host for Run {
    async fn call_tool(
        &mut self,
        server: String,
        tool: String,
        arguments: String,
    ) -> wasmtime::Result<Result<ToolResult, ToolError>> {
        call(&self.calls, server, tool, arguments).await
    }

    async fn call_tools(
        &mut self,
        calls: Vec<ToolCall>,
    ) -> wasmtime::Result<Vec<Result<ToolResult, ToolError>>> {
        let batch = calls
            .into_iter()
            .map(|one| call(&self.calls, one.server, one.tool, one.arguments));
        futures_util::future::try_join_all(batch).await
    }
}

async fn call(
    calls: &Calls,
    server: String,
    tool: String,
    arguments: String,
) -> wasmtime::Result<Result<ToolResult, ToolError>> {
    let arguments = match parse_arguments(&arguments) {
        Ok(arguments) => arguments,
        Err(error) => return Ok(Err(error)),
    };
    let granted = match calls.granted(&server, &tool) {
        Ok(granted) => granted,
        Err(error) => return Ok(Err(error)),
    };
    Ok(match calls.call(&granted, &tool, arguments).await? {
        Ok(answer) => tool_result(answer),
        Err(refusal) => Err(refusal_error(refusal)),
    })
}

/// An empty text stands for no arguments.
fn parse_arguments(text: &str) -> Result<mcp_bridge::JsonObject, ToolError> {
    if text.trim().is_empty() {
        return Ok(mcp_bridge::JsonObject::new());
    }
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(object)) => Ok(object),
        Ok(_) => Err(ToolError::InvalidArguments(
            "the arguments are not a JSON object".into(),
        )),
        Err(error) => Err(ToolError::InvalidArguments(format!(
            "the arguments are not JSON: {error}"
        ))),
    }
}
