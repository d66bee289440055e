//! The commands of `mcp-host`, and what the process does around each of them.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::exit::{Exit, Failure};
use crate::format::HELP_WIDTH;
use crate::log::LogFormat;
use crate::out;

/// Runs agent-written skills against MCP servers, in a sandbox with hard limits.
#[derive(Parser)]
#[command(name = "mcp-host", version, arg_required_else_help = true, after_help = crate::exit::HELP, max_term_width = HELP_WIDTH)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// Log more to stderr: -v debug (server stderr included), -vv trace.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Format of the log on stderr: text, or one JSON object per line.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Subcommand)]
// Only the arguments of the given command are built. Their structs have no doc comments: clap would show those instead
// of the command's own.
#[command(defer = true)]
enum Command {
    /// Run a skill and print its result.
    #[command(after_help = crate::exit::HELP)]
    Run(crate::run_args::RunArgs),
    /// Build the component of a skill's directory, and print where it is.
    Build(crate::build::BuildArgs),
    /// Run a skill again with the answers of a recorded run (`run --record`), and compare.
    #[command(after_help = crate::exit::HELP)]
    Replay(crate::replay::ReplayArgs),
    /// Build and run a skill again whenever its directory changes.
    Dev(crate::dev::DevArgs),
    /// Print what a skill says about itself: name, description, input and output schema.
    Describe(crate::describe::DescribeArgs),
    /// Call one tool of a server and print its result.
    #[command(after_help = crate::call::HELP)]
    Call(crate::call::CallArgs),
    /// Serve agents over MCP: three tools in front of the servers of the configuration.
    Serve(crate::serve::ServeArgs),
    /// Serve the local page: decide about runs, look at calls, servers and the audit log.
    #[command(after_help = crate::ui::HELP)]
    Ui(crate::ui::UiArgs),
    /// Decide about the calls for which a run waits.
    #[command(after_help = crate::approve::HELP)]
    Approve(crate::approve::ApproveArgs),
    /// Show, cancel or remove the runs that may wait for a decision.
    Runs(crate::runs::RunsArgs),
    /// Save what worked as a skill that runs by its name; list, compare, test and remove saved skills.
    #[command(after_help = crate::skill::HELP)]
    Skill(crate::skill::SkillArgs),
    /// Find tools of all servers, as signatures that a script can call.
    #[command(after_help = crate::tools::SEARCH_HELP)]
    Search(crate::tools::SearchArgs),
    /// Print the declarations of tools for scripts in TypeScript.
    #[command(after_help = crate::tools::TYPES_HELP)]
    Types(crate::tools::TypesArgs),
    /// Put this program in front of the servers of a client, such as Claude Code, Cursor or Codex.
    #[command(after_help = crate::setup::HELP)]
    Setup(crate::setup::SetupArgs),
    /// Log in to a server over HTTP that wants OAuth.
    #[command(after_help = crate::login::HELP)]
    Login(crate::login::LoginArgs),
    /// Log out of a server: its tokens are revoked and removed.
    #[command(after_help = crate::login::LOGOUT_HELP)]
    Logout(crate::login::LogoutArgs),
    /// Show, check and change the servers of the configuration.
    Server(crate::server::ServerArgs),
    /// Show which configuration is used and why, or write a first one.
    #[command(after_help = crate::config::HELP)]
    Config(crate::config::ConfigArgs),
    /// Print what a component is and what it may do, without running it.
    Inspect(crate::inspect::InspectArgs),
    /// Compile a skill into the cache, ahead of its first run.
    Compile(crate::cache::CompileArgs),
    /// Show, check or clear the cache of compiled components.
    Cache(crate::cache::CacheArgs),
    /// Show or remove what skills keep between their runs.
    State(crate::state::StateArgs),
    /// Show how many runs, calls and bytes there were.
    #[command(after_help = crate::stats::HELP)]
    Stats(crate::stats::StatsArgs),
    /// Show, verify or export the audit log: every run and every call of a tool.
    #[command(after_help = crate::audit::HELP)]
    Audit(crate::audit::AuditArgs),
    /// Print completions for a shell.
    #[command(after_help = crate::completions::HELP)]
    Completions(crate::completions::CompletionsArgs),
    /// Show which rule decides about the tools of a skill, and test the rules.
    #[command(after_help = crate::policy::HELP)]
    Policy(crate::policy::PolicyArgs),
    /// Print the limits in force, and where each comes from.
    Limits(crate::limits::LimitsArgs),
}

/// The program `mcp-host`.
pub(crate) fn main() -> ExitCode {
    // Not one of the commands: no tip and no completion shows it.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|arg| arg == crate::source::WORKER)
    {
        return worker();
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return crate::out::not_a_command(&error, Args::command),
    };
    let json = args.command.json();
    #[cfg(feature = "otlp")]
    let exporter = match crate::otlp::Exporter::from_env() {
        Ok(exporter) => exporter,
        Err(error) => return out::failure(&Failure::usage(error), json),
    };
    #[cfg(feature = "otlp")]
    let spans = exporter.as_ref().and_then(crate::otlp::Exporter::spans);
    #[cfg(not(feature = "otlp"))]
    let spans = None;
    if let Some(logins) = crate::dirs::logins() {
        mcp_bridge::keep_logins_in(logins, mcp_bridge::Keyring::Used);
    }
    let progress = crate::progress::Progress::new(args.verbose);
    crate::log::start(args.verbose, args.log_format, spans, Some(progress.calls()));
    let exit = match run(args, &progress) {
        Ok(exit) => exit.into(),
        Err(failure) => out::failure(&failure, json),
    };
    #[cfg(feature = "otlp")]
    if let Some(exporter) = exporter {
        exporter.flush();
    }
    exit
}

