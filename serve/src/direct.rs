//! Direct mode: the tools of the servers as they are, under names with the server before them. For few tools: each of
//! them takes tokens of every conversation. Policy, pins, limits, cache and rate limits hold as for scripts.

mod call;
mod error;
mod names;
mod observed;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcp_codegen::names::shown;
use mcp_host::Grants;
use mcp_search::estimated_tokens;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorData, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{NotificationContext, Peer, RequestContext};
use rmcp::{RoleServer, ServerHandler};

use crate::answer::grouped;
use crate::door::{Door, no_caller};
use crate::progress::progress;
use crate::servers::Known;
use crate::traced::traced;
use crate::unwritten::Share;
pub use error::DirectError;
use names::passed_name;

/// How long the first list waits for servers whose tools are not known.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a session looks whether its client is gone.
const LOOK: Duration = Duration::from_secs(30);

/// The most tools, unless the user forces more.
const MOST_TOOLS: usize = 40;

/// One session of an agent that gets the tools themselves.
#[derive(Clone)]
pub struct Direct {
    door: Arc<Door>,
    /// Whether the user wants any number of tools.
    is_forced: bool,
    last: Arc<Mutex<Option<Last>>>,
}

/// The list of one moment, until a list of a server or the policy changes.
struct Last {
    generation: u64,
    grants: Arc<Grants>,
    list: Arc<List>,
}

/// One tool that is passed on.
struct Passed {
    server: String,
    /// The tool's own name.
    tool: String,
    /// As clients see it.
    listed: Tool,
    /// It is not as it was pinned: nothing asks the user here, so that its calls fail, and clients do not see it.
    has_drifted: bool,
}

/// One tool that policy keeps back.
struct Denied {
    server: String,
    tool: String,
    /// As clients would see it.
    name: String,
}

/// All of them.
struct List {
    passed: Vec<Passed>,
    /// Tools that policy does not allow.
    denied: Vec<Denied>,
    servers: usize,
    /// Servers whose tools are not known yet.
    unknown: usize,
}

impl Direct {
    /// A session behind this door. Without `is_forced`, more than 40 tools are refused.
    #[must_use]
    pub fn new(door: Arc<Door>, is_forced: bool) -> Self {
        Self {
            door,
            is_forced,
            last: Arc::default(),
        }
    }

    /// What clients would get now, in words: how many tools, and how many tokens their list takes.
    ///
    /// # Errors
    ///
    /// Why they get nothing.
    pub async fn summary(&self) -> Result<String, DirectError> {
        let list = self.list().await?;
        Ok(list.summary())
    }

    /// The tools as they are known: from the live lists, else from those of last time.
    async fn list(&self) -> Result<Arc<List>, DirectError> {
        let door = &self.door;
        door.servers.start_unknown();
        let grants = door.rules().grants;
        let generation = door.servers.generation();
        if let Some(last) = &*self.last()
            && last.generation == generation
            && Arc::ptr_eq(&last.grants, &grants)
        {
            return Ok(Arc::clone(&last.list));
        }
        let mut snapshot = door.known(PATIENCE).await;
        // The first list of all waits for the servers whose tools were never listed.
        if snapshot.servers.iter().any(Known::is_unlisted) {
            let _ = tokio::time::timeout(PATIENCE, door.servers.settled()).await;
            snapshot = door.known(PATIENCE).await;
        }
        let known = &snapshot.servers;
        let mut list = List {
            passed: Vec::new(),
            denied: Vec::new(),
            servers: known.len(),
            unknown: 0,
        };
        for server in known {
            if server.is_unlisted() {
                list.unknown += 1;
            }
            for tool in server.tools.iter() {
                if grants.refusal_of(&server.listed.name, tool).is_some() {
                    list.denied.push(Denied {
                        server: server.listed.name.clone(),
                        tool: tool.name.to_string(),
                        name: passed_name(&server.listed.name, &tool.name),
                    });
                    continue;
                }
                list.passed.push(Passed {
                    server: server.listed.name.clone(),
                    tool: tool.name.to_string(),
                    listed: renamed(&server.listed.name, tool.clone()),
                    has_drifted: server.unaccepted.kind(&tool.name).is_some(),
                });
            }
        }
        let list = Arc::new(list.checked(self.is_forced)?);
        *self.last() = Some(Last {
            generation,
            grants,
            list: Arc::clone(&list),
        });
        Ok(list)
    }

    /// Notifies a client of each other list, until the client is gone.
    async fn announce(&self, peer: &Peer<RoleServer>) {
        let mut changes = self.door.servers.changes();
        let mut before = self.list().await.ok();
        loop {
            // The sender lives as long as the door.
            let _ = tokio::time::timeout(LOOK, changes.changed()).await;
            if peer.is_transport_closed() {
                return;
            }
            let now = self.list().await.ok();
            let is_same = match (&before, &now) {
                (Some(before), Some(now)) => before.lists_as(now),
                (before, now) => before.is_none() == now.is_none(),
            };
            if !is_same && peer.notify_tool_list_changed().await.is_err() {
                return;
            }
            before = now;
        }
    }

