//! The `mcp-host` command.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

mod cli;

use cli::exit::{Exit, Failure};

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

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Subcommand)]
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
    let args = Args::parse();
    log_to_stderr(args.verbose, args.log_format);
    let json = match &args.command {
        Command::Run(args) => args.json(),
        Command::Replay(args) => args.json(),
        Command::Build(_) | Command::Describe(_) | Command::Dev(_) => false,
        Command::Call(args) => args.json(),
        Command::Server(args) => args.json(),
        Command::Inspect(args) => args.json(),
        Command::Compile(args) => args.json(),
        Command::Cache(args) => args.json(),
        Command::CompileWorker(_) => false,
        Command::Limits(args) => args.json(),
    };
    // One guest runs, and waits for its servers or computes for a tick at most: further threads would have nothing
    // to do, and starting them would take longer than a short run.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Failure::host(error.into()).print(json),
    };
    let progress = cli::progress::Progress::new(args.verbose);
    let done = runtime.block_on(async {
        let stop = cli::signals::StopSender::new(None);
        let mut command = std::pin::pin!(command(args.command, &progress, &stop));
        let signal = tokio::select! {
            done = &mut command => return done,
            signal = cli::signals::received() => signal,
        };
        // A run that is under way says what it did until now. Dropping the command's future stops anything
        // else, and with it every server.
        if stop.send(Some(signal)).is_err() {
            return Err(Failure::interrupted(signal));
        }
        tokio::select! {
            done = &mut command => done,
            signal = cli::signals::received() => Err(Failure::interrupted(signal)),
        }
    });
    // A task of the blocking pool may still wait for a file; nothing waits for it.
    runtime.shutdown_background();
    progress.clear();
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => failure.print(json),
    }
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
        Command::Cache(args) => cli::cache::run(&args),
        Command::CompileWorker(args) => cli::source::worker(&args),
        Command::Limits(args) => cli::limits::run(&args),
    }
}

/// The skill's own log is shown from `info` on; what host and bridge say, from `warn` on.
fn log_to_stderr(verbose: u8, format: LogFormat) {
    let shown = Targets::new();
    let shown = match verbose {
        0 => shown
            .with_default(Level::WARN)
            .with_target("skill", Level::INFO),
        1 => shown
            .with_default(Level::WARN)
            .with_targets(["skill", "mcp_host", "mcp_bridge"].map(|target| (target, Level::DEBUG))),
        _ => shown
            .with_default(Level::INFO)
            .with_targets(["skill", "mcp_host", "mcp_bridge"].map(|target| (target, Level::TRACE)))
            .with_target("rmcp", Level::DEBUG),
    };
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let registry = tracing_subscriber::registry().with(shown);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Text => registry.with(lines.with_ansi(colour)).init(),
        LogFormat::Json => registry.with(lines.json()).init(),
    }
}
