//! The commands of `mcp-codegen`: tools of servers as WIT, and new skills.

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
use tracing_subscriber::fmt::format::Writer;

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
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return not_a_command(&error),
    };
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
    output::say("error: ", &error.to_string());
    for cause in error.chain().skip(1) {
        output::say("  caused by: ", &cause.to_string());
    }
    ExitCode::from(code)
}

/// What clap makes of a command line that is no command: a help text, or an error.
fn not_a_command(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // Without its colours: an argument may hold escapes of its own.
        output::note(&error.render().to_string());
        return ExitCode::from(2);
    }
    let written = error.print().and_then(|()| std::io::stdout().flush());
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::say(
                "error: ",
                &format!("failed to write the help to stdout: {error}"),
            );
            ExitCode::from(4)
        }
    }
}

/// Warnings of the libraries, such as an unknown key in the configuration. `RUST_LOG` asks for more.
fn log_to_stderr() {
    use tracing_subscriber::field::MakeExt as _;
    use tracing_subscriber::fmt::format::debug_fn;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    let shown = std::env::var("RUST_LOG")
        .ok()
        .and_then(|asked| asked.parse::<tracing_subscriber::filter::Targets>().ok())
        .unwrap_or_else(|| {
            tracing_subscriber::filter::Targets::new().with_default(tracing::Level::WARN)
        });
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| output::Stderr)
        // It would say so on stderr, and panic where that is not there.
        .log_internal_errors(false)
        .fmt_fields(debug_fn(field).delimited(" "))
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .without_time()
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines)
        .with(shown)
        .init();
}

/// Every field of every event, also of libraries.
fn field(
    writer: &mut Writer<'_>,
    field: &tracing::field::Field,
    value: &dyn std::fmt::Debug,
) -> std::fmt::Result {
    mcp_bridge::text::field(writer, field.name(), value)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
