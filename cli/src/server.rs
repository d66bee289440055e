//! `mcp-host server`: the servers of the configuration, and what they offer.
//! Calls no tool; `mcp-host call` does.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use mcp_bridge::{Client, Config, ConnectError, ConnectOptions, EditError, Lock};

use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::run::Format;

mod add;
mod check;
mod diff;
mod inspect;
mod list;
mod pin;
mod remove;
mod survey;
mod table;

// The arguments of `mcp-host server`.
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
    /// Show a server's tools: what they take and give, and what it says about their effects.
    #[command(after_help = inspect::HELP)]
    Inspect(inspect::InspectArgs),
    /// Add a server to the configuration.
    #[command(after_help = add::HELP)]
    Add(add::AddArgs),
    /// Remove a server, and its pins, from the configuration.
    #[command(after_help = remove::HELP)]
    Remove(remove::RemoveArgs),
    /// Accept the tools of servers as they are now; afterwards a changed or new one is refused.
    #[command(after_help = pin::HELP)]
    Pin(pin::PinArgs),
    /// Show how the tools of a pinned server differ from what was accepted.
    #[command(after_help = diff::HELP)]
    Diff(diff::DiffArgs),
}

// What all commands about servers take.
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
        ServerCommand::Inspect(args) => inspect::run(&args, progress).await,
        ServerCommand::Add(args) => add::run(args).await,
        ServerCommand::Remove(args) => remove::run(&args).await,
        ServerCommand::Pin(args) => pin::run(&args, progress).await,
        ServerCommand::Diff(args) => diff::run(&args, progress).await,
    }
}

impl ServerArgs {
    /// Whether errors are to be JSON too.
    pub(crate) fn json(&self) -> bool {
        let common = match &self.command {
            ServerCommand::List(args) => &args.common,
            ServerCommand::Check(args) => &args.common,
            ServerCommand::Inspect(args) => &args.common,
            ServerCommand::Add(args) => &args.common,
            ServerCommand::Remove(args) => &args.common,
            ServerCommand::Pin(args) => &args.common,
            ServerCommand::Diff(args) => &args.common,
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

    /// The pins beside the configuration.
    pub(crate) fn lock(&self, config: &Config) -> Result<Lock, Failure> {
        Lock::beside(config).map_err(|error| Failure::usage(error.into()))
    }
}

/// Starts the one server that a command is about, under these pins.
async fn connect(
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

/// A server that could not be connected: the user's configuration is wrong, or the server is.
pub(crate) fn not_connected(error: ConnectError) -> Failure {
    Failure::new(exit_of(&error), error.into())
}

/// A configuration that was not changed.
fn not_edited(error: EditError) -> Failure {
    let exit = match &error {
        EditError::Write { .. } => Exit::Host,
        _ => Exit::Usage,
    };
    Failure::new(exit, error.into())
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
