//! Lists the tools of a server, page by page, within bounds.
//! One tool that cannot be read is left out with a warning; the others come through.

use std::collections::HashSet;

use rmcp::model::{
    ClientRequest, CustomResult, ErrorCode, ListToolsRequest, PaginatedRequestParams, ServerResult,
    Tool,
};
use rmcp::service::ServiceError;

use super::{Client, StartFailure};
use crate::wire::TOO_LARGE;

const MAX_PAGES: usize = 100;
const MAX_TOOLS: usize = 10_000;

/// Every tool of the server, each name once, in the server's own order.
pub(super) async fn all_tools(server: &str, client: &Client) -> Result<Vec<Tool>, StartFailure> {
    let mut tools: Vec<Tool> = Vec::new();
    let mut names = HashSet::new();
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        let Some(page) = page(server, client, cursor.take()).await? else {
            return Ok(tools);
        };
        for tool in page.tools {
            if names.insert(tool.name.clone()) {
                tools.push(tool);
            } else {
                tracing::warn!(server, tool = %tool.name, "tool is listed twice: the first is used");
            }
        }
        if tools.len() > MAX_TOOLS {
            return Err(StartFailure::Protocol(format!(
                "it lists more than {MAX_TOOLS} tools"
            )));
        }
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(tools),
        }
    }
    Err(StartFailure::Protocol(format!(
        "it lists its tools on more than {MAX_PAGES} pages"
    )))
}

struct Page {
    tools: Vec<Tool>,
    next_cursor: Option<String>,
}

/// One page, or `None` from a server that serves no tools at all.
async fn page(
    server: &str,
    client: &Client,
    cursor: Option<String>,
) -> Result<Option<Page>, StartFailure> {
    let request = ListToolsRequest {
        method: Default::default(),
        params: cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor))),
        extensions: Default::default(),
    };
    match client
        .send_request(ClientRequest::ListToolsRequest(request))
        .await
    {
        Ok(ServerResult::ListToolsResult(page)) => Ok(Some(Page {
            tools: page.tools,
            next_cursor: page.next_cursor,
        })),
        // Some tool on it is not what MCP allows, so the whole page has lost its type.
        Ok(ServerResult::CustomResult(page)) => readable(server, page).map(Some),
        Ok(_) => Err(StartFailure::Protocol(
            "its answer to `tools/list` is no list".to_owned(),
        )),
        Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => Ok(None),
        Err(ServiceError::McpError(error)) if error.code == TOO_LARGE => Err(
            StartFailure::Protocol("its answer to `tools/list` is too long".to_owned()),
        ),
        Err(ServiceError::McpError(error)) => Err(StartFailure::Protocol(format!(
            "it refused `tools/list`: {} (JSON-RPC error {})",
            error.message, error.code.0
        ))),
        Err(_) => Err(StartFailure::Closed),
    }
}

fn readable(server: &str, CustomResult(mut page): CustomResult) -> Result<Page, StartFailure> {
    let Some(serde_json::Value::Array(listed)) = page.get_mut("tools").map(|tools| tools.take())
    else {
        return Err(StartFailure::Protocol(
            "its answer to `tools/list` has no `tools`".to_owned(),
        ));
    };
    let mut tools = Vec::with_capacity(listed.len());
    for tool in listed {
        let name = tool
            .get("name")
            .and_then(|name| name.as_str())
            .unwrap_or_default()
            .to_owned();
        match serde_json::from_value(tool) {
            Ok(tool) => tools.push(tool),
            Err(error) => tracing::warn!(server, tool = name, %error, "tool is left out"),
        }
    }
    let next_cursor = page
        .get("nextCursor")
        .and_then(|cursor| cursor.as_str())
        .map(str::to_owned);
    Ok(Page { tools, next_cursor })
}
