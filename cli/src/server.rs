//! `mcp-host server`: the servers of the configuration, and their tools. Calls no tool; `mcp-host call` does.

use clap::{Args, Subcommand};

use super::exit::{Exit, Failure};
use super::progress::Progress;

mod add;
mod check;
pub(crate) mod common;
mod diff;
mod inspect;
mod list;
mod pin;
mod remove;
mod survey;
mod unpin;

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
    /// Start servers and report their problems; the exit code is for scripts.
    #[command(after_help = check::HELP)]
    Check(check::CheckArgs),
    /// Show a server's tools: parameters, results, and annotations about their effects.
    #[command(after_help = inspect::HELP)]
    Inspect(inspect::InspectArgs),
    /// Add a server to the configuration.
    #[command(after_help = add::HELP)]
    Add(add::AddArgs),
    /// Remove a server, and its pins, from the configuration.
    #[command(after_help = remove::HELP)]
    Remove(remove::RemoveArgs),
    /// Accept the current tools of servers; from then on, changed and new tools are rejected.
    #[command(after_help = pin::HELP)]
    Pin(pin::PinArgs),
    /// Remove the pins of servers: their tools are accepted as they are again.
    #[command(after_help = unpin::HELP)]
    Unpin(unpin::UnpinArgs),
    /// Show how the tools of a pinned server differ from their pins.
    #[command(after_help = diff::HELP)]
    Diff(diff::DiffArgs),
}

pub(crate) async fn run(args: ServerArgs, progress: &Progress) -> Result<Exit, Failure> {
    match args.command {
        ServerCommand::List(args) => list::run(&args, progress).await,
        ServerCommand::Check(args) => check::run(&args, progress).await,
        ServerCommand::Inspect(args) => inspect::run(&args, progress).await,
        ServerCommand::Add(args) => add::run(args).await,
        ServerCommand::Remove(args) => remove::run(&args).await,
        ServerCommand::Pin(args) => pin::run(&args, progress).await,
        ServerCommand::Unpin(args) => unpin::run(&args).await,
        ServerCommand::Diff(args) => diff::run(&args, progress).await,
    }
}

impl ServerArgs {
    /// Whether errors are printed as JSON too.
    pub(crate) fn json(&self) -> bool {
        let common = match &self.command {
            ServerCommand::List(args) => &args.common,
            ServerCommand::Check(args) => &args.common,
            ServerCommand::Inspect(args) => &args.common,
            ServerCommand::Add(args) => &args.common,
            ServerCommand::Remove(args) => &args.common,
            ServerCommand::Pin(args) => &args.common,
            ServerCommand::Unpin(args) => &args.common,
            ServerCommand::Diff(args) => &args.common,
        };
        common.json()
    }
}
