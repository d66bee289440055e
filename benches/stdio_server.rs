//! An MCP server on stdin and stdout that answers each call at once with its arguments; its callers are measured.
//! `stdio-server [TOOLS]`: its tools are those of the file, or a single tool `echo`.
#![allow(clippy::unwrap_used, reason = "a bench may panic")]

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer, ServiceExt as _};
use rmcp::{ServerHandler, transport};
use serde_json::json;

struct Echo {
    tools: Vec<Tool>,
}

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.clone()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut answer = CallToolResult::success(Vec::new());
        answer.structured_content = request.arguments.map(Into::into);
        Ok(answer.into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let tools = match std::env::args_os().nth(1) {
        Some(file) => {
            let text = std::fs::read(file).unwrap();
            serde_json::from_slice::<ListToolsResult>(&text)
                .unwrap()
                .tools
        }
        None => {
            let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
            let schema = schema.as_object().unwrap().clone();
            vec![Tool::new("echo", "Returns its arguments.", schema)]
        }
    };
    // A client that leaves before its first call is not measured.
    if let Ok(service) = (Echo { tools }).serve(transport::stdio()).await {
        service.waiting().await.unwrap();
    }
}
