//! An MCP server on stdin and stdout that answers each call at once with its arguments. What calls it is measured.
#![allow(clippy::unwrap_used, reason = "a bench may panic")]

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer, ServiceExt as _};
use rmcp::{ServerHandler, transport};
use serde_json::json;

struct Echo;

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
        let schema = schema.as_object().unwrap().clone();
        let tool = Tool::new("echo", "Returns its arguments.", schema);
        Ok(ListToolsResult::with_all_items(vec![tool]))
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
    // A client that leaves before its first call is none that is measured.
    if let Ok(service) = Echo.serve(transport::stdio()).await {
        service.waiting().await.unwrap();
    }
}