    /// This session as the caller of one request has it.
    fn of_request(&self, context: &RequestContext<RoleServer>) -> Result<Self, ErrorData> {
        let door = self.door.of_request(context).ok_or_else(no_caller)?;
        Ok(Self {
            door,
            ..self.clone()
        })
    }

    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tool under the name that clients see. Nothing else of it changes.
fn renamed(server: &str, mut tool: Tool) -> Tool {
    tool.name = passed_name(server, &tool.name).into();
    tool
}

impl List {
    fn checked(self, is_forced: bool) -> Result<Self, DirectError> {
        let mut by_name = std::collections::BTreeMap::new();
        for passed in &self.passed {
            if let Some(first) = by_name.insert(&passed.listed.name, passed) {
                return Err(DirectError::Collision {
                    name: shown(&passed.listed.name),
                    first: first.source(),
                    second: passed.source(),
                });
            }
        }
        let listed = self.listed().count();
        if listed > MOST_TOOLS && !is_forced {
            return Err(DirectError::TooMany {
                tools: listed,
                tokens: grouped(self.tokens()),
            });
        }
        Ok(self)
    }

    /// Those that clients see.
    fn listed(&self) -> impl Iterator<Item = &Passed> {
        self.passed.iter().filter(|passed| !passed.has_drifted)
    }

    /// Whether clients see the same tools.
    fn lists_as(&self, other: &Self) -> bool {
        let (own, others) = (self.listed(), other.listed());
        own.map(|passed| &passed.listed)
            .eq(others.map(|passed| &passed.listed))
    }

    /// What a model reads of them: names, descriptions and schemas.
    fn tokens(&self) -> usize {
        let of = |passed: &Passed| {
            let tool = &passed.listed;
            let schema = serde_json::to_string(&tool.input_schema).unwrap_or_default();
            let description = tool.description.as_deref().unwrap_or_default();
            estimated_tokens(&tool.name) + estimated_tokens(description) + estimated_tokens(&schema)
        };
        self.listed().map(of).sum()
    }

    fn summary(&self) -> String {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let (tools, servers) = (self.listed().count(), self.servers);
        let mut text = format!(
            "{tools} tool{} of {servers} server{}, about {} tokens (estimated)",
            plural(tools),
            plural(servers),
            grouped(self.tokens())
        );
        if !self.denied.is_empty() {
            let _ = write!(text, "; policy leaves out {}", self.denied.len());
        }
        let drifted = self.passed.len() - tools;
        if drifted > 0 {
            let _ = write!(text, "; {drifted} changed since their server was pinned");
        }
        if self.unknown > 0 {
            let of = self.unknown;
            let _ = write!(text, "; {of} server{} without a list yet", plural(of));
        }
        text
    }
}

impl Passed {
    fn source(&self) -> String {
        format!(
            "`{}` of server `{}`",
            shown(&self.tool),
            shown(&self.server)
        )
    }
}

impl ServerHandler for Direct {
    fn get_info(&self) -> ServerConfig {
        let tools = ServerCapabilities::builder().enable_tools();
        ServerConfig::new(tools.enable_tool_list_changed().build())
            .with_server_info(Implementation::new("mcp-host", env!("CARGO_PKG_VERSION")))
            .with_instructions(
                "Tools are named SERVER_TOOL. Policy decides which of them are listed.",
            )
    }

    /// Says from then on when the list changes: a server that is slow to start has its tools later.
    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        let (direct, peer) = (self.clone(), context.peer);
        tokio::spawn(async move { direct.announce(&peer).await });
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let list = self
            .of_request(&context)?
            .list()
            .await
            .map_err(|error| refused(&error))?;
        let tools = list.listed().map(|passed| passed.listed.clone());
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let direct = self.of_request(&context)?;
        let list = direct.list().await.map_err(|error| refused(&error))?;
        let mut passed = list.passed.iter();
        let Some(found) = passed.find(|passed| passed.listed.name == call.name) else {
            if let Some(denied) = list.denied.iter().find(|denied| denied.name == call.name) {
                let asked = direct.door.asked(direct.door.run_id(), None, &context);
                let tool = (&*denied.server, &*denied.tool);
                call::kept_back(&direct.door, &asked, tool).await;
            }
            let name = shown(&call.name);
            let names = list.listed().map(|passed| &*passed.listed.name);
            let near = mcp_codegen::near::nearest(&call.name, names);
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let what = format!("there is no tool `{name}`, or policy does not allow it{near}");
            return Err(ErrorData::invalid_params(what, None));
        };
        let arguments = call.arguments.unwrap_or_default();
        // One value serves all sessions.
        let asked = direct.door.asked(direct.door.run_id(), None, &context);
        let tool = (&*found.server, &*found.tool);
        let share = Share::of(&context);
        let answer = call::answer(&direct.door, &asked, tool, arguments, &share);
        let answer = traced(
            &found.listed.name,
            &context,
            direct.door.on_behalf(),
            answer,
        );
        let works = || "the tool works";
        let result = tokio::select! {
            result = answer => result,
            () = progress(&context, works) => {
                return Err(ErrorData::internal_error("the client is gone", None));
            }
            () = context.ct.cancelled() => {
                return Err(ErrorData::internal_error("the client cancelled the call", None));
            }
        };
        Ok(result.into())
    }
}

fn refused(error: &DirectError) -> ErrorData {
    ErrorData::internal_error(format!("{error}: {}", error.hint()), None)
}

#[cfg(test)]
mod tests;
