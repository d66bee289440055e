//! Lists the tools of a server, page by page, within bounds.
//! One tool that cannot be read is left out with a warning; the others come through.

use std::collections::HashSet;
use std::time::Duration;

use mcp_codegen::{argument_flaws, entry, kind, name_fault};
use rmcp::model::{
    ClientRequest, CustomResult, ErrorCode, ListToolsRequest, PaginatedRequestParams, ServerResult,
    Tool,
};
use rmcp::service::ServiceError;
use serde_json::Value;

use super::failure::{Client, Failure};
use crate::config::Bounds;
use crate::http::HttpSendError;
use crate::message::{
    MEMORY_BESIDE, Room, TOO_LARGE, TOO_MUCH_LISTED, TOO_MUCH_MEMORY, compact, flaws, kept,
    kept_tool, words,
};
use crate::secret::Secrets;
use crate::text::mebibytes;
use crate::text::short;

const MAX_PAGES: usize = 100;
/// The member that names an entry of a list that is an object.
const NAME: &str = "name";
/// The longest cursor that is sent back, in bytes.
const MAX_CURSOR: usize = 64 * 1024;
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
    secrets: &Secrets,
) -> Result<Listing, Failure> {
    let mut tools = Vec::new();
    let lasts = each_tool(server, client, bounds, secrets, |tool| tools.push(tool)).await?;
    Ok(Listing { tools, lasts })
}

