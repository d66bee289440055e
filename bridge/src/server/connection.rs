//! One connection to a server, from its start to its end. When it is gone, it stays gone.

use std::env;
use std::error::Error;
use std::future::pending;
use std::io;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use rmcp::RoleClient;
use rmcp::model::{CallToolRequestParams, CallToolResponse, ServerPeerInfo};
use rmcp::service::{RunningService, ServiceError, serve_directly};
use rmcp::transport::Transport;
use tokio::time::{Instant, timeout, timeout_at};

use super::idle;
use super::listing::{self, Listing};
use super::watch::Watch;
use crate::config::{Endpoint, Launch, ServerConfig};
use crate::era::{self, Opening, Refusal};
use crate::error::{ConnectError, LastWords, exit_text};
use crate::handler::Handler;
use crate::http::{self, HttpFault, HttpSendError};
use crate::once::Once;
use crate::process::{End, Output, Process};
use crate::wire::{Noise, Wire};

/// How long the end of a process and the end of its output may be apart. Whichever comes first,
/// the other is waited for, so that an error can say both what happened and why.
pub(super) const SETTLE: Duration = Duration::from_millis(60);
/// How long a process may keep silent on `server/discover` before it gets `initialize` too.
const PROBE_SILENCE: Duration = Duration::from_secs(2);
/// How long the end of an HTTP session may take.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) type Client = RunningService<RoleClient, Handler>;

pub(super) struct Connection {
    client: Client,
    /// The process at the other end, if it is one of ours.
    process: Option<Process>,
    /// When everything that came from it is read.
    read_out: Option<Once>,
    _watch: Option<Watch>,
    /// How long a call may keep silent.
    idle: Option<Duration>,
    /// How many tools it may list.
    max_tools: usize,
}

impl Connection {
    /// Starts or reaches the server, opens the connection and lists all tools.
    pub(super) async fn open(config: &ServerConfig) -> Result<(Self, Listing), ConnectError> {
        let deadline = Instant::now() + config.startup_timeout;
        let variable = |name: &str| env::var(name).ok();
        if let Some(endpoint) = config.endpoint(variable)? {
            return over_http(config, &endpoint, deadline).await;
        }
        let launch = config
            .launch(variable)?
            .ok_or_else(|| ConnectError::Disabled {
                server: config.name.clone(),
            })?;
        over_stdio(config, &launch, deadline).await
    }

    fn of(config: &ServerConfig, client: Client, child: Option<(Process, Once)>) -> Self {
        let (process, read_out) = child.unzip();
        Self {
            read_out,
            idle: config.idle_timeout,
            max_tools: config.bounds.tools,
            _watch: Watch::of(&client),
            client,
            process,
        }
    }

    /// Sends one `tools/call` and waits for what comes back. Dropping the future tells the server.
    pub(super) async fn call(
        &self,
        params: CallToolRequestParams,
    ) -> Result<CallToolResponse, ServiceError> {
        match self.idle {
            Some(idle) => self.watch(idle::call(&self.client, params, idle)).await,
            None => self.watch(self.client.call_tool_once(params)).await,
        }
    }

