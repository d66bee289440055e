//! `mcp-host approve`: a person decides about the calls for which a run waits. No tool of `serve` does.

use anyhow::anyhow;
use clap::Args;
use mcp_host::{Channel, Ledger, Question, QuestionKind, RunInfo, Scope, WaitEvent};

use super::audit::{self, Auditor};
use super::exit::{Exit, Failure};
use super::questions::{self, Choice, MORE};
use super::runs::failed;
use super::settings::SettingsArgs;
use super::{always, dirs, out};

/// For the `--help`.
pub(crate) const HELP: &str = "\
Without an option, it shows each call and asks, on a terminal. A decision holds for what is shown: a call with other
arguments is another question.

Examples:
  mcp-host runs
  mcp-host approve r_7f3k2m9q
  mcp-host approve r_7f3k2m9q --once
  mcp-host approve r_7f3k2m9q --always
  mcp-host approve r_7f3k2m9q --deny --because 'not on a Friday'";

// The arguments of `mcp-host approve`.
#[derive(Args)]
pub(crate) struct ApproveArgs {
    /// The id of the run.
    run: String,
    /// Allow the calls for which it waits.
    #[arg(long, conflicts_with_all = ["for_run", "always", "deny"])]
    once: bool,
    /// Allow them, and N more calls of each of these tools in this run.
    #[arg(long = "run", value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "100", conflicts_with_all = ["always", "deny"])]
    for_run: Option<u32>,
    /// Allow them, and write the tools into `allow` of `[policy.agents]` in the settings file of the user. Shows the
    /// change and asks first.
    #[arg(long, conflicts_with = "deny")]
    always: bool,
    /// With --always, write without asking.
    #[arg(long, requires = "always")]
    yes: bool,
    /// Refuse them. The script gets an error for each, and may catch it.
    #[arg(long)]
    deny: bool,
    /// The reason, which the script and the agent get.
    #[arg(long, value_name = "TEXT", requires = "deny")]
    because: Option<String>,
    /// Decide only about the call with this digest, as `runs show --format json` gives it.
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl ApproveArgs {
    /// What the options say. `None`: the user is asked.
    fn choice(&self) -> Option<Choice> {
        match self.for_run {
            Some(more) => Some(Choice::Allow(Scope::Run { more })),
            None if self.always => Some(Choice::Always),
            None if self.once => Some(Choice::Allow(Scope::Once)),
            None if self.deny => Some(Choice::Deny),
            None => None,
        }
    }
}

pub(crate) async fn run(args: &ApproveArgs) -> Result<Exit, Failure> {
    let store = dirs::runs()?;
    let id = &args.run;
    let info = store.info(id).map_err(failed)?;
    let mut ledger = store.ledger(id).map_err(failed)?;
    let open = open(args, &ledger)?;
    let auditor = audit::of_settings(&args.settings)?;
    in_time(&info, &mut ledger, auditor)?;
    let choice = args.choice();
    if choice.is_none() && !questions::can_ask() {
        for question in &open {
            out::pass_on(&questions::shown(question));
        }
        let error = anyhow!("stdin is no terminal: run {id} cannot be asked about here");
        let hint = "pass `--once`, `--run`, `--always` or `--deny`";
        return Err(Failure::usage(error).hint(Some(hint)));
    }
    if args.always {
        match always::write((&args.settings, args.yes), &info, &ledger, &open).await? {
            Some(rules) => {
                for rule in &rules {
                    log(auditor, id, WaitEvent::Allowed { rule });
                }
            }
            None => {
                out::say("", &format!("run {id} still waits"));
                return Ok(Exit::Finished);
            }
        }
    }
    for question in &open {
        let choice = match choice {
            Some(choice) => choice,
            None => match always::ask(&args.settings, &info, &ledger, question).await? {
                Some((choice, rules)) => {
                    for rule in &rules {
                        log(auditor, id, WaitEvent::Allowed { rule });
                    }
                    choice
                }
                None => {
                    out::say("", &format!("run {id} still waits"));
                    return Ok(Exit::Finished);
                }
            },
        };
        // A person may have thought for long.
        in_time(&info, &mut ledger, auditor)?;
        let decided = choice.decided(args.because.clone(), "mcp-host approve");
        ledger
            .decide(question, decided.clone())
            .map_err(|error| failed(error.into()))?;
        let event = WaitEvent::Decided {
            question,
            decided: &decided,
            channel: Channel::CommandLine,
        };
        log(auditor, id, event);
        out::say("", &said(question, choice));
    }
    out::say("", &next(&info));
    Ok(Exit::Finished)
}

fn log(auditor: Option<Auditor>, run: &str, event: WaitEvent<'_>) {
    if let Some(auditor) = auditor {
        auditor.waiting(&audit::of_command(run.to_owned()), event);
    }
}

/// The questions that the options mean.
fn open(args: &ApproveArgs, ledger: &Ledger) -> Result<Vec<Question>, Failure> {
    let id = &args.run;
    let mut open = ledger.questions();
    if let Some(digest) = &args.digest {
        open.retain(|question| *digest == question.digest());
    }
    if !open.is_empty() {
        return Ok(open);
    }
    let error = match (&args.digest, ledger.outcome()) {
        (Some(digest), None) => anyhow!("run {id} waits for no call with digest {digest}"),
        (_, Some(outcome)) => anyhow!("run {id} is over ({outcome})"),
        (None, None) => anyhow!("run {id} waits for no decision: it can be resumed"),
    };
    Err(Failure::usage(error))
}

/// How the run goes on.
fn next(info: &RunInfo) -> String {
    let id = &info.id;
    match info.by.as_str() {
        "run" => format!(
            "go on with the command that began the run, with all of its options, and `--resume {id}`"
        ),
        _ => format!("the agent goes on with run_script {{\"resume\":\"{id}\"}}"),
    }
}

/// Ends a run that waited too long.
fn in_time(info: &RunInfo, ledger: &mut Ledger, auditor: Option<Auditor>) -> Result<(), Failure> {
    if !info.is_expired() {
        return Ok(());
    }
    ledger.expire().map_err(|error| failed(error.into()))?;
    log(auditor, &info.id, WaitEvent::Expired);
    let error = anyhow!("run {} waited too long, and does not go on", info.id);
    let hint = "see with `mcp-host runs show` what it did before somebody runs the script again";
    Err(Failure::usage(error).hint(Some(hint)))
}

fn said(question: &Question, choice: Choice) -> String {
    let name = question.name('/');
    let again = match question.kind {
        QuestionKind::Unanswered => " again",
        QuestionKind::Policy { .. } => "",
    };
    match choice {
        Choice::Deny => format!("refused: {name}"),
        Choice::Allow(Scope::Once) | Choice::Always => format!("allowed{again}: {name}"),
        Choice::Allow(Scope::Run { more }) => {
            format!("allowed{again}: {name}, and {more} more calls of it in this run")
        }
    }
}

const _: () = assert!(MORE == 100, "the option's default");
