//! A server: a connection to it, and a new one when that is gone.
//! Never repeats a call that may have had an effect, and never interprets an answer.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rmcp::model::Tool;
use tokio::time::timeout_at;

mod call_error;
mod circuit;
mod connection;
mod exchange;
mod failure;
mod health;
mod http;
mod left_out;
mod listing;
mod not_started;
mod open;
mod replaced;
mod request;
mod stdio;
mod tidy;
mod watch;

use crate::arguments::Arguments;
use crate::config::{ServerConfig, Transport};
use crate::error::{CallError, ConnectError, Silence, with_causes};
use crate::noise::{Noise, StrayLines};
use crate::principal::Principal;
use crate::tool;
use crate::tool_result::CallToolResult;
use connection::Connection;
use health::Health;
use listing::Listing;

/// The shortest time between two looks at the list of tools of one connection.
const RELIST_AFTER: Duration = Duration::from_secs(1);

/// One server. Share it in an `Arc`: any number of calls may be in flight, and an answer finds its
/// caller by the request's id.
///
/// A server that is gone is started again by the next call. After three failures in a row calls fail
/// at once for a while, and then one of them tries again.
///
/// Dropping it kills the server's process and what that has started at once; [`Server::close`] lets it end by itself
/// first. On Linux, in a program that has called [`supervise_servers`](crate::supervise_servers), that is everything
/// that descends from the server, however it has detached itself. Without that call and on other systems it is its
/// process group: a process that leaves the group (`setsid`) survives.
pub struct Server {
    config: ServerConfig,
    protocol: String,
    tools: Vec<Tool>,
    /// Where each tool is in `tools`.
    index: HashMap<String, usize>,
    /// Held while a new connection is made, so that there is only one of them.
    current: tokio::sync::Mutex<Current>,
    /// What the connection in use was opened with. Beside `current`, which may be held for long.
    principal: Mutex<Principal>,
    health: Health,
    /// What it sends that is no message.
    noise: Noise,
}

/// The connection in use.
struct Current {
    connection: Arc<Connection>,
    /// Tools that are not what was listed first.
    changed: Arc<[String]>,
    listed: Instant,
    /// When the server wants to be asked again.
    lasts: Option<Duration>,
}

impl Current {
    /// Whether the list of tools may be another one by now. Asked at most once a second, however
    /// often the server says so.
    fn is_stale(&self) -> bool {
        let age = self.listed.elapsed();
        age >= RELIST_AFTER
            && (self.lasts.is_some_and(|lasts| age >= lasts)
                || self.connection.client().service().take_tools_changed())
    }
}

impl Server {
    /// Starts or reaches the server, opens the connection and lists all its tools.
    ///
    /// A child gets an environment with `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `TERM`,
    /// `LANG` and `TMPDIR` of the host, and what `env` of its configuration names; nothing else.
    /// Must be called within a tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], at once where the process exits, and no later than
    /// [`ServerConfig::startup_timeout`]. No process is left then.
    pub async fn connect(config: &ServerConfig) -> Result<Self, ConnectError> {
        if config.disabled {
            return Err(ConnectError::Disabled {
                server: config.name.clone(),
                keys: config.disabling_keys(),
            });
        }
        if let Some(reading) = config.doubtful_timeout() {
            tracing::warn!(server = config.name, key = "timeout", "{reading}");
        }
        let noise = match config.transport {
            Transport::Http { .. } => Noise::in_answers(),
            Transport::Stdio { .. } => Noise::on_stdout(),
        };
        let (connection, Listing { tools, lasts }) = open::open(config, &noise).await?;
        let mut index = HashMap::with_capacity(tools.len());
        for (position, tool) in tools.iter().enumerate() {
            index.entry(tool.name.to_string()).or_insert(position);
        }
        Ok(Self {
            config: config.clone(),
            protocol: connection.protocol(),
            principal: Mutex::new(connection.principal().clone()),
            tools,
            index,
            current: tokio::sync::Mutex::new(Current {
                connection: Arc::new(connection),
                changed: Arc::new([]),
                listed: Instant::now(),
                lasts,
            }),
            health: Health::default(),
            noise,
        })
    }