    /// Waits for an answer, but no longer than one can come: rmcp's own end may wait for a message that
    /// nobody reads any more.
    pub(super) async fn watch<T>(
        &self,
        answer: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<T, ServiceError> {
        let mut answer = pin!(answer);
        let read_out = async {
            match &self.read_out {
                Some(read_out) => read_out.clone().await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            // It may have come between the two looks.
            () = read_out => answer
                .now_or_never()
                .unwrap_or(Err(ServiceError::TransportClosed)),
        }
    }

    /// Lists the tools again.
    pub(super) async fn list(&self, server: &str) -> Result<Listing, Failure> {
        tokio::select! {
            listing = listing::all_tools(server, &self.client, self.max_tools) => listing,
            _ = self.ended() => Err(Failure::Closed),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether no call can succeed on it any more.
    pub(super) fn is_gone(&self) -> bool {
        self.client.is_transport_closed() || self.process.as_ref().is_some_and(Process::has_ended)
    }

    /// Whether the server is reached over a network.
    pub(super) fn is_remote(&self) -> bool {
        self.process.is_none()
    }

    /// Whether the server may answer a call with a question (revision 2026-07-28).
    pub(super) fn may_ask(&self) -> bool {
        self.client
            .peer_info()
            .is_some_and(|server| !server.protocol_version.has_initialize())
    }

    /// The revision of MCP that is spoken on it.
    pub(super) fn protocol(&self) -> String {
        self.client
            .peer_info()
            .map(|server| server.protocol_version.to_string())
            .unwrap_or_default()
    }

    /// What became of it, for an error message.
    pub(super) async fn fate(&self) -> String {
        let Some(process) = &self.process else {
            return "closed the connection".to_owned();
        };
        let what = match timeout(SETTLE, process.ended()).await {
            Ok(status) => format!("ended with {}", exit_text(status)),
            Err(_) => "closed the connection".to_owned(),
        };
        let stderr = process.stderr();
        let last_words = LastWords {
            stderr,
            stdout: None,
        };
        format!("{what}{last_words}")
    }

    /// Ends the session and the process. Nothing of either is left afterwards.
    pub(super) async fn close(mut self) {
        let patience = match &self.process {
            // A writer that is stuck in a full pipe would hold this up; the process ends all the same.
            Some(_) => SETTLE,
            None => GOODBYE,
        };
        let _ = timeout(patience, self.client.close()).await;
        if let Some(process) = self.process {
            process.stop().await;
        }
    }

    async fn ended(&self) -> End {
        match &self.process {
            Some(process) => process.ended().await,
            None => pending().await,
        }
    }
}

/// Why a connection did not come about, before its process has been looked at.
pub(super) enum Failure {
    TimedOut,
    Closed,
    Send(Box<dyn Error + Send + Sync>),
    Protocol(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::Closed,
            Refusal::Send(error) => Self::Send(error),
            Refusal::Protocol(message) => Self::Protocol(message),
        }
    }
}

async fn over_stdio(
    config: &ServerConfig,
    launch: &Launch,
    deadline: Instant,
) -> Result<(Connection, Listing), ConnectError> {
    let mut opening = Opening::Probe {
        silence: Some(PROBE_SILENCE),
    };
    loop {
        let (process, stdout, stdin) = spawn(config, launch)?;
        let mut wire = Wire::new(stdout, stdin, config.bounds.message);
        let (noise, read_out) = (wire.noise(), wire.read_out());
        let handler = Handler::new(&config.name, config.elicitation);
        let offer = handler.offer();
        let opened = tokio::select! {
            opened = timeout_at(deadline, era::open(&mut wire, &offer, opening)) => {
                opened.map_or(Err(Failure::TimedOut), |opened| opened.map_err(Failure::from))
            }
            _ = process.ended() => Err(Failure::Closed),
        };
        let server = match opened {
            Ok(server) => server,
            // Some older servers give up on anything that is not `initialize`. One that did not even
            // read the question had another reason to end.
            Err(Failure::Closed | Failure::Send(_))
                if opening != Opening::Initialize && wire.was_read() =>
            {
                tracing::debug!(server = config.name, "server ended on `server/discover`");
                opening = Opening::Initialize;
                continue;
            }
            Err(failure) => return Err(explain(config, &process, &noise, failure).await),
        };
        let client = serve(config, handler, wire, server);
        let listing = listing::all_tools(&config.name, &client, config.bounds.tools);
        let listed = tokio::select! {
            listed = timeout_at(deadline, listing) => {
                listed.unwrap_or(Err(Failure::TimedOut))
            }
            _ = process.ended() => Err(Failure::Closed),
        };
        return match listed {
            Ok(listing) => {
                let child = Some((process, read_out));
                Ok((Connection::of(config, client, child), listing))
            }
            Err(failure) => Err(explain(config, &process, &noise, failure).await),
        };
    }
}

fn spawn(
    config: &ServerConfig,
    launch: &Launch,
) -> Result<
    (
        Process,
        Output<tokio::process::ChildStdout>,
        tokio::process::ChildStdin,
    ),
    ConnectError,
> {
    let server = || config.name.clone();
    if let Some(directory) = launch.cwd.as_ref().filter(|directory| !directory.is_dir()) {
        return Err(ConnectError::NoDirectory {
            server: server(),
            directory: directory.clone(),
        });
    }
    Process::spawn(&config.name, launch).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ConnectError::CommandNotFound {
            server: server(),
            command: launch.command.clone(),
        },
        _ => ConnectError::Spawn {
            server: server(),
            command: launch.command.clone(),
            source,
        },
    })
}

async fn over_http(
    config: &ServerConfig,
    endpoint: &Endpoint,
    deadline: Instant,
) -> Result<(Connection, Listing), ConnectError> {
    let fault = |fault| ConnectError::Http {
        server: config.name.clone(),
        address: config.transport.to_string(),
        fault,
    };
    // A server that lets the probe hang may still know `initialize`, which then has half the time.
    let openings = [
        (
            Opening::Probe { silence: None },
            deadline - config.startup_timeout / 2,
        ),
        (Opening::Initialize, deadline),
    ];
    let mut opened = Err(Failure::TimedOut);
    for (opening, deadline) in openings {
        let mut transport = http::transport(endpoint, config.bounds.message).map_err(fault)?;
        let handler = Handler::new(&config.name, config.elicitation);
        opened = match timeout_at(deadline, async {
            let server = era::open(&mut transport, &handler.offer(), opening).await?;
            Ok(serve(config, handler, transport, server))
        })
        .await
        {
            Ok(client) => client,
            Err(_) => continue,
        };
        break;
    }
    let opened = match opened {
        Ok(client) => {
            let listing = listing::all_tools(&config.name, &client, config.bounds.tools);
            timeout_at(deadline, listing)
                .await
                .unwrap_or(Err(Failure::TimedOut))
                .map(|listing| (client, listing))
        }
        Err(failure) => Err(failure),
    };
    let server = config.name.clone();
    match opened {
        Ok((client, listing)) => Ok((Connection::of(config, client, None), listing)),
        Err(Failure::TimedOut) => Err(ConnectError::StartTimeout {
            server,
            waited: config.startup_timeout,
            last_words: LastWords::default(),
        }),
        Err(Failure::Send(error)) => Err(fault(http_fault(&*error))),
        Err(Failure::Closed) => {
            let why = "the server ended the exchange without an answer".to_owned();
            Err(fault(HttpFault::Broken(why)))
        }
        Err(Failure::Protocol(message)) => Err(ConnectError::Protocol {
            server,
            message,
            last_words: LastWords::default(),
        }),
    }
}

/// The fault behind an error of rmcp's HTTP transport.
pub(super) fn http_fault(error: &(dyn Error + Send + Sync + 'static)) -> HttpFault {
    match error.downcast_ref::<HttpSendError>() {
        Some(HttpSendError::Client(fault)) => fault.clone(),
        Some(error) => HttpFault::Broken(error.to_string()),
        None => HttpFault::Broken(error.to_string()),
    }
}

fn serve<T>(config: &ServerConfig, handler: Handler, transport: T, server: ServerPeerInfo) -> Client
where
    T: Transport<RoleClient> + 'static,
{
    let version = server.protocol_version.to_string();
    tracing::debug!(server = config.name, version, "connected");
    serve_directly(handler, transport, Some(server))
}

async fn explain(
    config: &ServerConfig,
    process: &Process,
    noise: &Noise,
    failure: Failure,
) -> ConnectError {
    let server = config.name.clone();
    let ended = match failure {
        Failure::Closed | Failure::Send(_) => timeout(SETTLE, process.ended()).await.ok(),
        Failure::TimedOut | Failure::Protocol(_) => None,
    };
    let last_words = LastWords {
        stderr: process.stderr(),
        stdout: noise.get().cloned(),
    };
    match (failure, ended) {
        (Failure::TimedOut, _) => ConnectError::StartTimeout {
            server,
            waited: config.startup_timeout,
            last_words,
        },
        (Failure::Protocol(message), _) => ConnectError::Protocol {
            server,
            message,
            last_words,
        },
        (Failure::Closed | Failure::Send(_), Some(status)) => ConnectError::ExitedAtStart {
            server,
            status,
            last_words,
        },
        (Failure::Closed | Failure::Send(_), None) => {
            let message = "it closed its stdin or stdout and goes on running".to_owned();
            ConnectError::Protocol {
                server,
                message,
                last_words,
            }
        }
    }
}
