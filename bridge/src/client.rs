//! One server as the rest of the program uses it. Every call goes through here, in this order: pins,
//! response cache, identical calls in flight, rate limits, the connection. Each is a file of its own; this one
//! only says when.

use mcp_codegen::near::nearest;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use rmcp::model::Tool;
use tokio::time::{Instant, timeout_at};

mod accepted;
mod pinned;
mod session;

use crate::arguments::Arguments;
use crate::config::{CachePolicy, ServerConfig};
use crate::error::{CallError, ConnectError, Silence};
use crate::in_flight::InFlight;
use crate::pins::{Drift, Lock};
use crate::principal::Principal;
use crate::rate_limiter::RateLimiter;
use crate::response_cache::ResponseCacheDir;
use crate::server::Server;
use crate::tool::{self, is_read_only};
use crate::tool_result::CallToolResult;
use pinned::Pinned;
use session::Sessions;

/// Arguments that are text and longer than this are neither cached nor shared.
const LONGEST_KEYED: usize = 64 << 10;

/// A connected server with everything that the configuration says about its calls.
pub struct Client {
    inner: Arc<Inner>,
    pinned: Pinned,
    routes: HashMap<String, Route>,
}

/// How a client connects: its pins, and where it caches responses.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct ConnectOptions<'a> {
    /// The pins of the configuration.
    pub lock: Option<&'a Lock>,
    /// Where responses are cached for the next process. Without it they are cached in memory only.
    pub cache_dir: Option<&'a ResponseCacheDir>,
}

impl<'a> ConnectOptions<'a> {
    /// Enforces these pins, and caches responses in that directory.
    #[must_use]
    pub fn new(lock: &'a Lock, cache_dir: Option<&'a ResponseCacheDir>) -> Self {
        Self {
            lock: Some(lock),
            cache_dir,
        }
    }
}

/// An answer, and where it came from.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The result of the tool, `isError` included. Boxed, because it is large and moved often.
    pub result: Box<CallToolResult>,
    /// Where it came from.
    pub source: Source,
}

/// An answer of a server.
impl From<CallToolResult> for Answer {
    fn from(result: CallToolResult) -> Self {
        Self {
            result: Box::new(result),
            source: Source::Server,
        }
    }
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The server.
    Server,
    /// The server, after a cache miss.
    ServerAfterMiss,
    /// The server, in one call shared with another caller.
    Shared,
    /// The response cache.
    Cache,
}

struct Inner {
    server: Server,
    limiter: Option<RateLimiter>,
    sessions: Sessions,
    in_flight: Arc<InFlight>,
    timeout: Duration,
    timeout_key: &'static str,
}

/// The route of the calls of one tool.
struct Route {
    /// Whether its responses are cached.
    cached: bool,
    /// Whether identical calls in flight share one answer.
    shared: bool,
    /// Where the tool is in `Client::tools`.
    tool: usize,
}

impl Client {
    /// Connects the server and lists its tools. Those of a pinned server that changed or are new are
    /// left out.
    ///
    /// # Errors
    ///
    /// As for [`Server::connect`].
    pub async fn connect(
        config: &ServerConfig,
        options: ConnectOptions<'_>,
    ) -> Result<Self, ConnectError> {
        let server = Server::connect(config).await?;
        let pins = options
            .lock
            .map(|lock| lock.of_server(&config.name))
            .unwrap_or_default();
        let pinned = Pinned::new(pins, server.tools());
        let tools = pinned.known(server.tools());
        let routes = tools
            .iter()
            .enumerate()
            .map(|(position, tool)| {
                let route = Route {
                    cached: is_cached(config.cache.as_ref(), tool),
                    shared: is_read_only(tool),
                    tool: position,
                };
                (tool.name.to_string(), route)
            })
            .collect();
        let sessions = Sessions::new(
            &server.principal(),
            config.cache.as_ref(),
            options.cache_dir,
            tools.len(),
        );
        let limiter = RateLimiter::new(&config.name, &config.limits, tools);
        let inner = Inner {
            limiter,
            server,
            sessions,
            in_flight: Arc::default(),
            timeout: config.tool_timeout,
            timeout_key: config.timeout_keys.tool,
        };
        Ok(Self {
            inner: Arc::new(inner),
            pinned,
            routes,
        })
    }

