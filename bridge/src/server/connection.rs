//! One connection to a server, from its start to its end. When it is gone, it stays gone.

use std::env;
use std::error::Error;
use std::future::pending;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::FutureExt as _;
use rmcp::RoleClient;
use rmcp::model::{CallToolRequestParams, CallToolResponse, ServerPeerInfo};
use rmcp::service::{RunningService, ServiceError, serve_directly};
use rmcp::transport::Transport;
use tokio::time::{Instant, timeout};

use super::listing::{self, Listing};
use super::watch::Watch;
use super::{http, idle, stdio};
use crate::arguments::Arguments;
use crate::config::ServerConfig;
use crate::era::Refusal;
use crate::error::{ConnectError, LastWords, exit_text};
use crate::handler::Handler;
use crate::once::Once;
use crate::process::{End, Process};

/// How long the end of a process and the end of its output may be apart. Whichever comes first,
/// the other is waited for, so that an error can say both what happened and why.
pub(super) const SETTLE: Duration = Duration::from_millis(60);
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
            return http::open(config, &endpoint, deadline).await;
        }
        let launch = config
            .launch(variable)?
            .ok_or_else(|| ConnectError::Disabled {
                server: config.name.clone(),
            })?;
        stdio::open(config, &launch, deadline).await
    }

    pub(super) fn of(
        config: &ServerConfig,
        client: Client,
        child: Option<(Process, Once)>,
    ) -> Self {
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
        arguments: Arguments,
    ) -> Result<CallToolResponse, ServiceError> {
        match (self.idle, arguments) {
            (None, Arguments::Object(object)) => {
                let answer = self.client.call_tool_once(params.with_arguments(object));
                self.watch(pin!(answer)).await
            }
            (idle, arguments) => {
                let request = arguments.request(params);
                let answer = idle::call(&self.client, request, idle);
                self.watch(pin!(answer)).await
            }
        }
    }

    /// Waits for an answer, but no longer than one can come: rmcp's own end may wait for a message that
    /// nobody reads any more.
    pub(super) async fn watch<T>(
        &self,
        mut answer: Pin<&mut impl Future<Output = Result<T, ServiceError>>>,
    ) -> Result<T, ServiceError> {
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

/// Hands the opened transport to rmcp.
pub(super) fn serve<T>(
    config: &ServerConfig,
    handler: Handler,
    transport: T,
    server: ServerPeerInfo,
) -> Client
where
    T: Transport<RoleClient> + 'static,
{
    let version = server.protocol_version.to_string();
    tracing::debug!(server = config.name, version, "connected");
    serve_directly(handler, transport, Some(server))
}
