//! Answers the requests of a server, and logs its notifications.
//! Roots are empty, sampling is refused, elicitation is declined or accepted with its defaults.

#![allow(
    deprecated,
    reason = "servers of older revisions sample, and log by notification"
)]

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rmcp::ClientHandler;
use rmcp::RoleClient;
use rmcp::model::{
    ClientCapabilities, ClientConfig, CreateMessageRequestParams, CreateMessageResult,
    ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationCapability, ElicitationSchema,
    ErrorCode, ErrorData, FormElicitationCapability, Implementation, InputRequest, JsonObject,
    ListRootsResult, LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, RequestContext};
use serde_json::Value;

use crate::config::Elicitation;
use crate::secret::Secrets;
use crate::throttle::{EventThrottle, Throttle};

/// How many log lines of a server are passed on in a second, and how long each may be.
const LOG_LINES_PER_SECOND: u32 = 200;
const MAX_LOG_LINE: usize = 1000;

/// Our side of the connection to one server.
pub(crate) struct Handler {
    server: String,
    elicitation: Elicitation,
    log: Mutex<EventThrottle>,
    tools_changed: Arc<AtomicBool>,
    /// What its words must not show.
    secrets: Secrets,
}

impl Handler {
    pub(crate) fn new(server: &str, elicitation: Elicitation) -> Self {
        Self {
            server: server.to_owned(),
            elicitation,
            log: Mutex::new(EventThrottle::new(LOG_LINES_PER_SECOND, Instant::now())),
            tools_changed: Arc::default(),
            secrets: Secrets::default(),
        }
    }

    /// The same, which shows none of these in what it logs.
    pub(crate) fn hiding(self, secrets: Secrets) -> Self {
        Self { secrets, ..self }
    }

    /// Who we are, and what a server may count on.
    pub(crate) fn offer(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::builder().enable_tasks().build();
        if self.elicitation == Elicitation::Defaults {
            let form = FormElicitationCapability::default();
            capabilities.elicitation = Some(ElicitationCapability::new().with_form(form));
        }
        ClientConfig::new(
            capabilities,
            Implementation::new("mcp-host", env!("CARGO_PKG_VERSION")),
        )
    }

    /// Set as soon as the server says that its list of tools is another one.
    pub(crate) fn tools_changed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.tools_changed)
    }

    /// Whether the server has said since the last time that its list of tools is another one.
    pub(crate) fn take_tools_changed(&self) -> bool {
        self.tools_changed.swap(false, Ordering::Relaxed)
    }

    /// The answer to a question that a server has put into a result.
    pub(crate) fn answer(&self, request: &InputRequest) -> Result<Value, String> {
        let answer = match request {
            InputRequest::ListRoots(_) => serde_json::to_value(ListRootsResult::default()),
            InputRequest::Elicitation(request) => {
                serde_json::to_value(self.elicited(&request.params))
            }
            InputRequest::CreateMessage(_) => {
                return Err("asks for a language model, which this client does not have".to_owned());
            }
            _ => return Err("asks for something that this client does not know".to_owned()),
        };
        answer.map_err(|error| error.to_string())
    }

    /// Foreign text as one short line.
    fn line(&self, text: &str) -> String {
        self.secrets.sanitize(text.as_bytes(), MAX_LOG_LINE)
    }

    /// Foreign data as one short line.
    fn data_line(&self, data: &Value) -> String {
        match data {
            Value::String(text) => self.line(text),
            data => self.line(&start_of(data)),
        }
    }

    fn elicited(&self, request: &ElicitRequestParams) -> ElicitResult {
        let (question, schema) = match request {
            ElicitRequestParams::FormElicitationParams {
                message,
                requested_schema,
                ..
            } => (self.line(message), Some(requested_schema)),
            ElicitRequestParams::UrlElicitationParams { message, .. } => (self.line(message), None),
            _ => (String::new(), None),
        };
        if self.elicitation == Elicitation::Defaults
            && let Some(content) = schema.and_then(defaults)
        {
            tracing::info!(
                server = self.server,
                "elicitation accepted with its defaults: {question}"
            );
            return ElicitResult::new(ElicitationAction::Accept).with_content(content);
        }
        tracing::info!(server = self.server, "elicitation declined: {question}");
        ElicitResult::new(ElicitationAction::Decline)
    }
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        self.offer()
    }

    async fn list_roots(
        &self,
        _: RequestContext<RoleClient>,
    ) -> Result<ListRootsResult, ErrorData> {
        Ok(ListRootsResult::default())
    }

    async fn create_message(
        &self,
        _: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let why = "this client has no language model to sample from";
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, why, None))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        Ok(self.elicited(&request))
    }

    async fn on_logging_message(
        &self,
        message: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let admission = self
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .admit(Instant::now());
        let Throttle::Pass { dropped } = admission else {
            return;
        };
        let server = self.server.as_str();
        if dropped > 0 {
            tracing::warn!(server, dropped, "server sent too many log lines");
        }
        let text = self.data_line(&message.data);
        // A server's own levels say nothing of how much they matter to us, so none is an error here.
        match message.level {
            LoggingLevel::Debug => {
                tracing::trace!(target: "server", server, "{text}");
            }
            LoggingLevel::Info | LoggingLevel::Notice => {
                tracing::debug!(target: "server", server, "{text}");
            }
            _ => tracing::info!(target: "server", server, "{text}"),
        }
    }

    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let (done, total) = (progress.progress, progress.total);
        let text = progress
            .message
            .as_deref()
            .map(|message| self.line(message))
            .unwrap_or_default();
        tracing::debug!(server = self.server, done, total, "progress: {text}");
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        if !self.tools_changed.swap(true, Ordering::Relaxed) {
            tracing::debug!(server = self.server, "the server changed its list of tools");
        }
    }
}

/// The form with the default of each field, if every field that is required has one.
fn defaults(schema: &ElicitationSchema) -> Option<Value> {
    let mut content = JsonObject::new();
    for (name, field) in &schema.properties {
        let field = serde_json::to_value(field).ok()?;
        if let Some(default) = field.get("default") {
            content.insert(name.clone(), default.clone());
        }
    }
    let required = schema.required.iter().flatten();
    required
        .into_iter()
        .all(|name| content.contains_key(name))
        .then_some(Value::Object(content))
}

/// The start of the JSON text of foreign data: more of it than is shown, because secrets are hidden before the cut.
fn start_of(data: &Value) -> String {
    struct Start(Vec<u8>);
    impl io::Write for Start {
        fn write(&mut self, part: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(part);
            if self.0.len() > 4 * MAX_LOG_LINE {
                return Err(io::ErrorKind::WriteZero.into());
            }
            Ok(part.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut start = Start(Vec::new());
    // The only error is that there is enough of it.
    let _ = serde_json::to_writer(&mut start, data);
    String::from_utf8_lossy(&start.0).into_owned()
}
