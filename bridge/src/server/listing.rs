//! Lists the tools of a server, page by page, within bounds.
//! One tool that cannot be read is left out with a warning; the others come through.

use std::collections::HashSet;
use std::time::Duration;

use rmcp::model::{
    ClientRequest, CustomResult, ErrorCode, ListToolsRequest, PaginatedRequestParams, ServerResult,
    Tool,
};
use rmcp::service::ServiceError;

use super::failure::{Client, Failure};
use crate::config::Bounds;
use crate::message::{
    MEMORY_BESIDE, Room, TOO_LARGE, TOO_MUCH_LISTED, TOO_MUCH_MEMORY, compact, kept, kept_tool,
    words,
};
use crate::text::mebibytes;
use crate::text::short;

const MAX_PAGES: usize = 100;
/// The longest cursor that is sent back, in bytes.
const MAX_CURSOR: usize = 64 * 1024;
/// The longest name of a tool, in bytes. The specification recommends 128 characters at most.
const MAX_NAME: usize = 1_024;
/// How many tools that are left out are named, and how many bytes of the name and of the reason are shown.
const MAX_NAMED: usize = 10;
const MAX_SHOWN_NAME: usize = 100;
const MAX_SHOWN: usize = 300;

/// What a server lists.
pub(super) struct Listing {
    /// Each name once, in the server's own order.
    pub(super) tools: Vec<Tool>,
    /// How long the server says that this holds (`ttlMs`), if that is any time at all.
    pub(super) lasts: Option<Duration>,
}

/// Every tool of the server.
pub(super) async fn all_tools(
    server: &str,
    client: &Client,
    bounds: Bounds,
) -> Result<Listing, Failure> {
    let mut tools = Vec::new();
    let lasts = each_tool(server, client, bounds, |tool| tools.push(tool)).await?;
    Ok(Listing { tools, lasts })
}

/// Shows every tool of the server, each name once and in the server's own order. Returns how long the list holds.
/// All pages together take no more memory than one message may, whether or not what is shown is kept.
pub(super) async fn each_tool(
    server: &str,
    client: &Client,
    bounds: Bounds,
    mut show: impl FnMut(Tool),
) -> Result<Option<Duration>, Failure> {
    let mut room = bounds.message.saturating_add(MEMORY_BESIDE);
    let mut lasts: Option<Duration> = None;
    let mut names = HashSet::new();
    let mut left_out = LeftOut::default();
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        let page = page(client, cursor.take(), room, &mut left_out).await;
        let Some(page) = page.map_err(|refused| refused.explain(bounds))? else {
            return Ok(lasts);
        };
        lasts = lasts.into_iter().chain(page.lasts).min();
        for tool in page.tools {
            // Its name stands in `names` and in two indexes as well.
            let takes = kept_tool(&tool).saturating_add(3 * tool.name.len());
            room = room
                .checked_sub(takes)
                .ok_or_else(|| Refused::Full.explain(bounds))?;
            if tool.name.len() > MAX_NAME {
                left_out.because(&tool.name, "its name is longer than a name may be");
                continue;
            }
            if !names.insert(tool.name.to_string()) {
                left_out.because(&tool.name, "it is listed twice: the first is used");
                continue;
            }
            show(tool);
            if names.len() > bounds.tools {
                let most = bounds.tools;
                return Err(Failure::Protocol(format!(
                    "it lists more than {most} tools: raise `max_tools` in its `limits` if it needs more"
                )));
            }
        }
        match page.next_cursor {
            Some(next) if next.len() > MAX_CURSOR => {
                return Err(Failure::Protocol(format!(
                    "the cursor of a page of its tools is longer than {MAX_CURSOR} bytes"
                )));
            }
            Some(next) => cursor = Some(next),
            None => {
                left_out.warn(server);
                return Ok(lasts);
            }
        }
    }
    Err(Failure::Protocol(format!(
        "it lists its tools on more than {MAX_PAGES} pages"
    )))
}

/// Why there is no page.
enum Refused {
    /// The pages before it left no room for it.
    Full,
    Otherwise(Failure),
}

impl Refused {
    fn explain(self, bounds: Bounds) -> Failure {
        let most = bounds.message.saturating_add(MEMORY_BESIDE);
        match self {
            Self::Full => Failure::Protocol(format!(
                "all pages of its list of tools take more than {} of memory together: raise \
                 `max_message_bytes` in its `limits` if it needs more",
                mebibytes(most)
            )),
            Self::Otherwise(failure) => failure,
        }
    }
}

/// Tools that are left out. A server may list as many of them as fit into its pages, so only some are named.
#[derive(Default)]
struct LeftOut {
    named: Vec<String>,
    count: usize,
}

impl LeftOut {
    fn because(&mut self, name: &str, why: &str) {
        self.count += 1;
        if self.named.len() < MAX_NAMED {
            let (name, why) = (short(name, MAX_SHOWN_NAME), short(why, MAX_SHOWN));
            self.named.push(format!("`{name}`: {why}"));
        }
    }

    fn warn(&self, server: &str) {
        for tool in &self.named {
            tracing::warn!(server, "tool is left out: {tool}");
        }
        let more = self.count - self.named.len();
        if more > 0 {
            tracing::warn!(server, more, "more tools are left out");
        }
    }
}

struct Page {
    tools: Vec<Tool>,
    next_cursor: Option<String>,
    lasts: Option<Duration>,
}

/// One page that takes no more than `room` bytes of memory, or `None` from a server that serves no tools at all.
async fn page(
    client: &Client,
    cursor: Option<String>,
    room: usize,
    left_out: &mut LeftOut,
) -> Result<Option<Page>, Refused> {
    let mut request = ListToolsRequest {
        method: Default::default(),
        params: cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor))),
        extensions: Default::default(),
    };
    request.extensions.insert(Room(room));
    let failure = match client
        .send_request(ClientRequest::ListToolsRequest(request))
        .await
    {
        Ok(ServerResult::ListToolsResult(page)) => {
            return Ok(Some(Page {
                tools: page.tools,
                next_cursor: page.next_cursor,
                lasts: page.ttl_ms.and_then(lasts),
            }));
        }
        // Some tool on it is not what MCP allows, so the whole page has lost its type.
        Ok(ServerResult::CustomResult(page)) => {
            if kept(&page) > room {
                return Err(Refused::Full);
            }
            return readable(page, left_out).map(Some).map_err(Refused::Otherwise);
        }
        Ok(_) => Failure::Protocol("its answer to `tools/list` is not a list".to_owned()),
        Err(ServiceError::McpError(error)) => match error.code {
            ErrorCode::METHOD_NOT_FOUND => return Ok(None),
            TOO_MUCH_LISTED => return Err(Refused::Full),
            TOO_LARGE | TOO_MUCH_MEMORY => Failure::Protocol(
                "its answer to `tools/list` is too large: raise `max_message_bytes` in its `limits` \
                 if it needs more"
                    .to_owned(),
            ),
            _ => Failure::Protocol(format!("it refused `tools/list`: {}", words(&error))),
        },
        Err(_) => Failure::Closed,
    };
    Err(Refused::Otherwise(failure))
}

/// A list that lasts no time at all is not asked for again before every call.
fn lasts(milliseconds: u64) -> Option<Duration> {
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

fn readable(CustomResult(mut page): CustomResult, left_out: &mut LeftOut) -> Result<Page, Failure> {
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
            Ok(tool) => tools.push(compact(tool)),
            Err(error) => left_out.because(&name, &error.to_string()),
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
