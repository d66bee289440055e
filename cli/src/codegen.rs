//! The commands of `mcp-codegen`: tools of servers as WIT, and new skills.

mod check;
mod files;
mod inspect;
mod new;
mod output;
mod report;
mod source;
mod wit;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::output::EXIT_CODES;
use crate::exit::Exit;
use crate::log::{self, LogFormat};
use crate::out::{self, not_a_command};

/// Turns the tools of an MCP server into a typed WIT package.
#[derive(Debug, Parser)]
#[command(name = "mcp-codegen", version, after_help = EXIT_CODES, max_term_width = 110)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Wit(wit::Args),
    Inspect(inspect::Args),
    Report(report::Args),
    New(new::Args),
}

/// The program `mcp-codegen`.
pub(crate) fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return not_a_command(&error),
    };
    log::start(0, LogFormat::Text, None, None);
    let done = match args.command {
        Command::Wit(args) => wit::run(&args),
        Command::Inspect(args) => inspect::run(&args).map(|()| Exit::Finished),
        Command::Report(args) => report::run(&args).map(|()| Exit::Finished),
        Command::New(args) => new::run(&args).map(|()| Exit::Finished),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) if failure.is_broken_pipe() => Exit::Finished.into(),
        Err(failure) => out::failure(&failure, false),
    }
}
