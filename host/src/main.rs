//! The `mcp-host` command.

// These end the process where the stream is closed or full; `cli/out.rs` writes.
#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod cli;

use cli::exit::{Exit, Failure};
use cli::log::LogFormat;

/// Runs agent-written skills against MCP servers, in a sandbox with hard limits.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, after_help = cli::exit::HELP)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// More of the log on stderr: -v debug (server stderr included), -vv trace.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// The log on stderr: lines for people, or a JSON object a line.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Subcommand)]
// Only the arguments of the command that is given are made. Their structs have no doc comments: clap would show them in
// place of the command's own.
#[command(defer = true)]
enum Command {
    /// Run a skill and print its result.
    #[command(after_help = cli::exit::HELP)]
    Run(cli::run::RunArgs),
    /// Build the component of a skill's directory, and print where it is.
    Build(cli::build::BuildArgs),
    /// Run a skill again with the answers of a recorded run (`run --record`), and compare.
    #[command(after_help = cli::exit::HELP)]
    Replay(cli::replay::ReplayArgs),
    /// Build and run a skill again whenever its directory changes.
    Dev(cli::dev::DevArgs),
    /// Print what a skill says about itself: name, description, input and output schema.
    Describe(cli::describe::DescribeArgs),
    /// Call one tool of a server and print its result.
    #[command(after_help = cli::call::HELP)]
    Call(cli::call::CallArgs),
    /// Show, check and change the servers of the configuration.
    Server(cli::server::ServerArgs),
    /// Print what a component is and what it may do, without running it.
    Inspect(cli::inspect::InspectArgs),
    /// Compile a skill ahead, into the cache.
    Compile(cli::cache::CompileArgs),
    /// Show, check or clear the cache of compiled components.
    Cache(cli::cache::CacheArgs),
    /// Compile what comes on stdin: the child of a `mcp-host` that compiles.
    #[command(hide = true)]
    CompileWorker(cli::source::WorkerArgs),
    /// Print the limits in force, and where each comes from.
    Limits(cli::limits::LimitsArgs),
}

fn main() -> ExitCode {
    // First: this may be a supervisor.
    mcp_bridge::supervise_servers();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return cli::exit::not_a_command(&error),
    };
    let json = args.command.json();
    #[cfg(feature = "otlp")]
    let exporter = match cli::otlp::Exporter::from_env() {
        Ok(exporter) => exporter,
        Err(error) => return Failure::usage(error).print(json),
    };
    #[cfg(feature = "otlp")]
    let spans = exporter.as_ref().map(cli::otlp::Exporter::spans);
    #[cfg(not(feature = "otlp"))]
    let spans = None;
    cli::log::start(args.verbose, args.log_format, spans);
    let exit = match run(args) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.print(json),
    };
    #[cfg(feature = "otlp")]
    if let Some(exporter) = exporter {
        exporter.flush();
    }
    exit
}

impl Command {
    /// Whether stdout is to be JSON.
    fn json(&self) -> bool {
        match self {
            Self::Run(args) => args.json(),
            Self::Replay(args) => args.json(),
            Self::Build(_) | Self::Describe(_) | Self::Dev(_) | Self::CompileWorker(_) => false,
            Self::Call(args) => args.json(),
            Self::Server(args) => args.json(),
            Self::Inspect(args) => args.json(),
            Self::Compile(args) => args.json(),
            Self::Cache(args) => args.json(),
            Self::Limits(args) => args.json(),
        }
    }
}

fn run(args: Args) -> Result<Exit, Failure> {
    // One guest runs, and waits for its servers or computes for a tick at most: further threads would have nothing
    // to do, and starting them would take longer than a short run.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // A skill that serves another computes in a task of its own, a tick each time: signals are looked at between.
        .event_interval(7)
        .build()
        .map_err(|error| Failure::host(error.into()))?;
    let progress = cli::progress::Progress::new(args.verbose);
    let done = runtime.block_on(async {
        let mut signals = cli::signals::Signals::new();
        let stop = cli::signals::StopSender::new(None);
        let mut command = std::pin::pin!(command(args.command, &progress, &stop));
        let signal = tokio::select! {
            done = &mut command => return done,
            signal = signals.received() => signal,
        };
        // A run that is under way says what it did until now. Dropping the command's future stops anything
        // else, and with it every server.
        if stop.send(Some(signal)).is_err() {
            return Err(Failure::interrupted(signal));
        }
        tokio::select! {
            done = &mut command => done,
            signal = signals.received() => Err(Failure::interrupted(signal)),
        }
    });
    // A task of the blocking pool may still wait for a file; nothing waits for it.
    runtime.shutdown_background();
    progress.clear();
    done
}

async fn command(
    command: Command,
    progress: &cli::progress::Progress,
    stop: &cli::signals::StopSender,
) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => cli::run::run(args, progress, stop).await,
        Command::Build(args) => cli::build::run(args, progress).await,
        Command::Dev(args) => cli::dev::run(args, progress, stop).await,
        Command::Replay(args) => cli::replay::run(args, progress).await,
        Command::Describe(args) => cli::describe::run(args, progress).await,
        Command::Call(args) => cli::call::run(args, progress).await,
        Command::Server(args) => cli::server::run(args, progress).await,
        Command::Inspect(args) => cli::inspect::run(args, progress).await,
        Command::Compile(args) => cli::cache::compile(args, progress).await,
        Command::Cache(args) => cli::cache::run(&args).await,
        Command::CompileWorker(args) => cli::source::worker(&args),
        Command::Limits(args) => cli::limits::run(&args).await,
    }
}