/// Shows every tool of the server, each name once and in the server's own order. Returns how long the list holds.
/// All pages together take no more memory than one message may, whether or not what is shown is kept. Definitions go to
/// models and into files, so they are shown without the secrets of the server.
pub(super) async fn each_tool(
    server: &str,
    client: &Client,
    bounds: Bounds,
    secrets: &Secrets,
    mut show: impl FnMut(Tool),
) -> Result<Option<Duration>, Failure> {
    let mut room = bounds.message.saturating_add(MEMORY_BESIDE);
    let mut lasts: Option<Duration> = None;
    let mut names = HashSet::new();
    let mut left_out = LeftOut::default();
    let mut cursor: Option<String> = None;
    let mut cursors = HashSet::new();
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
            if let Some(why) = name_fault(&tool.name) {
                left_out.because(&tool.name, &why);
                continue;
            }
            if secrets.occur_in_definition(&tool.name) {
                left_out.because(
                    &secrets.hide(&tool.name),
                    "its name has a secret of the server in it",
                );
                continue;
            }
            if !names.insert(tool.name.to_string()) {
                left_out.because(&tool.name, "it is listed twice: the first is used");
                continue;
            }
            show(secrets.hide_in_tool(tool));
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
            Some(next) if cursors.insert(blake3::hash(next.as_bytes())) => cursor = Some(next),
            last => {
                if last.is_some() {
                    tracing::warn!(
                        server,
                        "the cursor of a page of its tools comes back: the list is taken as complete"
                    );
                }
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

/// Tools that are left out, and parts of tools. A server may list as many of them as fit into its pages, so only some
/// are named.
#[derive(Default)]
struct LeftOut {
    named: Vec<String>,
    count: usize,
    flaws: Vec<String>,
    flawed: usize,
}

impl LeftOut {
    fn because(&mut self, name: &str, why: &str) {
        self.count += 1;
        if self.named.len() < MAX_NAMED {
            let (name, why) = (short(name, MAX_SHOWN_NAME), short(why, MAX_SHOWN));
            self.named.push(format!("`{name}`: {why}"));
        }
    }

    /// A tool that is used in spite of what is wrong with it, or all of them where it has no name.
    fn flawed(&mut self, name: Option<&str>, flaws: &[String]) {
        if flaws.is_empty() {
            return;
        }
        self.flawed += 1;
        if self.flaws.len() < MAX_NAMED {
            let flaws = flaws.join("; ");
            let flaws = short(&flaws, MAX_SHOWN);
            self.flaws.push(match name {
                Some(name) => format!("tool `{}`: {flaws}", short(name, MAX_SHOWN_NAME)),
                None => flaws.into_owned(),
            });
        }
    }

    fn warn(&self, server: &str) {
        for flaw in &self.flaws {
            tracing::warn!(server, "list of tools is not as MCP has it: {flaw}");
        }
        let more = self.flawed - self.flaws.len();
        if more > 0 {
            tracing::warn!(server, more, "more tools are not as MCP has them");
        }
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
        Ok(ServerResult::ListToolsResult(mut page)) => {
            let flaws = page.meta.as_mut().map(|meta| flaws::taken(&mut meta.0));
            left_out.flawed(None, &flaws.unwrap_or_default());
            for tool in &page.tools {
                let flaws: Vec<String> = argument_flaws(&tool.input_schema).collect();
                left_out.flawed(Some(&tool.name), &flaws);
            }
            return Ok(Some(Page {
                tools: page.tools,
                next_cursor: page.next_cursor.filter(|cursor| !cursor.is_empty()),
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
        Ok(_) => Failure::Protocol("its answer to `tools/list` has no list of tools".to_owned()),
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
        // Many servers want a login only from here on.
        Err(ServiceError::TransportSend(error)) if error.error.is::<HttpSendError>() => {
            Failure::Send(error.error)
        }
        Err(_) => Failure::Closed,
    };
    Err(Refused::Otherwise(failure))
}

/// A list that lasts no time at all is not asked for again before every call.
fn lasts(milliseconds: u64) -> Option<Duration> {
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

/// A page in which something is not what MCP has: each tool that can be read.
fn readable(CustomResult(mut page): CustomResult, left_out: &mut LeftOut) -> Result<Page, Failure> {
    if let Some(Value::Object(meta)) = page.get_mut("_meta") {
        left_out.flawed(None, &flaws::taken(meta));
    }
    let listed = match page.get_mut("tools").map(Value::take) {
        Some(Value::Array(listed)) => listed,
        // Each under its name.
        Some(Value::Object(listed)) => {
            left_out.flawed(None, &["`tools` is an object, not a list".to_owned()]);
            listed.into_iter().map(named).collect()
        }
        // Go writes an empty list so.
        Some(Value::Null) => {
            left_out.flawed(None, &["`tools` is null: the list is empty".to_owned()]);
            Vec::new()
        }
        Some(other) => {
            return Err(Failure::Protocol(format!(
                "`tools` in its answer to `tools/list` is {}, not a list",
                kind(&other)
            )));
        }
        None => {
            return Err(Failure::Protocol(
                "its answer to `tools/list` has no `tools`".to_owned(),
            ));
        }
    };
    let mut tools = Vec::with_capacity(listed.len());
    for (place, tool) in listed.into_iter().enumerate() {
        let name = match tool.get(NAME) {
            Some(Value::String(name)) if !name.is_empty() => name.clone(),
            _ => format!("#{place}"),
        };
        let read = entry(tool).and_then(|read| {
            left_out.flawed(Some(&name), &read.flaws);
            serde_json::from_value(Value::Object(read.tool)).map_err(|error| error.to_string())
        });
        match read {
            Ok(tool) => tools.push(compact(tool)),
            Err(why) => left_out.because(&name, &why),
        }
    }
    let next_cursor = match page.get_mut("nextCursor").map(Value::take) {
        Some(Value::String(cursor)) => Some(cursor).filter(|cursor| !cursor.is_empty()),
        None | Some(Value::Null) => None,
        Some(other) => {
            let found = kind(&other);
            let flaw = format!("`nextCursor` is {found}, not a text: more pages are not asked for");
            left_out.flawed(None, &[flaw]);
            None
        }
    };
    let lasts = page.get("ttlMs").and_then(Value::as_u64).and_then(lasts);
    Ok(Page {
        tools,
        next_cursor,
        lasts,
    })
}

/// An entry of an object of tools, with its key as its name where it has none.
fn named((key, mut tool): (String, Value)) -> Value {
    if let Value::Object(members) = &mut tool
        && !members.contains_key(NAME)
    {
        members.insert(NAME.to_owned(), Value::String(key));
    }
    tool
}
