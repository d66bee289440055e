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

use self::source::Source;
use crate::exit::{Exit, not_a_command};
use crate::log::{self, LogFormat};

/// Turns the tools of an MCP server into a typed WIT package.
#[derive(Debug, Parser)]
#[command(name = "mcp-codegen", version, after_help = EXIT_CODES, max_term_width = 110)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

/// The codes of [`exit::HELP`](crate::exit::HELP) that this program has.
const EXIT_CODES: &str = "\
Exit codes:
  0    done; tools that had to be left out are named on stderr
  1    `--check` found files that are stale or missing
  2    bad usage: an option, the configuration, or a file that is not there or not a tools/list answer
  6    host fault: a server failed, or the result could not be written
  130  stopped by a signal";

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
    log::start(0, LogFormat::Text, None);
    let done = match args.command {
        Command::Wit(args) => wit::run(&args),
        Command::Inspect(args) => inspect::run(&args).map(|()| Exit::Finished),
        Command::Report(args) => report::run(&args).map(|()| Exit::Finished),
        Command::New(args) => new::run(&args).map(|()| Exit::Finished),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) if failure.is_broken_pipe() => Exit::Finished.into(),
        Err(failure) => failure.print(false),
    }
}
