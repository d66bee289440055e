//! What the user typed, and which command does it. Exit codes are decided here and nowhere else.

mod check;
mod files;
mod inspect;
mod new;
mod output;
mod report;
mod source;
mod wit;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::source::Source;

/// Turns the tools of an MCP server into a typed WIT package.
#[derive(Debug, Parser)]
#[command(name = "mcp-codegen", version, after_help = EXIT_CODES, max_term_width = 110)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
    0  done; tools that had to be left out are named on stderr
    1  `--check` found files that are stale or missing
    2  bad usage
    3  the tools could not be read: configuration, server, or file
    4  the result could not be written
  130  interrupted";

#[derive(Debug, Subcommand)]
enum Command {
    Wit(wit::Args),
    Inspect(inspect::Args),
    Report(report::Args),
    New(new::Args),
}

/// Why a command did not do what it was asked to; each has an exit code of its own.
#[derive(Debug)]
enum Failure {
    /// The command did its work, and the answer is "no".
    Stale,
    Usage(anyhow::Error),
    Source(anyhow::Error),
    Output(anyhow::Error),
    Interrupted,
}

pub(crate) fn main() -> ExitCode {
    let args = Args::parse();
    log_to_stderr();
    let result = match args.command {
        Command::Wit(args) => wit::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Report(args) => report::run(&args),
        Command::New(args) => new::run(&args),
    };
    let (code, error) = match result {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Stale) => return ExitCode::from(1),
        Err(Failure::Interrupted) => return ExitCode::from(130),
        Err(Failure::Usage(error)) => (2, error),
        Err(Failure::Source(error)) => (3, error),
        // Whoever reads the output has seen enough: `mcp-codegen wit github | head`.
        Err(Failure::Output(error)) if is_broken_pipe(&error) => return ExitCode::SUCCESS,
        Err(Failure::Output(error)) => (4, error),
    };
    let mut stderr = std::io::stderr().lock();
    // Nobody is left to tell if this fails.
    let _ = writeln!(stderr, "error: {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(stderr, "  caused by: {cause}");
    }
    ExitCode::from(code)
}

/// Warnings of the libraries, such as an unknown key in the configuration. `RUST_LOG` asks for more.
fn log_to_stderr() {
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    let shown = std::env::var("RUST_LOG")
        .ok()
        .and_then(|asked| asked.parse::<tracing_subscriber::filter::Targets>().ok())
        .unwrap_or_else(|| {
            tracing_subscriber::filter::Targets::new().with_default(tracing::Level::WARN)
        });
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .without_time()
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines)
        .with(shown)
        .init();
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
