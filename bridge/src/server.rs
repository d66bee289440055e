//! One live connection to an MCP server.
//! Never repeats a call, since a call may have had an effect, and never interprets an answer.

use std::collections::HashMap;
use std::env;
use std::io;
use std::pin::pin;
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig,
    ErrorCode, Implementation, JsonObject, ProtocolVersion, Tool,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, ClientServiceExt, RunningService, ServiceError,
};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::time::timeout;

mod listing;

use crate::config::ServerConfig;
use crate::error::{CallError, ConnectError, LastWords, exit_text};
use crate::nearest::nearest;
use crate::process::Process;
use crate::wire::{MAX_MESSAGE, Noise, TOO_LARGE, UNREADABLE, Wire};

/// How long the end of a process and the end of its output may be apart. Whichever comes first,
/// the other is waited for, so that an error can say both what happened and why.
const SETTLE: Duration = Duration::from_millis(60);

type Client = RunningService<RoleClient, ClientConfig>;

/// A connection to one server. Share it in an `Arc`: any number of calls may be in flight, and an
/// answer finds its caller by the request's id.
///
/// Dropping it kills the server's process and every process of its group at once; [`Server::close`]
/// lets it end by itself first. A process that leaves the group by itself (`setsid`) is not found.
pub struct Server {
    name: String,
    tools: Vec<Tool>,
    /// Where each tool is in `tools`.
    index: HashMap<String, usize>,
    tool_timeout: Duration,
    client: Client,
    process: Process,
}

impl Server {
    /// Starts the server, shakes hands and lists all its tools.
    ///
    /// The child gets an environment with `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `TERM`,
    /// `LANG` and `TMPDIR` of the host, and what `env` of its configuration names; nothing else.
    /// Must be called within a tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], at once where the process exits, and no later than
    /// [`ServerConfig::startup_timeout`]. No process is left then.
    pub async fn connect(config: &ServerConfig) -> Result<Self, ConnectError> {
        let server = || config.name.clone();
        if config.disabled {
            return Err(ConnectError::Disabled { server: server() });
        }
        let launch = config
            .launch(|name| env::var(name).ok())?
            .ok_or_else(|| ConnectError::HttpUnsupported { server: server() })?;
        if let Some(directory) = launch.cwd.as_ref().filter(|directory| !directory.is_dir()) {
            return Err(ConnectError::NoDirectory {
                server: server(),
                directory: directory.clone(),
            });
        }
        let (process, stdout, stdin) =
            Process::spawn(&config.name, &launch).map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => ConnectError::CommandNotFound {
                    server: server(),
                    command: launch.command,
                },
                _ => ConnectError::Spawn {
                    server: server(),
                    command: launch.command,
                    source,
                },
            })?;
        let wire = Wire::new(stdout, stdin);
        let noise = wire.noise();
        let started = tokio::select! {
            started = timeout(config.startup_timeout, start(&config.name, wire)) => {
                started.unwrap_or(Err(StartFailure::TimedOut))
            }
            _ = process.ended() => Err(StartFailure::Closed),
        };
        match started {
            Ok((client, tools)) => Ok(Self::new(config, process, client, tools)),
            Err(failure) => Err(explain(config, &process, &noise, failure).await),
        }
    }

    fn new(config: &ServerConfig, process: Process, client: Client, tools: Vec<Tool>) -> Self {
        let mut index = HashMap::with_capacity(tools.len());
        for (position, tool) in tools.iter().enumerate() {
            index.entry(tool.name.to_string()).or_insert(position);
        }
        Self {
            name: config.name.clone(),
            tools,
            index,
            tool_timeout: config.tool_timeout,
            client,
            process,
        }
    }

    /// The server's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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
    /// Dropping the future tells the server that nobody waits for the answer any more; so does the
    /// deadline.
    ///
    /// # Errors
    ///
    /// [`CallError`], no later than [`ServerConfig::tool_timeout`]; where the server dies, at once.
    pub async fn call(
        &self,
        tool: &str,
        arguments: JsonObject,
    ) -> Result<CallToolResult, CallError> {
        if self.tool(tool).is_none() {
            return Err(self.unknown_tool(tool));
        }
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let mut answer = pin!(timeout(
            self.tool_timeout,
            self.client.call_tool_once(params)
        ));
        let answer = tokio::select! {
            biased;
            answer = &mut answer => answer,
            // What the process wrote before it ended may still be on its way to us.
            _ = self.process.ended() => match timeout(SETTLE, answer).await {
                Ok(answer) => answer,
                Err(_) => Ok(Err(ServiceError::TransportClosed)),
            },
        };
        match answer {
            Ok(Ok(CallToolResponse::Complete(result))) => Ok(result),
            Ok(Ok(CallToolResponse::InputRequired(_))) => Err(CallError::Protocol(format!(
                "tool `{tool}` asks for input from a user, and there is none"
            ))),
            Ok(Ok(_)) => Err(CallError::Protocol(format!(
                "tool `{tool}` answered with a task, which this client did not offer to follow"
            ))),
            Ok(Err(error)) => Err(self.call_error(tool, error).await),
            Err(_) => Err(CallError::TimedOut(self.tool_timeout)),
        }
    }

    /// Ends the connection: closes the server's stdin, waits a moment, then ends the whole process
    /// group by force. When this returns, no process of it is left.
    pub async fn close(mut self) {
        // A writer that is stuck in a full pipe would hold this up; the process ends all the same.
        let _ = timeout(SETTLE, self.client.close()).await;
        self.process.stop().await;
    }

    fn unknown_tool(&self, tool: &str) -> CallError {
        let near = nearest(tool, self.tools.iter().map(|tool| tool.name.as_ref()))
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        CallError::NotFound(format!("server `{}` has no tool `{tool}`{near}", self.name))
    }

    async fn call_error(&self, tool: &str, error: ServiceError) -> CallError {
        match error {
            ServiceError::McpError(error) => match error.code {
                TOO_LARGE => CallError::TooLarge(MAX_MESSAGE),
                UNREADABLE => CallError::Protocol(error.message.into_owned()),
                ErrorCode::INVALID_PARAMS => CallError::InvalidArguments(error.message.into()),
                ErrorCode(code) => {
                    CallError::Protocol(format!("{} (JSON-RPC error {code})", error.message))
                }
            },
            ServiceError::UnexpectedResponse => {
                CallError::Protocol(format!("the answer to `{tool}` is not a tool result"))
            }
            // What is left says in several ways that the connection is gone.
            _ => self.unavailable().await,
        }
    }

    async fn unavailable(&self) -> CallError {
        let what = match timeout(SETTLE, self.process.ended()).await {
            Ok(status) => format!("ended with {}", exit_text(status)),
            Err(_) => "closed the connection".to_owned(),
        };
        let last_words = LastWords {
            stderr: self.process.stderr(),
            stdout: None,
        };
        CallError::Unavailable(format!("server `{}` {what}{last_words}", self.name))
    }
}

