//! One connection to a server, from its start to its end. When it is gone, it stays gone.

use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequestParams, ClientRequest, CreateTaskResult, DetailedTask, GetTaskParams,
    GetTaskRequest, InputRequiredResult, ServerPeerInfo, ServerResult, Tool,
};
use rmcp::service::{ServiceError, serve_directly};
use rmcp::transport::Transport;
use tokio::time::timeout;

use super::failure::{Client, Failure};
use super::listing;
use super::request;
use super::watch::Watch;
use crate::account::Account;
use crate::arguments::Arguments;
use crate::config::{Bounds, ServerConfig};
use crate::due::Due;
use crate::error::{LastOutput, exit_text};
use crate::handler::Handler;
use crate::login::Session;
use crate::message::MEMORY_BESIDE;
use crate::one_shot::OneShot;
use crate::principal::Principal;
use crate::process::{End, Process};
use crate::tool_result::CallToolResult;

/// How long the end of a process and the end of its output may be apart. Whichever comes first,
/// the other is waited for, so that an error can say both what happened and why.
pub(super) const SETTLE: Duration = Duration::from_millis(60);
/// How often tools are listed on one connection over HTTP.
const MAX_RELISTINGS: u32 = 4;
/// How long the end of an HTTP session may take.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) struct Connection {
    client: Client,
    /// What it was opened with.
    principal: Principal,
    /// The process at the other end, if it is one of ours.
    process: Option<Process>,
    /// When everything that came from it is read.
    read_out: Option<OneShot>,
    _watch: Option<Watch>,
    /// How long a call may keep silent.
    idle: Option<Duration>,
    /// How much of it is read.
    bounds: Bounds,
    /// Answers that have come and are not taken yet.
    due: Arc<Due>,
    /// What calls in flight keep for the server between its questions.
    states: Arc<Account>,
    /// How often its tools were listed again on this connection.
    listed_again: AtomicU32,
    session: Option<Arc<Session>>,
}

/// What comes back for a call.
pub(super) enum Called {
    Complete(Box<CallToolResult>),
    InputRequired(InputRequiredResult),
    Task(CreateTaskResult),
}

impl Connection {
    pub(super) fn of(
        config: &ServerConfig,
        principal: &Principal,
        client: Client,
        due: Arc<Due>,
        child: Option<(Process, OneShot)>,
    ) -> Self {
        let (process, read_out) = child.unzip();
        Self {
            read_out,
            idle: config.idle_timeout,
            bounds: config.bounds,
            due,
            states: Account::new(config.bounds.message.saturating_add(MEMORY_BESIDE)),
            listed_again: AtomicU32::new(0),
            session: None,
            _watch: Watch::of(&client),
            client,
            principal: principal.clone(),
            process,
        }
    }

    /// The same connection, with the login that its tokens are of.
    pub(super) fn logged_in(self, session: Option<Arc<Session>>) -> Self {
        Self { session, ..self }
    }

    /// Sends one `tools/call` and waits for what comes back. Dropping the future tells the server.
    pub(super) async fn call(
        &self,
        params: CallToolRequestParams,
        arguments: Arguments,
    ) -> Result<Called, ServiceError> {
        let call = ClientRequest::CallToolRequest(arguments.request(params));
        match self.request(call, self.idle).await? {
            (_, Some(result)) => Ok(Called::Complete(result)),
            // A stream of events that was resumed goes through rmcp.
            (ServerResult::CallToolResult(result), None) => {
                Ok(Called::Complete(Box::new(result.into())))
            }
            (ServerResult::InputRequiredResult(result), None) => Ok(Called::InputRequired(result)),
            (ServerResult::CreateTaskResult(result), None) => Ok(Called::Task(result)),
            _ => Err(ServiceError::UnexpectedResponse),
        }
    }

    /// Asks for the state of a task.
    pub(super) async fn task(&self, id: &str) -> Result<DetailedTask, ServiceError> {
        let params = GetTaskParams::new(id.to_owned());
        let get = ClientRequest::GetTaskRequest(GetTaskRequest::new(params));
        match self.request(get, None).await? {
            (ServerResult::GetTaskResult(result), _) => Ok(result.task),
            _ => Err(ServiceError::UnexpectedResponse),
        }
    }

    async fn request(
        &self,
        request: ClientRequest,
        idle: Option<Duration>,
    ) -> Result<request::Answered, ServiceError> {
        let answer = pin!(request::request(&self.client, &self.due, request, idle));
        self.watch(answer).await
    }

    /// What calls in flight keep for the server between its questions.
    pub(super) fn states(&self) -> &Arc<Account> {
        &self.states
    }

    /// Waits for an answer, but no longer than one can come: rmcp's own end may wait for a message that
    /// no task reads any more.
    pub(super) async fn watch<T>(
        &self,
        mut answer: Pin<&mut impl Future<Output = Result<T, ServiceError>>>,
    ) -> Result<T, ServiceError> {
        let read_out = async {
            match &self.read_out {
                Some(read_out) => read_out.wait().await,
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

    /// Lists the tools again, and shows each of them.
    pub(super) async fn list(
        &self,
        server: &str,
        show: impl FnMut(Tool),
    ) -> Result<Option<Duration>, Failure> {
        self.listed_again.fetch_add(1, Ordering::Relaxed);
        let secrets = &self.principal.secrets;
        tokio::select! {
            lasts = listing::each_tool(server, &self.client, self.bounds, secrets, show) => lasts,
            _ = self.ended() => Err(Failure::Closed),
        }
    }

    /// Whether it is time for a new connection: over HTTP, rmcp keeps the schema of each tool that was ever listed.
    pub(super) fn is_worn(&self) -> bool {
        self.is_remote() && self.listed_again.load(Ordering::Relaxed) >= MAX_RELISTINGS
    }

    /// What it was opened with.
    pub(super) fn principal(&self) -> &Principal {
        &self.principal
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether no call can succeed on it any more.
    pub(super) fn is_gone(&self) -> bool {
        self.client.is_transport_closed()
            || self.process.as_ref().is_some_and(Process::has_ended)
            || self
                .session
                .as_ref()
                .is_some_and(|session| session.has_changed())
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

    /// How the connection ended, for an error message.
    pub(super) async fn fate(&self) -> String {
        let Some(process) = &self.process else {
            return "closed the connection".to_owned();
        };
        let what = match timeout(SETTLE, process.ended()).await {
            Ok(status) => format!("ended with {}", exit_text(status)),
            Err(_) => "closed the connection".to_owned(),
        };
        let stderr = process.stderr();
        let last_output = LastOutput {
            stderr,
            ..LastOutput::default()
        };
        format!("{what}{last_output}")
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
