//! Shared by the commands about servers: the configuration, and the exit codes of server failures.

use std::path::PathBuf;

use clap::Args;
use mcp_bridge::{Client, Config, ConnectError, ConnectOptions, EditError, Lock};

use crate::exit::{Exit, Failure};
use crate::format::Format;
use crate::progress::Progress;

// The arguments of all commands about servers.
#[derive(Args)]
pub(crate) struct Common {
    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the
    /// user's configuration directory.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

impl Common {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }

    pub(crate) fn read(&self) -> Result<Config, Failure> {
        Config::discover(self.config.as_deref()).map_err(|error| Failure::usage(error.into()))
    }

    /// The configuration of a command that has nothing to do without one.
    pub(crate) fn read_existing(&self) -> Result<Config, Failure> {
        let config = self.read()?;
        if config.origin().is_some() {
            return Ok(config);
        }
        let looked_for = looked_for(&config);
        let error = anyhow::anyhow!("there is no configuration: looked for {looked_for}");
        let hint = "name one with `--config FILE`, or add a server with `mcp-host server add NAME -- COMMAND`";
        Err(Failure::usage(error).hint(Some(hint)))
    }

    /// The pins beside the configuration, whose definitions are those that were accepted.
    pub(crate) fn lock(&self, config: &Config) -> Result<Lock, Failure> {
        Lock::beside(config)
            .and_then(Lock::check)
            .map_err(|error| Failure::usage(error.into()))
    }
}

/// The files that were tried, for a message.
pub(super) fn looked_for(config: &Config) -> String {
    let files = config
        .searched()
        .map(|path| format!("`{}`", path.display()));
    files.collect::<Vec<_>>().join(", ")
}

/// A configuration has no servers, or there is none: where to add the first.
pub(super) fn no_servers(config: &Config) -> String {
    let place = config.origin().map_or_else(
        || {
            format!(
                "there is no configuration yet: looked for {}",
                looked_for(config)
            )
        },
        |path| {
            let shape = r#"{"mcpServers": {"NAME": {...}}} holds them"#;
            format!("`{}` has no servers: {shape}", path.display())
        },
    );
    format!("{place}; add one with `mcp-host server add NAME -- COMMAND`")
}

/// Starts the one server of a command, under these pins.
pub(super) async fn connect(
    config: &Config,
    name: &str,
    lock: &Lock,
    progress: &Progress,
) -> Result<Client, Failure> {
    let server = config
        .server(name)
        .map_err(|error| Failure::usage(error.into()))?;
    progress.wait_for(format!("starting {name}"));
    let client = Client::connect(server, ConnectOptions::new(lock, None)).await;
    progress.clear();
    client.map_err(not_connected)
}

/// A failed connection: the cause is the user's configuration, or the server.
pub(crate) fn not_connected(error: ConnectError) -> Failure {
    Failure::new(exit_of(&error), error.into())
}

/// The configuration could not be changed.
pub(super) fn not_edited(error: EditError) -> Failure {
    let exit = match &error {
        EditError::Write { .. } => Exit::Host,
        _ => Exit::Usage,
    };
    Failure::new(exit, error.into())
}

pub(super) fn exit_of(error: &ConnectError) -> Exit {
    match error {
        ConnectError::Config(_) | ConnectError::Disabled { .. } => Exit::Usage,
        _ => Exit::Host,
    }
}
