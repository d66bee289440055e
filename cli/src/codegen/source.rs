//! The source of a server's tools: a file with its response, or the server itself, which runs only while it lists them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mcp_bridge::{Config, ConfigError, NamedFileError, Server, ServerConfig, named_file, reserved};
use mcp_codegen::{Catalog, CatalogError};
use mcp_host::definition;
use mcp_serve::{LearnedType, learned_types};

use crate::exit::Failure;
use crate::progress::Progress;
use crate::signals::Signals;

/// The largest file that can be a captured response, in bytes.
const LARGEST: u64 = 64 << 20;

/// The server and how to reach it.
#[derive(Debug, clap::Args)]
pub(super) struct Source {
    /// The server's name: a key of `mcpServers`, or any name with --from or a command.
    #[arg(value_name = "NAME")]
    pub(super) name: String,

    /// Read the server's `tools/list` answer from this file, `-` for stdin, and start nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "argv"])]
    from: Option<PathBuf>,

    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the
    /// user's configuration directory.
    #[arg(long, value_name = "FILE", conflicts_with = "argv")]
    config: Option<PathBuf>,

    /// Start the server with this command instead of one from a configuration.
    #[arg(last = true, value_name = "COMMAND")]
    argv: Vec<String>,
}

impl Source {
    /// A server of the configuration, or with `from` a captured response.
    pub(super) fn of(name: String, from: Option<PathBuf>, config: Option<PathBuf>) -> Self {
        Self {
            name,
            from,
            config,
            argv: Vec::new(),
        }
    }

    /// The tools of the server.
    pub(super) fn catalog(&self) -> Result<Catalog, Failure> {
        Ok(self.catalog_and_answers(None)?.0)
    }

    /// The tools of the server, and the types of their answers that this directory has.
    pub(super) fn catalog_and_answers(
        &self,
        learned: Option<&Path>,
    ) -> Result<(Catalog, Vec<LearnedType>), Failure> {
        match &self.from {
            Some(file) => Ok((read(file).map_err(source_failure)?, Vec::new())),
            None => {
                let config = if self.argv.is_empty() {
                    Config::discover(self.config.as_deref())
                } else {
                    Ok(Config::from_command(&self.name, self.argv.clone()))
                };
                let config = config.map_err(|error| source_failure(error.into()))?;
                let server = config
                    .server(&self.name)
                    .map_err(|error| source_failure(error.into()))?;
                live(&self.name, server, learned)
            }
        }
    }
}

/// Reads a captured `tools/list` response.
pub(super) fn read(file: &Path) -> anyhow::Result<Catalog> {
    let stdin = file.as_os_str() == "-";
    let what = if stdin {
        "stdin".to_owned()
    } else {
        format!("`{}`", file.display())
    };
    let context = || format!("failed to read the tools from {what}");
    // No signal handler is set yet, so Ctrl-C also ends the process while it waits for standard input.
    let text = if stdin {
        named_file::read_stream(std::io::stdin().lock(), LARGEST)
    } else {
        named_file::read_text(file, LARGEST).map_err(NamedFileError::or_dash)
    };
    let text = text.with_context(context)?;
    if reserved::occurs_in(text.as_bytes()) {
        return Err(CatalogError::Form(format!(
            "it has a member whose name starts with `{}`",
            reserved::PREFIX
        )))
        .with_context(context);
    }
    Catalog::parse(&text)
        .map_err(|error| match is_configuration(&text, file) {
            true => anyhow::anyhow!(
                "it is a configuration of servers, not a list of tools: name it with `--config`, and leave `--from` out"
            ),
            false => error.into(),
        })
        .with_context(context)
}

fn is_configuration(text: &str, file: &Path) -> bool {
    let has = |key| matches!(mcp_bridge::config_value(text, file, key), Ok(Some(servers)) if servers.is_object());
    ["mcpServers", "servers", "mcp_servers", "context_servers"]
        .into_iter()
        .any(has)
}

/// Starts the server, lists its tools, and closes it.
fn live(
    name: &str,
    config: &ServerConfig,
    learned: Option<&Path>,
) -> Result<(Catalog, Vec<LearnedType>), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the I/O runtime")
        .map_err(source_failure)?;
    let progress = Progress::new(0);
    progress.wait_for(format!("starting server `{name}`"));
    let listed = runtime.block_on(async {
        // Set up first: at no moment may a server run that a signal leaves behind.
        let mut signals = Signals::new();
        tokio::select! {
            biased;
            // Dropping the connection kills the child.
            signal = signals.received() => Err(Failure::interrupted(signal)),
            listed = list(name, config, learned) => listed.map_err(source_failure),
        }
    });
    progress.clear();
    listed
}

/// The tools are not available: exit as bad usage for the user's file or configuration, and as a host fault for a
/// server.
pub(super) fn source_failure(error: anyhow::Error) -> Failure {
    let is_usage = error.chain().any(|cause| {
        cause.is::<ConfigError>() || cause.is::<NamedFileError>() || cause.is::<CatalogError>()
    });
    if is_usage {
        Failure::usage(error)
    } else {
        Failure::host(error)
    }
}

async fn list(
    name: &str,
    config: &ServerConfig,
    learned: Option<&Path>,
) -> anyhow::Result<(Catalog, Vec<LearnedType>)> {
    let server = Server::connect(config).await?;
    let learned = learned.map_or_else(Vec::new, |dir| learned_types(dir, name, server.tools()));
    let catalog = Catalog {
        tools: server.tools().iter().map(definition).collect(),
        ..Catalog::default()
    };
    server.close().await;
    Ok((catalog, learned))
}
