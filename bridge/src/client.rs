//! One server as the rest of the program uses it. Every call goes through here, in this order: pins,
//! response cache, identical calls in flight, rate limits, the connection. Each is a file of its own; this one
//! only says when.

use std::collections::HashMap;
use std::env;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use rmcp::model::{CallToolResult, Tool};
use tokio::time::{Instant, timeout_at};

use crate::JsonObject;
use crate::arguments::Arguments;
use crate::config::{CachePolicy, ServerConfig};
use crate::error::{CallError, ConnectError};
use crate::in_flight::InFlight;
use crate::nearest::nearest;
use crate::pins::{Drift, DriftKind, Lock};
use crate::rate_limiter::RateLimiter;
use crate::response_cache::{Identity, Key, KeyStart, ResponseCache, ResponseCacheDir};
use crate::secret::Secrets;
use crate::server::Server;

/// Arguments that are text and longer than this are neither cached nor shared.
const LONGEST_KEYED: usize = 64 << 10;

/// A connected server with everything that the configuration says about its calls.
pub struct Client {
    inner: Arc<Inner>,
    /// Those that may be called, where pins leave others out; else they are all that the server lists, and not kept twice.
    pinned: Option<Vec<Tool>>,
    /// How the calls of each of them go; `None` for straight to the server.
    routes: HashMap<String, Option<Route>>,
    drifts: Vec<Drift>,
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
    /// What the tool said; `isError` is an answer like any other. In a box, because it is large and passed on often.
    pub result: Box<CallToolResult>,
    /// Who answered.
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
    /// The server, which was answering the same question for another caller.
    Shared,
    /// The response cache.
    Cache,
}

struct Inner {
    server: Server,
    limiter: Option<RateLimiter>,
    cache: Option<ResponseCache>,
    in_flight: Arc<InFlight>,
    timeout: Duration,
    identity: Identity,
    secrets: Secrets,
}

