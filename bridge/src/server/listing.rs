//! Lists the tools of a server, page by page, within bounds.
//! One tool that cannot be read is left out with a warning; the others come through.

use std::borrow::Cow;
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
use super::left_out::{LeftOut, MAX_SHOWN};
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
    for number in 1..=MAX_PAGES {
        let page = match page(client, cursor.take(), room, &mut left_out).await {
            Ok(Some(page)) => page,
            Ok(None) if number == 1 => return Ok(lasts),
            Ok(None) => return Ok(without_the_rest(server, number, NO_LIST, (left_out, lasts))),
            // The pages before it are as good as they were.
            Err(Refused::ByServer(words)) if number > 1 => {
                return Ok(without_the_rest(server, number, &words, (left_out, lasts)));
            }
            Err(refused) => return Err(refused.explain(bounds)),
        };
        lasts = lasts.into_iter().chain(page.lasts).min();
        for tool in page.tools {
            // Its name stands in `names` and in two indexes as well.
            let takes = kept_tool(&tool).saturating_add(3 * tool.name.len());
            room = room
                .checked_sub(takes)
                .ok_or_else(|| Refused::Full.explain(bounds))?;
            if let Some((name, why)) = unusable_name(&tool.name, page.is_mended, secrets) {
                left_out.because(&name, &why);
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

/// The name as it may be shown, and why no call can have it.
fn unusable_name<'n>(
    name: &'n str,
    is_mended: bool,
    secrets: &Secrets,
) -> Option<(Cow<'n, str>, Cow<'static, str>)> {
    if let Some(why) = name_fault(name) {
        return Some((name.into(), why.into()));
    }
    if is_mended && name.contains(char::REPLACEMENT_CHARACTER) {
        let why = "its name is not Unicode, and no call can name it";
        return Some((name.into(), why.into()));
    }
    let why = "its name has a secret of the server in it";
    let is_secret = secrets.occur_in_definition(name);
    is_secret.then(|| (secrets.hide(name), why.into()))
}

const NO_LIST: &str = "the server has no such method";

/// Says that later pages are missing. Returns how long the list holds.
fn without_the_rest(
    server: &str,
    number: usize,
    why: &str,
    (left_out, lasts): (LeftOut, Option<Duration>),
) -> Option<Duration> {
    let why = short(why, MAX_SHOWN);
    tracing::warn!(
        server,
        "page {number} of its tools is refused, and those of the pages before it are used: {why}"
    );
    left_out.warn(server);
    lasts
}

/// Why there is no page.
enum Refused {
    /// The server says so.
    ByServer(String),
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
            Self::ByServer(words) => Failure::Protocol(format!("it refused `tools/list`: {words}")),
            Self::Otherwise(failure) => failure,
        }
    }
}

struct Page {
    tools: Vec<Tool>,
    /// Text of it was not Unicode.
    is_mended: bool,
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
            let is_mended = left_out.page(flaws.unwrap_or_default(), &page.tools);
            for tool in &page.tools {
                let flaws: Vec<String> = argument_flaws(&tool.input_schema).collect();
                left_out.flawed(Some(&tool.name), &flaws);
            }
            return Ok(Some(Page {
                tools: page.tools,
                is_mended,
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
            _ => return Err(Refused::ByServer(words(&error))),
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
    let flaws = match page.get_mut("_meta") {
        Some(Value::Object(meta)) => flaws::taken(meta),
        _ => Vec::new(),
    };
    let listed = match &mut page {
        Value::Object(members) => members.get_mut("tools").map(Value::take),
        Value::Array(_) => {
            let flaw = "it is a list, not an object with `tools`".to_owned();
            left_out.flawed(None, &[flaw]);
            Some(page.take())
        }
        other => {
            return Err(Failure::Protocol(format!(
                "its answer to `tools/list` is {}, not an object with `tools`",
                kind(other)
            )));
        }
    };
    let listed = match listed {
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
    let is_mended = left_out.page(flaws, &tools);
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
        is_mended,
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