    /// The server's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.server.name()
    }

    /// The revision of MCP that was agreed on, such as `2025-11-25`.
    #[must_use]
    pub fn protocol(&self) -> &str {
        self.inner.server.protocol()
    }

    /// The tools that may be called, each name once, in the server's own order. Compares every tool with its pin:
    /// [`Self::tool`] compares one.
    #[must_use]
    pub fn tools(&self) -> &[Tool] {
        self.pinned.accepted(self.listed())
    }

    /// The tool of this name, if it may be called.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        let at = self.routes.get(name)?.tool;
        match self.refusal(at) {
            Some(_) => None,
            None => self.known().get(at),
        }
    }

    /// The tools of which the pins know the names, in the server's own order: those that may be called, and those that
    /// changed. Compares none with its pin.
    #[must_use]
    pub fn known(&self) -> &[Tool] {
        self.pinned.known(self.listed())
    }

    /// Why the tool of this name may not be called: it changed or is new since its server was pinned.
    #[must_use]
    pub fn drift(&self, name: &str) -> Option<&Drift> {
        match self.routes.get(name) {
            Some(route) => self.refusal(route.tool),
            // New, or not there at all.
            None if self.listed().iter().any(|tool| tool.name == name) => {
                self.drifts().iter().find(|drift| drift.tool == name)
            }
            None => None,
        }
    }

    /// All tools that the server listed, those that may not be called included.
    #[must_use]
    pub fn listed(&self) -> &[Tool] {
        self.inner.server.tools()
    }

    /// What differs from the pins of the server. Compares every tool with its pin.
    #[must_use]
    pub fn drifts(&self) -> &[Drift] {
        let place = |tool: &Tool| self.routes.get(&*tool.name).map(|route| route.tool);
        self.pinned.drifts(self.listed(), place)
    }

    /// Why the known tool at this position may not be called.
    fn refusal(&self, at: usize) -> Option<&Drift> {
        self.pinned.refusal(at, self.listed())
    }

    /// Logs warnings: tools that are not pinned, and unknown tools in `limits` or `cache` of the configuration.
    pub fn warn(&self, config: &ServerConfig) {
        let server = self.name();
        let listed = self.listed().iter().map(|tool| tool.name.as_ref());
        let new: Vec<&str> = listed.filter(|name| !self.pinned.knows(name)).collect();
        if !new.is_empty() {
            tracing::warn!(
                server,
                tools = ?new,
                "tools refused, because they are new since the server was pinned: \
                 `mcp-host server diff {server}` shows them"
            );
        }
        for name in config.unknown_tools(self.listed()) {
            let near = nearest(name, self.listed().iter().map(|tool| tool.name.as_ref()));
            tracing::warn!(
                server,
                tool = name,
                near,
                "`limits` or `cache` names a tool that the server does not have"
            );
        }
    }

    /// Calls one tool and waits for its answer.
    ///
    /// Dropping the future cancels the call, unless another caller waits for the same answer.
    ///
    /// # Errors
    ///
    /// [`CallError`], no later than [`ServerConfig::tool_timeout`], the wait for a turn included.
    pub async fn call(
        &self,
        tool: &str,
        arguments: impl Into<Arguments>,
    ) -> Result<Answer, CallError> {
        let arguments = arguments.into();
        let Some(route) = self.routes.get(tool) else {
            return Err(self.no_tool(tool));
        };
        if let Some(drift) = self.refusal(route.tool) {
            return Err(CallError::Refused(drift.refusal(self.name())));
        }
        if !route.cached && !route.shared {
            return self.inner.answer(tool, arguments).await;
        }
        let session = self.inner.sessions.of(&self.inner.server.principal());
        // The key is made of a tree. Where that would be large, the call is worth neither caching nor sharing.
        let key = {
            let object = arguments.object(LONGEST_KEYED);
            let definition = self.known().get(route.tool);
            object
                .zip(definition)
                .and_then(|(object, definition)| session.key(route.tool, definition, &object))
        };
        let Some(key) = key else {
            return self.inner.answer(tool, arguments).await;
        };
        if route.cached
            && let Some(hit) = session.get(&key).await
        {
            return Ok(Answer {
                result: Box::new(Arc::unwrap_or_clone(hit)),
                source: Source::Cache,
            });
        }
        let cached = route.cached;
        let start = || {
            let (inner, tool) = (Arc::clone(&self.inner), tool.to_owned());
            let call = async move {
                let (answer, by) = inner.send(&tool, arguments).await?;
                let answer = Arc::new(answer);
                if cached {
                    session.put(&key, &answer, &by).await;
                }
                Ok(answer)
            };
            call.boxed()
        };
        let (answer, joined) = if route.shared {
            let (call, joined) = self.inner.in_flight.join(key, start);
            (call.await, joined)
        } else {
            (start().await, false)
        };
        Ok(Answer {
            result: Box::new(Arc::unwrap_or_clone(answer?)),
            source: match (joined, cached) {
                (true, _) => Source::Shared,
                (false, true) => Source::ServerAfterMiss,
                (false, false) => Source::Server,
            },
        })
    }

    /// Ends the connection. When this returns, no process of it is left, unless a call is still awaited.
    pub async fn close(self) {
        if let Some(inner) = Arc::into_inner(self.inner) {
            inner.server.close().await;
        }
    }

    fn no_tool(&self, tool: &str) -> CallError {
        let server = self.name();
        if let Some(drift) = self.drifts().iter().find(|drift| drift.tool == tool) {
            return CallError::Refused(drift.refusal(server));
        }
        CallError::NotFound(tool::not_found(server, tool, self.tools()))
    }
}

impl Inner {
    async fn answer(&self, tool: &str, arguments: Arguments) -> Result<Answer, CallError> {
        let sent = self.send(tool, arguments).await;
        sent.map(|(answer, _)| Answer::from(answer))
    }

    /// The server's answer, and what the connection was opened with that it came on.
    async fn send(
        &self,
        tool: &str,
        arguments: Arguments,
    ) -> Result<(CallToolResult, Principal), CallError> {
        let Some(limiter) = &self.limiter else {
            return self.server.answer(tool, arguments).await;
        };
        let deadline = Instant::now() + self.timeout;
        let permit = limiter.acquire(tool, deadline).await?;
        let call = self.server.answer(tool, arguments);
        if !permit.waited {
            return call.await;
        }
        // The wait for a turn is part of the time that the call has.
        timeout_at(deadline, call)
            .await
            .unwrap_or(Err(CallError::TimedOut(Silence::by(
                self.timeout_key,
                self.timeout,
            ))))
    }
}

fn is_cached(policy: Option<&CachePolicy>, tool: &Tool) -> bool {
    match policy.map(|policy| &policy.tools) {
        None => false,
        Some(None) => is_read_only(tool),
        Some(Some(named)) => named.iter().any(|name| *name == tool.name),
    }
}
