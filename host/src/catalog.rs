//! The servers of one run and their tools. Starts only the servers that the skill's imports and the
//! user's grants name. Never calls a tool.

mod labels;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use futures_util::future::{BoxFuture, join_all, ready};
use mcp_bridge::{
    Answer, CallError, Client, Config, ConnectError, ConnectOptions, Drift, DriftKind, JsonObject,
    Lock, ResponseCacheDir, Tool, compared_tools, look_alikes, text,
};
use mcp_codegen::names;

pub(crate) use self::labels::Labels;
use serde_json::value::RawValue;

/// A server whose tools can be called. Embedders and tests supply their own; [`Client`] is
/// the real one.
pub trait ToolServer: Send + Sync {
    /// The name in the configuration.
    fn name(&self) -> &str;

    /// The answer to `tools/list`, all pages.
    fn tools(&self) -> &[Tool];

    /// Calls one tool. A response with `isError` is `Ok`. A server without a response cache makes an [`Answer`] from
    /// its `CallToolResult`.
    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>>;

    /// Calls one tool with JSON text of an object, as a skill wrote it. A server that takes only objects returns the
    /// text. The caller then builds the object, charges it to the run, and calls the server with it.
    ///
    /// # Errors
    ///
    /// The text, if the server did not use it.
    fn call_text<'a>(
        &'a self,
        _tool: &'a str,
        arguments: Box<RawValue>,
    ) -> Result<BoxFuture<'a, Result<Answer, CallError>>, Box<RawValue>> {
        Err(arguments)
    }

    /// Calls a tool that is missing from `tools` because of its pin, and whose present definition a person accepted for
    /// this call: `accepted` is its [`mcp_bridge::definition_hash`] in hexadecimal.
    fn call_accepted<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        _accepted: &'a str,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        // A server without pins has no such tool.
        self.call(tool, arguments)
    }

    /// The tool of this name, if it is one of `tools`. A server with pins compares this tool alone with its pin.
    fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools().iter().find(|tool| tool.name == name)
    }

    /// The tools of which the pins know the names: those in `tools`, and those that changed. A server with pins
    /// compares none with its pin.
    fn known(&self) -> &[Tool] {
        self.tools()
    }

    /// Why the tool of this name is missing from `tools`, if that is because of its pin.
    fn drift(&self, name: &str) -> Option<&Drift> {
        let mut drifts = self.drifts().iter();
        drifts.find(|drift| drift.tool == name && drift.kind != DriftKind::Gone)
    }

    /// Tools that are missing from `tools` because they differ from their pins.
    fn drifts(&self) -> &[Drift] {
        &[]
    }

    /// Closes the server. A server in another process may finish its work first, for a short time.
    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }
}

impl ToolServer for Client {
    fn name(&self) -> &str {
        self.name()
    }

    fn tools(&self) -> &[Tool] {
        self.tools()
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        Box::pin(self.call(tool, arguments))
    }

    fn call_text<'a>(
        &'a self,
        tool: &'a str,
        arguments: Box<RawValue>,
    ) -> Result<BoxFuture<'a, Result<Answer, CallError>>, Box<RawValue>> {
        Ok(Box::pin(self.call(tool, arguments)))
    }

    fn call_accepted<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        accepted: &'a str,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        Box::pin(self.call_accepted(tool, arguments, accepted))
    }

    fn tool(&self, name: &str) -> Option<&Tool> {
        self.tool(name)
    }

    fn known(&self) -> &[Tool] {
        self.known()
    }

    fn drift(&self, name: &str) -> Option<&Drift> {
        self.drift(name)
    }

    fn drifts(&self) -> &[Drift] {
        self.drifts()
    }

    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {
            if let Some(client) = Arc::into_inner(self) {
                client.close().await;
            }
        })
    }
}

/// The servers of one run.
#[derive(Default)]
pub struct Catalog {
    servers: Vec<CatalogServer>,
}

/// One server of the catalog.
pub(crate) struct CatalogServer {
    /// `NAME` in `mcp-server:NAME/tools`.
    label: String,
    server: Arc<dyn ToolServer>,
    /// Built on first use: ten thousand labels take some milliseconds, and most servers are never asked for theirs.
    labels: OnceLock<Labels>,
    /// The labels of the known tools, for the imports of a skill.
    known: OnceLock<Labels>,
}