    /// The server's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// The revision of MCP that was agreed on, such as `2025-11-25`.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// The tools that the server listed when it was connected, each name once, in its own order.
    #[must_use]
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// The tool of this name.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.index
            .get(name)
            .and_then(|position| self.tools.get(*position))
    }

    /// Calls one tool and waits for its answer. A result with `isError` is an answer like any
    /// other.
    ///
    /// Dropping the future cancels the call at the server; so does the deadline. A call of a tool that says it only
    /// reads (`readOnlyHint`) is made once more on a new connection if the server is gone; no other call is ever
    /// repeated.
    ///
    /// # Errors
    ///
    /// [`CallError`], no later than [`ServerConfig::tool_timeout`]; where the server dies, or has
    /// failed too often, at once.
    pub async fn call(
        &self,
        tool: &str,
        arguments: impl Into<Arguments>,
    ) -> Result<CallToolResult, CallError> {
        let answered = self.answer(tool, arguments.into()).await;
        answered.map(|(answer, _)| answer)
    }

    /// The same, with what the connection was opened with that the answer came on.
    pub(crate) async fn answer(
        &self,
        tool: &str,
        mut arguments: Arguments,
    ) -> Result<(CallToolResult, Principal), CallError> {
        let Some(definition) = self.tool(tool) else {
            let message = tool::not_found(self.name(), tool, &self.tools);
            return Err(CallError::NotFound(message));
        };
        if let Transport::Http { .. } = self.config.transport {
            arguments = arguments.for_headers(definition)?;
        }
        let attempt = self.health.attempt(self.name())?;
        let deadline = tokio::time::Instant::now() + self.config.tool_timeout;
        let late = || {
            let key = self.config.timeout_keys.tool;
            Err(CallError::TimedOut(Silence::by(
                key,
                self.config.tool_timeout,
            )))
        };
        let heard = self.noise.count();
        let again = tool::is_read_only(definition).then(|| arguments.clone());
        let mut answer = timeout_at(deadline, self.call_once(tool, arguments))
            .await
            .unwrap_or_else(|_| late());
        if let (Err(CallError::Unavailable(_)), Some(arguments)) = (&answer, again) {
            tracing::debug!(
                server = self.name(),
                tool,
                "retrying a read-only call, once"
            );
            answer = timeout_at(deadline, self.call_once(tool, arguments))
                .await
                .unwrap_or_else(|_| late());
        }
        attempt.end(&answer);
        answer.map_err(|error| error.after(self.stray_lines(heard)))
    }

    /// What came after so many lines of noise.
    fn stray_lines(&self, heard: u64) -> StrayLines {
        self.noise.since(heard, &self.principal().secrets)
    }

    /// Ends the connection: closes the server's stdin, waits a moment, then ends the server and what it has started by
    /// force. When this returns, none of these processes is left (see [`Server`] for which they are).
    ///
    /// A call in flight keeps the connection open until it has ended; it is killed with it then.
    pub async fn close(self) {
        let current = self.current.into_inner();
        if let Some(connection) = Arc::into_inner(current.connection) {
            connection.close().await;
        }
    }

    /// What the connection in use was opened with.
    pub(crate) fn principal(&self) -> Principal {
        let principal = self.principal.lock();
        principal.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn call_once(
        &self,
        tool: &str,
        arguments: Arguments,
    ) -> Result<(CallToolResult, Principal), CallError> {
        let (connection, changed) = self.connection().await?;
        if changed.iter().any(|changed| changed == tool) {
            return Err(CallError::Protocol(format!(
                "tool `{tool}` of server `{}` changed since the client connected: \
                 connect again to use it as it is now",
                self.name()
            )));
        }
        let principal = connection.principal();
        let heard = self.noise.count();
        let error = match exchange::call(&connection, tool, arguments).await {
            Ok(result) => return Ok((self.tidied(tool, result), principal.clone())),
            Err(exchange::Failure::Unusable(message)) => CallError::Protocol(message),
            Err(exchange::Failure::Service(error)) => {
                self.call_error(&connection, tool, error, heard).await
            }
        };
        Err(error.without(&principal.secrets))
    }

    fn tidied(&self, tool: &str, result: CallToolResult) -> CallToolResult {
        let listed = self
            .index
            .get(tool)
            .and_then(|place| self.tools.get(*place));
        tidy::tidied(self.name(), tool, listed, result)
    }

    /// The connection in use, or a new one if that is gone.
    async fn connection(&self) -> Result<(Arc<Connection>, Arc<[String]>), CallError> {
        let mut current = self.current.lock().await;
        let is_gone = current.connection.is_gone();
        let is_stale = !is_gone && current.is_stale();
        if is_gone || (is_stale && current.connection.is_worn()) {
            tracing::debug!(server = self.name(), "reconnecting to the server");
            *current = self.reopened().await?;
        } else if is_stale {
            current.listed = Instant::now();
            // Compared as they come: the old list is kept, and a new one beside it would be as large.
            let mut same: HashSet<usize> = HashSet::new();
            let show = |tool: Tool| {
                let position = self.index.get(tool.name.as_ref()).copied();
                let is_same = |position: &usize| self.tools.get(*position) == Some(&tool);
                same.extend(position.filter(is_same));
            };
            match current.connection.list(self.name(), show).await {
                Ok(lasts) => {
                    current.changed = self.changed(|position| same.contains(&position)).into();
                    current.lasts = lasts;
                }
                // The call itself will say why; what has changed is still to be seen.
                Err(_) => {
                    let changed = current.connection.client().service().tools_changed();
                    changed.store(true, Ordering::Relaxed);
                }
            }
        }
        Ok((
            Arc::clone(&current.connection),
            Arc::clone(&current.changed),
        ))
    }

    async fn reopened(&self) -> Result<Current, CallError> {
        let (connection, listing) = open::open(&self.config, &self.noise)
            .await
            .map_err(|error| match &error {
                // The login that the connection had may be over.
                ConnectError::Http { fault, .. } if fault.wants_login() => {
                    CallError::LoginRequired(with_causes(&error))
                }
                _ => CallError::Unavailable(with_causes(&error)),
            })
            .map_err(|error| error.without(&self.principal().secrets))?;
        let principal = connection.principal().clone();
        *self
            .principal
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = principal;
        let now: HashMap<&str, &Tool> = listing
            .tools
            .iter()
            .map(|tool| (tool.name.as_ref(), tool))
            .collect();
        let is_same = |position: usize| {
            self.tools
                .get(position)
                .is_some_and(|tool| now.get(tool.name.as_ref()) == Some(&tool))
        };
        Ok(Current {
            changed: self.changed(is_same).into(),
            connection: Arc::new(connection),
            listed: Instant::now(),
            lasts: listing.lasts,
        })
    }

    /// The tools that are gone or different in a later list.
    fn changed(&self, is_same: impl Fn(usize) -> bool) -> Vec<String> {
        self.tools
            .iter()
            .enumerate()
            .filter(|(position, _)| !is_same(*position))
            .map(|(_, tool)| tool.name.to_string())
            .collect()
    }
}