/// The child of a `mcp-host` that compiles: it compiles what comes on stdin.
fn worker() -> ExitCode {
    let args = match crate::source::WorkerArgs::try_parse_from(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(error) => return crate::out::not_a_command(&error, crate::source::WorkerArgs::command),
    };
    crate::log::start(0, LogFormat::Text, None, None);
    match crate::source::worker(&args) {
        Ok(exit) => exit.into(),
        Err(failure) => out::failure(&failure, false),
    }
}

impl Command {
    /// Whether stdout is to be JSON.
    fn json(&self) -> bool {
        match self {
            Self::Run(args) => args.json(),
            Self::Replay(args) => args.json(),
            Self::Build(_)
            | Self::Describe(_)
            | Self::Dev(_)
            | Self::Serve(_)
            | Self::Ui(_)
            | Self::Approve(_)
            | Self::Completions(_) => false,
            Self::Call(args) => args.json(),
            Self::Runs(args) => args.json(),
            Self::Skill(args) => args.json(),
            Self::Search(args) => args.json(),
            Self::Types(args) => args.json(),
            Self::Setup(args) => args.json(),
            Self::Login(args) => args.json(),
            Self::Logout(args) => args.json(),
            Self::Config(args) => args.json(),
            Self::Stats(args) => args.json(),
            Self::Audit(args) => args.json(),
            Self::Server(args) => args.json(),
            Self::Inspect(args) => args.json(),
            Self::Compile(args) => args.json(),
            Self::Cache(args) => args.json(),
            Self::Limits(args) => args.json(),
            Self::Policy(args) => args.json(),
            Self::State(args) => args.json(),
        }
    }
}

fn run(args: Args, progress: &crate::progress::Progress) -> Result<Exit, Failure> {
    // One guest runs at a time, and either waits for its servers or computes for at most a tick. Further threads would
    // have nothing to do, and starting them takes longer than a short run.
    let mut builder = match &args.command {
        // Several agents' scripts at once.
        Command::Serve(_) | Command::Ui(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = builder
        .enable_all()
        // A dependency computes in a task of its own, a tick at a time: signals are checked between tasks.
        .event_interval(7)
        .build()
        .map_err(|error| Failure::host(error.into()))?;
    let done = runtime.block_on(async {
        let mut signals = crate::signals::Signals::new();
        let stop = crate::signals::StopSender::new(None);
        let mut command = std::pin::pin!(command(args.command, progress, &stop));
        let signal = tokio::select! {
            done = &mut command => return done,
            signal = signals.received() => signal,
        };
        // A run in progress reports what it did so far. For any other command, dropping the future stops it and every
        // server.
        if stop.send(Some(signal)).is_err() {
            return Err(Failure::interrupted(signal));
        }
        tokio::select! {
            done = &mut command => done,
            signal = signals.received() => Err(Failure::interrupted(signal)),
        }
    });
    // A task of the blocking pool may still wait for a file; the process does not wait for it.
    runtime.shutdown_background();
    // A refresh token that rotates would be lost with what it was exchanged for.
    mcp_bridge::finish_renewals();
    crate::audit::close();
    progress.clear();
    done
}

async fn command(
    command: Command,
    progress: &crate::progress::Progress,
    stop: &crate::signals::StopSender,
) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => crate::run::run(args, progress, stop).await,
        Command::Build(args) => crate::build::run(args, progress).await,
        Command::Dev(args) => crate::dev::run(args, progress, stop).await,
        Command::Replay(args) => crate::replay::run(args, progress).await,
        Command::Describe(args) => crate::describe::run(args, progress).await,
        Command::Serve(args) => crate::serve::run(args, stop).await,
        Command::Approve(args) => crate::approve::run(&args).await,
        Command::Runs(args) => crate::runs::run(&args).await,
        Command::Skill(args) => crate::skill::run(args, progress, stop).await,
        Command::Ui(args) => crate::ui::run(args, stop).await,
        Command::Call(args) => crate::call::run(args, progress).await,
        Command::Search(args) => crate::tools::search(args, progress).await,
        Command::Types(args) => crate::tools::types(args, progress).await,
        Command::Setup(args) => crate::setup::run(args).await,
        Command::Config(args) => crate::config::run(&args).await,
        Command::Stats(args) => crate::stats::run(&args).await,
        Command::Audit(args) => crate::audit::run(args).await,
        Command::Login(args) => crate::login::login(&args, progress).await,
        Command::Logout(args) => crate::login::logout(&args).await,
        Command::Server(args) => crate::server::run(args, progress).await,
        Command::Inspect(args) => crate::inspect::run(args, progress).await,
        Command::Compile(args) => crate::cache::compile(args, progress).await,
        Command::Cache(args) => crate::cache::run(&args).await,
        Command::State(args) => crate::state::run(&args).await,
        Command::Completions(args) => {
            let codegen = crate::codegen::Args::command();
            crate::completions::run(&args, Args::command(), codegen).await
        }
        Command::Limits(args) => crate::limits::run(&args).await,
        Command::Policy(args) => crate::policy::run(args, progress).await,
    }
}