impl CatalogServer {
    fn new(label: String, server: Arc<dyn ToolServer>) -> Self {
        Self {
            label,
            server,
            labels: OnceLock::new(),
            known: OnceLock::new(),
        }
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn server(&self) -> &Arc<dyn ToolServer> {
        &self.server
    }

    /// Bytes that building the labels of the tools takes; 0 if they are built already.
    pub(crate) fn labels_to_make(&self) -> usize {
        match self.labels.get() {
            Some(_) => 0,
            None => Labels::weight(self.server.tools()),
        }
    }

    /// The labels of its tools.
    pub(crate) fn labels(&self) -> &Labels {
        self.labels.get_or_init(|| Labels::of(self.server.tools()))
    }

    /// The labels of the tools that an import may mean. Builds them without a look at a pin.
    pub(crate) fn known_labels(&self) -> &Labels {
        self.known.get_or_init(|| Labels::of(self.server.known()))
    }

    /// The tool with this label, or why it may not be called.
    pub(crate) fn tool(&self, label: &str) -> Option<Result<&Tool, &Drift>> {
        let tool = self.server.known().get(self.known_labels().place(label)?)?;
        Some(match self.server.drift(&tool.name) {
            Some(drift) => Err(drift),
            None => Ok(tool),
        })
    }
}

/// A server that the run needs is not available.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The configuration does not contain the server, or its name is invalid.
    #[error(transparent)]
    Config(#[from] mcp_bridge::ConfigError),
    /// The pins of the server cannot be read. The catalog never treats unreadable pins as absent.
    #[error(transparent)]
    Lock(#[from] mcp_bridge::LockError),
    /// The server cannot be started, or communication with it fails.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl Catalog {
    /// A catalog of servers that are running already.
    ///
    /// # Errors
    ///
    /// When a server's name cannot be written as a WIT label.
    pub fn of(
        servers: impl IntoIterator<Item = Arc<dyn ToolServer>>,
    ) -> Result<Self, names::EmptyName> {
        let servers = servers
            .into_iter()
            .map(|server| {
                Ok(CatalogServer::new(
                    names::package_name(server.name())?,
                    server,
                ))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { servers })
    }

    /// Starts the named servers of the configuration concurrently. The pins beside the configuration apply: the catalog
    /// omits tools of a pinned server that changed or are new.
    ///
    /// # Errors
    ///
    /// Pins that cannot be read, or the first server that is not in the configuration or cannot be
    /// started; the others are stopped again.
    pub async fn open(config: &Config, names: &BTreeSet<String>) -> Result<Self, CatalogError> {
        Self::open_with(config, names, None).await
    }

    /// Like [`Catalog::open`], with a directory for cached responses that later processes reuse. Without a directory,
    /// the responses are cached in memory for the lifetime of the catalog.
    ///
    /// # Errors
    ///
    /// As for [`Catalog::open`].
    pub async fn open_with(
        config: &Config,
        names: &BTreeSet<String>,
        cache_dir: Option<&ResponseCacheDir>,
    ) -> Result<Self, CatalogError> {
        let lock = Lock::beside(config)?;
        let options = ConnectOptions::new(&lock, cache_dir);
        let connecting = names.iter().map(async |name| {
            let server = config.server(name)?;
            let client = Client::connect(server, options).await?;
            client.warn(server);
            Ok::<_, CatalogError>(Arc::new(client) as Arc<dyn ToolServer>)
        });
        let servers = futures_util::future::try_join_all(connecting).await?;
        warn_of_look_alikes(config, &servers);
        let mut known: Vec<CatalogServer> = Vec::with_capacity(servers.len());
        for server in servers {
            // A server whose name makes no label can still be called by name.
            let mut label = names::package_name(server.name()).unwrap_or_default();
            if let Some(first) = known.iter().find(|entry| entry.label == label)
                && !label.is_empty()
            {
                tracing::warn!(
                    "servers `{}` and `{}` are both `{label}` in WIT and under `/mcp-tools`, which is the first one; \
                     rename one of them in the configuration",
                    text::line(first.server.name()),
                    text::line(server.name()),
                );
                label.clear();
            }
            known.push(CatalogServer::new(label, server));
        }
        Ok(Self { servers: known })
    }

    /// Closes all servers: each may finish its work, and is killed if that takes too long. Dropping the catalog kills
    /// them at once. A server with a call in flight stays open until that call ends.
    pub async fn close(self) {
        join_all(self.servers.into_iter().map(|entry| entry.server.close())).await;
    }

    /// The tools of the server with this name in the configuration, also those that are not as they were pinned.
    #[must_use]
    pub fn known_tools(&self, server: &str) -> Option<&[Tool]> {
        self.by_name(server).map(|server| server.known())
    }

    /// The server named `name` in the configuration.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Arc<dyn ToolServer>> {
        self.servers
            .iter()
            .map(|entry| &entry.server)
            .find(|server| server.name() == name)
    }

    /// The server behind `mcp-server:LABEL/tools`.
    pub(crate) fn by_label(&self, label: &str) -> Option<&CatalogServer> {
        self.servers.iter().find(|entry| entry.label == label)
    }

    /// All servers.
    pub(crate) fn servers(&self) -> &[CatalogServer] {
        &self.servers
    }

    /// The names of the servers, for an error message.
    pub(crate) fn known(&self) -> Known<'_> {
        Known(self)
    }
}

/// `servers: a, b`.
pub(crate) struct Known<'a>(&'a Catalog);

impl fmt::Display for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.servers.is_empty() {
            return write!(f, "it has no servers");
        }
        write!(f, "it has ")?;
        for (i, entry) in self.0.servers.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}`{}`", entry.server.name())?;
        }
        Ok(())
    }
}

/// The most collisions of names that are logged; a hostile server may have thousands.
const MOST_WARNINGS: usize = 5;

fn warn_of_look_alikes(config: &Config, servers: &[Arc<dyn ToolServer>]) {
    let names = config.names().map(|name| (None, name));
    let tools = servers
        .iter()
        .flat_map(|server| compared_tools(server.name(), server.known()));
    for alike in look_alikes(names.chain(tools), MOST_WARNINGS) {
        tracing::warn!("{alike}");
    }
}