enum StartFailure {
    TimedOut,
    Closed,
    Protocol(String),
}

async fn start(
    server: &str,
    wire: Wire<ChildStdout, ChildStdin>,
) -> Result<(Client, Vec<Tool>), StartFailure> {
    let client = handshake(wire).await?;
    let tools = listing::all_tools(server, &client).await?;
    Ok((client, tools))
}

/// Nearly every server takes `initialize`, those of revision 2026-07-28 included as long as they
/// serve older clients too, so that comes first; asking for the revision before would cost one
/// more round trip with all of them. One that refuses `initialize` is then asked to `discover`.
async fn handshake(wire: Wire<ChildStdout, ChildStdin>) -> Result<Client, StartFailure> {
    // No capability is declared: nobody is there to answer for sampling, elicitation or roots.
    let mut config = ClientConfig::new(
        ClientCapabilities::default(),
        Implementation::new("mcp-host", env!("CARGO_PKG_VERSION")),
    );
    config.protocol_version = ProtocolVersion::LATEST_WITH_INITIALIZE;
    let initialized = config
        .clone()
        .serve_with_lifecycle(wire.clone(), ClientLifecycleMode::Initialize)
        .await;
    let refused = match initialized {
        Ok(client) => return Ok(client),
        Err(ClientInitializeError::JsonRpcError(refused)) => refused,
        Err(error) => return Err(error.into()),
    };
    let preferred_versions = vec![ProtocolVersion::LATEST];
    let discover = ClientLifecycleMode::Discover { preferred_versions };
    config
        .serve_with_lifecycle(wire, discover)
        .await
        .map_err(|error| match error {
            // The server knows neither, and its answer to the usual one says more.
            ClientInitializeError::JsonRpcError(_) => StartFailure::Protocol(format!(
                "it refused `initialize`: {} (JSON-RPC error {})",
                refused.message, refused.code.0
            )),
            error => error.into(),
        })
}

impl From<ClientInitializeError> for StartFailure {
    fn from(error: ClientInitializeError) -> Self {
        match error {
            ClientInitializeError::ConnectionClosed(_)
            | ClientInitializeError::TransportError { .. } => Self::Closed,
            ClientInitializeError::JsonRpcError(error) => Self::Protocol(format!(
                "{} (JSON-RPC error {})",
                error.message, error.code.0
            )),
            error => Self::Protocol(error.to_string()),
        }
    }
}

async fn explain(
    config: &ServerConfig,
    process: &Process,
    noise: &Noise,
    failure: StartFailure,
) -> ConnectError {
    let server = config.name.clone();
    let ended = match failure {
        StartFailure::Closed => timeout(SETTLE, process.ended()).await.ok(),
        StartFailure::TimedOut | StartFailure::Protocol(_) => None,
    };
    let last_words = LastWords {
        stderr: process.stderr(),
        stdout: noise.get().cloned(),
    };
    match (failure, ended) {
        (StartFailure::TimedOut, _) => ConnectError::StartTimeout {
            server,
            waited: config.startup_timeout,
            last_words,
        },
        (StartFailure::Protocol(message), _) => ConnectError::Protocol {
            server,
            message,
            last_words,
        },
        (StartFailure::Closed, Some(status)) => ConnectError::ExitedAtStart {
            server,
            status,
            last_words,
        },
        (StartFailure::Closed, None) => {
            let message = "it closed its stdout and goes on running".to_owned();
            ConnectError::Protocol {
                server,
                message,
                last_words,
            }
        }
    }
}
