//! The commands of `mcp-codegen`: tools of servers as WIT, and new skills.

mod check;
mod files;
mod inspect;
mod new;
mod output;
mod report;
mod source;
mod types;
mod wanted;
mod wit;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::exit::Exit;
use crate::format::HELP_WIDTH;
use crate::log::{self, LogFormat};
use crate::out::{self, not_a_command};

/// Turns the tools of an MCP server into a typed WIT package.
#[derive(Debug, Parser)]
#[command(name = "mcp-codegen", version, after_help = crate::exit::CODEGEN_HELP, max_term_width = HELP_WIDTH)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Log more to stderr: -v debug (server stderr included), -vv trace. `wit` and `report` also list every part of a
    /// schema that could not be typed.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Format of the log on stderr: text, or one JSON object per line.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    Wit(wit::Args),
    Types(types::Args),
    Inspect(inspect::Args),
    Report(report::Args),
    New(new::Args),
}

/// The program `mcp-codegen`.
pub(crate) fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return not_a_command(&error, Args::command),
    };
    log::start(args.verbose, args.log_format, None, None);
    if let Some(logins) = crate::dirs::logins() {
        mcp_bridge::keep_logins_in(logins, mcp_bridge::Keyring::Used);
    }
    let verbose = args.verbose > 0;
    let done = match args.command {
        Command::Wit(args) => wit::run(&args, verbose),
        Command::Types(args) => types::run(&args),
        Command::Inspect(args) => inspect::run(&args).map(|()| Exit::Finished),
        Command::Report(args) => report::run(&args, verbose).map(|()| Exit::Finished),
        Command::New(args) => new::run(&args).map(|()| Exit::Finished),
    };
    mcp_bridge::finish_renewals();
    match done {
        Ok(exit) => exit.into(),
        Err(failure) if failure.is_broken_pipe() => Exit::Finished.into(),
        Err(failure) => out::failure(&failure, false),
    }
}
