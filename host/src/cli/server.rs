//! `mcp-host server`: the servers of the configuration, and what they offer.
//! Calls no tool; `mcp-host call` does.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use mcp_bridge::{Config, ConnectError};

use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::run::Format;

mod check;
mod list;
mod survey;
mod table;

/// The arguments of `mcp-host server`.
#[derive(Args)]
pub(crate) struct ServerArgs {
    #[command(subcommand)]
    command: ServerCommand,
}

#[derive(Subcommand)]
enum ServerCommand {
    /// Start every server and show its state, tools, protocol and start time.
    #[command(after_help = list::HELP)]
    List(list::ListArgs),
    /// Start servers and say what is wrong with them; the exit code is for scripts.
    #[command(after_help = check::HELP)]
    Check(check::CheckArgs),
}

/// What all commands about servers take.
#[derive(Args)]
pub(crate) struct Common {
    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the
    /// user's configuration directory.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The form of what goes to stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

pub(crate) async fn run(args: ServerArgs, progress: &Progress) -> Result<Exit, Failure> {
    match args.command {
        ServerCommand::List(args) => list::run(&args, progress).await,
        ServerCommand::Check(args) => check::run(&args, progress).await,
    }
}

impl ServerArgs {
    /// Whether errors are to be JSON too.
    pub(crate) fn json(&self) -> bool {
        let common = match &self.command {
            ServerCommand::List(args) => &args.common,
            ServerCommand::Check(args) => &args.common,
        };
        common.json()
    }
}

impl Common {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }

    pub(crate) fn read(&self) -> Result<Config, Failure> {
        Config::discover(self.config.as_deref()).map_err(|error| Failure::usage(error.into()))
    }
}

/// A server that could not be connected: the user's configuration is wrong, or the server is.
pub(crate) fn not_connected(error: ConnectError) -> Failure {
    Failure::new(exit_of(&error), error.into())
}

fn exit_of(error: &ConnectError) -> Exit {
    match error {
        ConnectError::Config(_) | ConnectError::Disabled { .. } => Exit::Usage,
        _ => Exit::Host,
    }
}

/// Milliseconds, to the microsecond.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