/// How the calls of one tool go.
struct Route {
    /// Whether its responses are cached.
    cached: bool,
    /// Whether identical calls under way are one.
    shared: bool,
    /// Where the tool is in `Client::tools`.
    tool: usize,
    /// Made with the first call: most tools that a server has are never called.
    start: OnceLock<KeyStart>,
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
        if config.disabled {
            return Err(ConnectError::Disabled {
                server: config.name.clone(),
            });
        }
        // In this order: the server starts meanwhile.
        let (server, identified) =
            tokio::join!(biased; Server::connect(config), async { identify(config) });
        let (identity, secrets) = identified?;
        let server = server.map_err(|error| error.without(&secrets))?;
        let drifts = options
            .lock
            .map(|lock| lock.drifts(&config.name, server.tools()))
            .unwrap_or_default();
        let refused = |name: &str| {
            drifts
                .iter()
                .any(|drift| drift.tool == name && drift.kind != DriftKind::Gone)
        };
        let leaves_out = drifts.iter().any(|drift| drift.kind != DriftKind::Gone);
        let pinned: Option<Vec<Tool>> = leaves_out.then(|| {
            let listed = server.tools().iter();
            listed
                .filter(|tool| !refused(&tool.name))
                .cloned()
                .collect()
        });
        let tools = pinned.as_deref().unwrap_or_else(|| server.tools());
        let routes = tools
            .iter()
            .enumerate()
            .map(|(position, tool)| {
                let shared = is_read_only(tool);
                let cached = is_cached(config.cache.as_ref(), tool);
                let route = (shared || cached).then(|| Route {
                    cached,
                    shared,
                    tool: position,
                    start: OnceLock::new(),
                });
                (tool.name.to_string(), route)
            })
            .collect();
        let cache = config.cache.as_ref().map(|policy| {
            ResponseCache::new(policy, &identity, options.cache_dir, secrets.clone())
        });
        let limiter = RateLimiter::new(&config.name, &config.limits, tools);
        let inner = Inner {
            limiter,
            server,
            cache,
            in_flight: Arc::default(),
            timeout: config.tool_timeout,
            identity,
            secrets,
        };
        Ok(Self {
            inner: Arc::new(inner),
            pinned,
            routes,
            drifts,
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

    /// The tools that may be called, each name once, in the server's own order.
    #[must_use]
    pub fn tools(&self) -> &[Tool] {
        let listed = || self.inner.server.tools();
        self.pinned.as_deref().unwrap_or_else(listed)
    }

    /// The tool of this name, if it may be called.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools().iter().find(|tool| tool.name == name)
    }

    /// All tools that the server listed, those that may not be called included.
    #[must_use]
    pub fn listed(&self) -> &[Tool] {
        self.inner.server.tools()
    }

    /// What differs from the pins of the server.
    #[must_use]
    pub fn drifts(&self) -> &[Drift] {
        &self.drifts
    }

    /// Says in the log what the pins keep out, and what `limits` and `cache` of its configuration name in
    /// vain.
    pub fn warn(&self, config: &ServerConfig) {
        let server = self.name();
        let refused: Vec<&str> = self
            .drifts
            .iter()
            .filter(|drift| drift.kind != DriftKind::Gone)
            .map(|drift| drift.tool.as_str())
            .collect();
        if !refused.is_empty() {
            tracing::warn!(
                server,
                tools = ?refused,
                "left out, because they changed or are new since the server was pinned: \
                 `mcp-host server diff {server}` shows it"
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
    /// Dropping the future gives the call up, unless another caller waits for the same answer.
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
        let Some(route) = route else {
            return self.inner.send(tool, arguments).await.map(Answer::from);
        };
        // The key is made of a tree. Where that would be large, the call is worth neither caching nor sharing.
        let key = {
            let object = arguments.object(LONGEST_KEYED);
            object.map(|object| self.key(route, &object))
        };
        let Some(key) = key else {
            return self.inner.send(tool, arguments).await.map(Answer::from);
        };
        let Some(key) = key else {
            return Err(self.no_tool(tool));
        };
        let cache = self.inner.cache.as_ref().filter(|_| route.cached);
        if let Some(cache) = cache
            && let Some(hit) = cache.get(&key).await
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
                let answer = Arc::new(inner.send(&tool, arguments).await?);
                if let Some(cache) = inner.cache.as_ref().filter(|_| cached) {
                    cache.put(&key, &answer).await;
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

    fn key(&self, route: &Route, arguments: &JsonObject) -> Option<Key> {
        let tool = self.tools().get(route.tool)?;
        let start = || KeyStart::new(&self.inner.identity, tool);
        Some(route.start.get_or_init(start).key(arguments))
    }

    fn no_tool(&self, tool: &str) -> CallError {
        let server = self.name();
        if let Some(drift) = self.drifts.iter().find(|drift| drift.tool == tool) {
            return CallError::Refused(drift.refusal(server));
        }
        let near = nearest(tool, self.tools().iter().map(|tool| tool.name.as_ref()))
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        CallError::NotFound(format!("server `{server}` has no tool `{tool}`{near}"))
    }
}

impl Inner {
    async fn send(&self, tool: &str, arguments: Arguments) -> Result<CallToolResult, CallError> {
        let answer = match &self.limiter {
            None => self.server.call(tool, arguments).await,
            Some(limiter) => self.send_limited(limiter, tool, arguments).await,
        };
        answer.map_err(|error| error.without(&self.secrets))
    }

    async fn send_limited(
        &self,
        limiter: &RateLimiter,
        tool: &str,
        arguments: Arguments,
    ) -> Result<CallToolResult, CallError> {
        let deadline = Instant::now() + self.timeout;
        let permit = limiter.acquire(tool, deadline).await?;
        let call = self.server.call(tool, arguments);
        if !permit.waited {
            return call.await;
        }
        // The wait for a turn is part of the time that the call has.
        timeout_at(deadline, call)
            .await
            .unwrap_or(Err(CallError::TimedOut(self.timeout)))
    }
}

fn identify(config: &ServerConfig) -> Result<(Identity, Secrets), ConnectError> {
    let variable = |name: &str| env::var(name).ok();
    let name = &config.name;
    if let Some(launch) = config.launch(variable)? {
        let identity = Identity::of_process(name, &launch);
        return Ok((identity, Secrets::of_process(&launch)));
    }
    match config.endpoint(variable)? {
        Some(endpoint) => Ok((
            Identity::of_endpoint(name, &endpoint),
            Secrets::of_endpoint(&endpoint),
        )),
        // A transport is one of the two.
        None => Err(ConnectError::Disabled {
            server: name.clone(),
        }),
    }
}

fn is_read_only(tool: &Tool) -> bool {
    tool.annotations
        .as_ref()
        .is_some_and(|hints| hints.read_only_hint == Some(true))
}

fn is_cached(policy: Option<&CachePolicy>, tool: &Tool) -> bool {
    match policy.map(|policy| &policy.tools) {
        None => false,
        Some(None) => is_read_only(tool),
        Some(Some(named)) => named.iter().any(|name| *name == tool.name),
    }
}
