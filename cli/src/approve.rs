//! `mcp-host approve`: a person decides about the calls for which a run waits. No tool of `serve` does.

use anyhow::anyhow;
use clap::Args;
use mcp_host::{Question, QuestionKind, RunInfo, Scope};

use super::exit::{Exit, Failure};
use super::questions::{self, Choice, MORE};
use super::runs::failed;
use super::{dirs, out};

/// For the `--help`.
pub(crate) const HELP: &str = "\
Without an option, it shows each call and asks, on a terminal. A decision holds for what is shown: a call with other
arguments is another question.

Examples:
  mcp-host runs
  mcp-host approve r_7f3k2m9q
  mcp-host approve r_7f3k2m9q --once
  mcp-host approve r_7f3k2m9q --deny --because 'not on a Friday'";

// The arguments of `mcp-host approve`.
#[derive(Args)]
pub(crate) struct ApproveArgs {
    /// The id of the run.
    run: String,
    /// Allow the calls for which it waits.
    #[arg(long, conflicts_with_all = ["for_run", "deny"])]
    once: bool,
    /// Allow them, and N more calls of each of these tools in this run.
    #[arg(long = "run", value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "100", conflicts_with = "deny")]
    for_run: Option<u32>,
    /// Refuse them. The script gets an error for each, and may catch it.
    #[arg(long)]
    deny: bool,
    /// The reason, which the script and the agent get.
    #[arg(long, value_name = "TEXT", requires = "deny")]
    because: Option<String>,
    /// Decide only about the call with this digest, as `runs show --format json` gives it.
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
}

impl ApproveArgs {
    /// What the options say. `None`: the user is asked.
    fn choice(&self) -> Option<Choice> {
        match self.for_run {
            Some(more) => Some(Choice::Allow(Scope::Run { more })),
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
    let open: Vec<_> = ledger
        .questions()
        .into_iter()
        .filter(|question| {
            args.digest
                .as_ref()
                .is_none_or(|digest| *digest == question.digest())
        })
        .collect();
    if open.is_empty() {
        let error = match (&args.digest, ledger.outcome()) {
            (Some(digest), None) => anyhow!("run {id} waits for no call with digest {digest}"),
            (_, Some(outcome)) => anyhow!("run {id} is over ({outcome})"),
            (None, None) => anyhow!("run {id} waits for no decision: its agent can resume it"),
        };
        return Err(Failure::usage(error));
    }
    in_time(&info)?;
    let choice = args.choice();
    if choice.is_none() && !questions::can_ask() {
        for question in &open {
            out::pass_on(&questions::shown(question));
        }
        let error = anyhow!("stdin is no terminal: run {id} cannot be asked about here");
        let hint = "pass `--once`, `--run` or `--deny`";
        return Err(Failure::usage(error).hint(Some(hint)));
    }
    for question in &open {
        let choice = match choice {
            Some(choice) => choice,
            None => match questions::ask(question).await? {
                Some(choice) => choice,
                None => {
                    out::say("", &format!("run {id} still waits"));
                    return Ok(Exit::Finished);
                }
            },
        };
        // A person may have thought for long.
        in_time(&info)?;
        let decided = choice.decided(args.because.clone(), "mcp-host approve");
        ledger
            .decide(question, decided)
            .map_err(|error| failed(error.into()))?;
        out::say("", &said(question, choice));
    }
    let next = match info.by.as_str() {
        "run" => format!(
            "go on with the command of the run and `--resume {id}`: mcp-host run {} --resume {id}",
            mcp_codegen::names::shown(&info.name)
        ),
        _ => format!("the agent goes on with run_script {{\"resume\":\"{id}\"}}"),
    };
    out::say("", &next);
    Ok(Exit::Finished)
}

fn in_time(info: &RunInfo) -> Result<(), Failure> {
    if !info.is_expired() {
        return Ok(());
    }
    let error = anyhow!("run {} waited too long, and does not go on", info.id);
    let hint = "the agent sends its script again";
    Err(Failure::usage(error).hint(Some(hint)))
}

fn said(question: &Question, choice: Choice) -> String {
    let name = match question.function.as_str() {
        "tool" => format!("{}/{}", question.server, question.tool),
        function => function.to_owned(),
    };
    let again = match question.kind {
        QuestionKind::Unanswered => " again",
        QuestionKind::Policy { .. } => "",
    };
    match choice {
        Choice::Deny => format!("refused: {name}"),
        Choice::Allow(Scope::Once) => format!("allowed{again}: {name}"),
        Choice::Allow(Scope::Run { more }) => {
            format!("allowed{again}: {name}, and {more} more calls of it in this run")
        }
    }
}

const _: () = assert!(MORE == 100, "the option's default");
