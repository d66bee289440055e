//! `mcp:tools/tools`: calls by name, each under a grant.

use std::sync::Arc;

use mcp_bridge::CallToolResult;

use super::bindings::mcp::tools::tools::{Host, ToolCall};
use super::{ToolError, ToolResult, tool_result};
use crate::calls::Calls;
use crate::reach::Reach;
use crate::recording::Call;
use crate::run::Run;
use crate::tape::{self, Tape};

impl Host for Run {
    async fn call_tool(
        &mut self,
        server: String,
        tool: String,
        arguments: String,
    ) -> wasmtime::Result<Result<ToolResult, ToolError>> {
        let called = ToolCall {
            server,
            tool,
            arguments,
        };
        call(&self.tally.calls, &self.reach, &self.tape, called).await
    }

    async fn call_tools(
        &mut self,
        calls: Vec<ToolCall>,
    ) -> wasmtime::Result<Vec<Result<ToolResult, ToolError>>> {
        let batch = calls
            .into_iter()
            .map(|called| call(&self.tally.calls, &self.reach, &self.tape, called));
        futures_util::future::try_join_all(batch).await
    }
}

async fn call(
    calls: &Calls,
    reach: &Reach,
    tape: &Option<Arc<Tape>>,
    called: ToolCall,
) -> wasmtime::Result<Result<ToolResult, ToolError>> {
    let call = tape::note(tape, || Call::Tool {
        server: called.server.clone(),
        tool: called.tool.clone(),
        // What is no JSON is refused below; the recording shows what it was.
        arguments: parse_arguments(&called.arguments).map_or_else(
            |_| called.arguments.clone().into(),
            serde_json::Value::Object,
        ),
    });
    let live = || granted(calls, reach, &called);
    let answer = tape::tool(tape, calls, call, live).await?;
    Ok(answer.and_then(|answer| tool_result(*answer)))
}

async fn granted(
    calls: &Calls,
    reach: &Reach,
    called: &ToolCall,
) -> wasmtime::Result<Result<Box<CallToolResult>, ToolError>> {
    let arguments = match parse_arguments(&called.arguments) {
        Ok(arguments) => arguments,
        Err(error) => return Ok(Err(error)),
    };
    let server = match reach.granted(&called.server, &called.tool) {
        Ok(server) => server,
        Err(error) => return Ok(Err(error)),
    };
    calls.call(server, &called.tool, arguments).await
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
