//! `mcp-host skill`: saved skills. What runs is decided elsewhere: a saved skill passes the gates of every run.

mod add;
mod args;
mod change;
mod confirm;
mod describe;
mod diff;
mod draft;
mod install;
mod installed;
mod list;
mod live;
mod retest;
mod save;
mod show;
mod test;
mod validate;
mod verify;

use clap::{Args, Subcommand};
use mcp_skills::{Name, Named};

use self::args::{AddArgs, RetestArgs, TestArgs, Words, named};
use super::exit::{Exit, Failure};
use super::format::Format;
use super::progress::Progress;
use super::signals::StopSender;

/// For the `--help`.
pub(crate) const HELP: &str = "\
Examples:
  mcp-host skill save r_7f3k2m9q --name triage --description 'Finds issues without an answer.'
  mcp-host skill add triage.ts --description 'Finds issues without an answer.'
  mcp-host skill list
  mcp-host run triage --input '{\"repo\": \"acme/shop\"}'
  mcp-host skill diff triage@1 triage@2";

// The arguments of `mcp-host skill`.
#[derive(Args)]
pub(crate) struct SkillArgs {
    #[command(subcommand)]
    action: Action,
    /// Text, or JSON.
    #[arg(long, value_enum, global = true, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// Save a run that finished as a skill: its exact source, by its id. Shows it and asks first.
    Save {
        /// The id of the run (`mcp-host runs`).
        run: String,
        /// The name of the skill: a-z, 0-9 and -. A skill of this name gets another version.
        #[arg(long)]
        name: Name,
        #[command(flatten)]
        words: Words,
        /// Keep no recording of the run. Without it, `skill test` has nothing to repeat.
        #[arg(long)]
        no_example: bool,
        /// Save without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Save a script, a component, or the directory of a skill. Starts the servers of its tools, and keeps how they
    /// define them.
    Add(AddArgs),
    /// List the saved skills.
    List,
    /// Show a skill: its tools, its files, its versions.
    Show {
        /// The skill: NAME, or NAME@VERSION.
        #[arg(value_parser = named)]
        skill: Named,
        /// Print the script instead.
        #[arg(long)]
        source: bool,
    },
    /// Remove a skill with all its versions. Asks first.
    Remove {
        /// The skill.
        name: Name,
        /// Remove without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Compare every byte of a skill, or of all, in all versions, with what was saved.
    Verify {
        /// The skill. Otherwise all.
        name: Option<Name>,
    },
    /// Show what differs between two versions.
    Diff {
        /// The older one: NAME@VERSION, or NAME for the current version.
        #[arg(value_parser = named)]
        a: Named,
        /// The newer one.
        #[arg(value_parser = named)]
        b: Named,
    },
    /// Make an earlier version the current one. Removes none.
    Rollback {
        /// The skill.
        name: Name,
        /// The version. Otherwise the one before the current one.
        #[arg(long, value_name = "VERSION")]
        to: Option<u32>,
    },
    /// Repeat the recorded runs of a skill, without a server.
    Test(TestArgs),
    /// Copy a skill to where agents look that read files: .agents/skills of this directory, with a link in
    /// .claude/skills. Recorded runs are left out.
    Install {
        /// The skill.
        name: Name,
        /// Install it for all projects of this user, in the home directory.
        #[arg(long)]
        user: bool,
    },
    /// Remove what `install` wrote.
    Uninstall {
        /// The skill.
        name: Name,
        /// From the home directory.
        #[arg(long)]
        user: bool,
    },
    /// Check the directory of a skill: its front matter, digests, schema, imports and documents. Says of each fault
    /// where it is and what to do. Runs nothing.
    Validate(validate::ValidateArgs),
    /// Write SKILL.md and REFERENCE.md for all tools of a server, so that an agent with a shell and without MCP finds
    /// them.
    #[command(after_help = describe::HELP)]
    Describe(describe::DescribeArgs),
    /// Try a skill whose tools changed with the definitions that they have now, and save a version for them. Runs it
    /// only if all its tools only read. Asks first.
    Retest(RetestArgs),
}

impl SkillArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(crate) async fn run(
    args: SkillArgs,
    progress: &Progress,
    stop: &StopSender,
) -> Result<Exit, Failure> {
    let json = args.json();
    match args.action {
        Action::Save {
            run,
            name,
            words,
            no_example,
            yes,
        } => {
            let sure = (no_example, yes);
            save::run(&run, &name, &words, sure, progress, json).await
        }
        Action::Add(args) => add::run(args, progress, json).await,
        Action::List => list::run(json).await,
        Action::Show { skill, source } => show::run(&skill, source, json).await,
        Action::Remove { name, yes } => change::remove(&name, yes, json).await,
        Action::Verify { name } => verify::run(name.as_ref(), json).await,
        Action::Diff { a, b } => diff::run((&a, &b), json).await,
        Action::Rollback { name, to } => change::rollback(&name, to, json).await,
        Action::Test(args) => match args.live {
            true => live::run(args, progress, stop, json).await,
            false => test::run(&args.skill, &args.limits, progress, json).await,
        },
        Action::Install { name, user } => install::install(&name, user, json).await,
        Action::Uninstall { name, user } => install::uninstall(&name, user, json).await,
        Action::Validate(args) => validate::run(&args, json).await,
        Action::Describe(args) => describe::run(&args, progress, json).await,
        Action::Retest(args) => retest::run(args, progress, stop, json).await,
    }
}
