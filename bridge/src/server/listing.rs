//! Lists the tools of a server, page by page, within bounds.
//! One tool that cannot be read is left out with a warning; the others come through.

use std::collections::HashSet;
use std::time::Duration;

use rmcp::model::{
    ClientRequest, CustomResult, ErrorCode, ListToolsRequest, PaginatedRequestParams, ServerResult,
    Tool,
};
use rmcp::service::ServiceError;

use super::connection::{Client, Failure};
use crate::message::{TOO_HEAVY, TOO_LARGE, words};

const MAX_PAGES: usize = 100;

/// What a server lists.
pub(super) struct Listing {
    /// Each name once, in the server's own order.
    pub(super) tools: Vec<Tool>,
    /// How long the server says that this holds (`ttlMs`), if that is any time at all.
    pub(super) lasts: Option<Duration>,
}

/// Every tool of the server, at most `most` of them.
pub(super) async fn all_tools(
    server: &str,
    client: &Client,
    most: usize,
) -> Result<Listing, Failure> {
    let mut tools: Vec<Tool> = Vec::new();
    let mut lasts: Option<Duration> = None;
    let mut names = HashSet::new();
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        let Some(page) = page(server, client, cursor.take()).await? else {
            return Ok(Listing { tools, lasts });
        };
        lasts = lasts.into_iter().chain(page.lasts).min();
        for tool in page.tools {
            if names.insert(tool.name.clone()) {
                tools.push(tool);
            } else {
                tracing::warn!(server, tool = %tool.name, "tool is listed twice: the first is used");
            }
        }
        if tools.len() > most {
            return Err(Failure::Protocol(format!(
                "it lists more than {most} tools: raise `max_tools` in its `limits` if it needs more"
            )));
        }
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(Listing { tools, lasts }),
        }
    }
    Err(Failure::Protocol(format!(
        "it lists its tools on more than {MAX_PAGES} pages"
    )))
}

struct Page {
    tools: Vec<Tool>,
    next_cursor: Option<String>,
    lasts: Option<Duration>,
}

/// One page, or `None` from a server that serves no tools at all.
async fn page(
    server: &str,
    client: &Client,
    cursor: Option<String>,
) -> Result<Option<Page>, Failure> {
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
            lasts: page.ttl_ms.and_then(lasts),
        })),
        // Some tool on it is not what MCP allows, so the whole page has lost its type.
        Ok(ServerResult::CustomResult(page)) => readable(server, page).map(Some),
        Ok(_) => Err(Failure::Protocol(
            "its answer to `tools/list` is no list".to_owned(),
        )),
        Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => Ok(None),
        Err(ServiceError::McpError(error)) if matches!(error.code, TOO_LARGE | TOO_HEAVY) => {
            Err(Failure::Protocol(
                "its answer to `tools/list` is too large: raise `max_message_bytes` in its `limits` \
                 if it needs more"
                    .to_owned(),
            ))
        }
        Err(ServiceError::McpError(error)) => {
            let why = words(&error);
            Err(Failure::Protocol(format!("it refused `tools/list`: {why}")))
        }
        Err(_) => Err(Failure::Closed),
    }
}

/// A list that lasts no time at all is not asked for again before every call.
fn lasts(milliseconds: u64) -> Option<Duration> {
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

fn readable(server: &str, CustomResult(mut page): CustomResult) -> Result<Page, Failure> {
    let Some(serde_json::Value::Array(listed)) = page.get_mut("tools").map(|tools| tools.take())
    else {
        return Err(Failure::Protocol(
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
    let lasts = page
        .get("ttlMs")
        .and_then(serde_json::Value::as_u64)
        .and_then(lasts);
    Ok(Page {
        tools,
        next_cursor,
        lasts,
    })
}
