//! The servers of one run and their tools. Starts only the servers that the skill's imports and the
//! user's grants name. Never calls a tool.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use mcp_bridge::{CallError, CallToolResult, Config, ConnectError, JsonObject, Server, Tool};
use mcp_codegen::names;

/// A server whose tools can be called. Embedders and tests supply their own; `mcp_bridge::Server` is
/// the real one.
pub trait ToolServer: Send + Sync {
    /// The name in the configuration.
    fn name(&self) -> &str;

    /// The answer to `tools/list`, all pages.
    fn tools(&self) -> &[Tool];

    /// Calls one tool. An answer with `isError` is `Ok`.
    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<CallToolResult, CallError>>;
}

impl ToolServer for Server {
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
    ) -> BoxFuture<'a, Result<CallToolResult, CallError>> {
        Box::pin(self.call(tool, arguments))
    }
}

/// The servers of one run.
#[derive(Default)]
pub struct Catalog {
    servers: Vec<Entry>,
}

struct Entry {
    /// `NAME` in `mcp-server:NAME/tools`.
    label: String,
    server: Arc<dyn ToolServer>,
}

/// A server that a run needs could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The configuration does not name it, or names it wrongly.
    #[error(transparent)]
    Config(#[from] mcp_bridge::ConfigError),
    /// It could not be started or spoken to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl Catalog {
    /// A catalog of servers that are there already.
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
                Ok(Entry {
                    label: names::package_name(server.name())?,
                    server,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { servers })
    }

    /// Starts the named servers of the configuration, all at once.
    ///
    /// # Errors
    ///
    /// The first server that is not in the configuration or cannot be started; the others are
    /// stopped again.
    pub async fn open(config: &Config, names: &BTreeSet<String>) -> Result<Self, CatalogError> {
        let connecting = names.iter().map(async |name| {
            let server = Server::connect(config.server(name)?).await?;
            Ok::<_, CatalogError>(Arc::new(server) as Arc<dyn ToolServer>)
        });
        let servers = futures_util::future::try_join_all(connecting).await?;
        // Servers whose names make no label can still be called by name.
        let servers = servers
            .into_iter()
            .map(|server| Entry {
                label: names::package_name(server.name()).unwrap_or_default(),
                server,
            })
            .collect();
        Ok(Self { servers })
    }

    /// The server that is called `name` in the configuration.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Arc<dyn ToolServer>> {
        self.servers
            .iter()
            .map(|entry| &entry.server)
            .find(|server| server.name() == name)
    }

    /// The server behind `mcp-server:LABEL/tools`.
    pub(crate) fn by_label(&self, label: &str) -> Option<&Arc<dyn ToolServer>> {
        self.servers
            .iter()
            .find(|entry| entry.label == label)
            .map(|entry| &entry.server)
    }

    /// All servers with their labels.
    pub(crate) fn servers(&self) -> impl Iterator<Item = (&str, &Arc<dyn ToolServer>)> {
        self.servers
            .iter()
            .map(|entry| (entry.label.as_str(), &entry.server))
    }

    /// The servers that there are, for an error message.
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
