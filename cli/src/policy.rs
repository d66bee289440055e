//! `mcp-host policy`: which rule decides about the tools of a skill, and a file of cases against the rules. Starts no
//! server and runs nothing.

mod cases;
mod explain;
mod known;
mod whose;

use clap::{Args, Subcommand};

use super::exit::{Exit, Failure};
use super::progress::Progress;

pub(crate) const HELP: &str = "\
Examples:
  mcp-host policy explain triage.ts
  mcp-host policy explain triage.wasm --for serve --format json
  mcp-host policy test policy.cases.toml

Exit codes:
  0  explained; every case has the decision that it expects
  1  a case of `test` has another decision
  2  bad usage: an option, a settings file, the configuration, or the file of cases
  5  not a skill";

// The arguments of `mcp-host policy`.
#[derive(Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Print for every tool that a skill imports which rule decides, and why.
    Explain(explain::ExplainArgs),
    /// Decide the cases of a file, and print those that have another decision than they expect.
    Test(cases::TestArgs),
}

impl PolicyArgs {
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            PolicyCommand::Explain(args) => args.json(),
            PolicyCommand::Test(args) => args.json(),
        }
    }
}

pub(crate) async fn run(args: PolicyArgs, progress: &Progress) -> Result<Exit, Failure> {
    match args.command {
        PolicyCommand::Explain(args) => explain::run(&args, progress).await,
        PolicyCommand::Test(args) => cases::run(&args).await,
    }
}
