//! `mcp-host runs`: the runs that have a ledger, and what they did.

use std::time::Duration;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use mcp_codegen::names::shown;
use mcp_host::{LedgerCall, LedgerError, LedgerView, RunInfo, RunStore, RunStoreError, WaitEvent};
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::format::Format;
use super::settings::SettingsArgs;
use super::table::table;
use super::{audit, dirs, out, questions};

// The arguments of `mcp-host runs`.
#[derive(Args)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// Text, or JSON.
    #[arg(long, value_enum, global = true, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// List the runs, the newest first: id, where it stands, client, script.
    List,
    /// Show what a run did: its calls in order, which of them may have changed something, and what it waits for.
    Show {
        /// The id of the run.
        run: String,
        /// Print the script instead.
        #[arg(long)]
        source: bool,
    },
    /// End a run that waits.
    Cancel {
        /// The id of the run.
        run: String,
    },
    /// Remove runs that are over a week old, or older than this.
    Prune {
        /// Remove the runs that began longer ago than this, such as 1h or 2d.
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        older: Option<Duration>,
    },
}

impl RunsArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(crate) async fn run(args: &RunsArgs) -> Result<Exit, Failure> {
    let store = dirs::runs()?;
    match args.action.as_ref().unwrap_or(&Action::List) {
        Action::List => list(&store, args.json()).await?,
        Action::Show { run, source: true } => {
            store.info(run).map_err(failed)?;
            out::result(&store.source(run).map_err(failed)?).await?;
        }
        Action::Show { run, .. } => show(&store, run, args.json()).await?,
        Action::Cancel { run } => {
            let mut ledger = store.ledger(run).map_err(failed)?;
            ledger
                .cancel("the user cancelled the run")
                .map_err(|error| failed(error.into()))?;
            if let Some(auditor) = audit::of_settings(&SettingsArgs::default())? {
                auditor.waiting(&audit::of_command(run.clone()), WaitEvent::Cancelled);
            }
            out::say("", &format!("cancelled run {run}"));
        }
        Action::Prune { older } => {
            let removed = store.prune(*older).map_err(failed)?;
            let plural = if removed == 1 { "" } else { "s" };
            out::say("", &format!("removed {removed} run{plural}"));
        }
    }
    Ok(Exit::Finished)
}

/// The exit code of a run that is not found is that of a wrong argument.
pub(crate) fn failed(error: RunStoreError) -> Failure {
    match &error {
        RunStoreError::NotFound(_)
        | RunStoreError::NoId(_)
        | RunStoreError::Ledger(
            LedgerError::InUse
            | LedgerError::Ended { .. }
            | LedgerError::NotAsked { .. }
            | LedgerError::NotOver
            | LedgerError::GivenUp { .. },
        ) => Failure::usage(error.into()),
        _ => Failure::host(error.into()),
    }
}

/// Where a run stands, in one word, and its ledger if no process has it.
fn standing(store: &RunStore, info: &RunInfo) -> (String, Option<LedgerView>) {
    match store.look(&info.id) {
        Ok(view) => {
            let word = view.word(info.is_expired()).to_owned();
            (word, (!view.is_in_use()).then_some(view))
        }
        Err(error) => {
            let error = mcp_bridge::with_causes(&error);
            out::say("warning: ", &format!("run {}: {error}", info.id));
            ("damaged".to_owned(), None)
        }
    }
}

async fn list(store: &RunStore, as_json: bool) -> Result<(), Failure> {
    let runs = store.list().map_err(failed)?;
    if as_json {
        let runs: Vec<_> = runs
            .iter()
            .map(|info| entry(info, &standing(store, info).0))
            .collect();
        return out::json(&runs).await;
    }
    if runs.is_empty() {
        return out::page("there are no runs: one is kept when the policy may ask about its calls")
            .await;
    }
    let rows: Vec<_> = runs
        .iter()
        .map(|info| {
            vec![
                info.id.clone(),
                standing(store, info).0,
                humantime::format_rfc3339_seconds(info.began).to_string(),
                shown(&info.asked_by()),
                shown(&info.name),
            ]
        })
        .collect();
    out::page(&table(&rows)).await
}

fn entry(info: &RunInfo, standing: &str) -> Value {
    let time = |at| humantime::format_rfc3339_seconds(at).to_string();
    let mut entry = json!({
        "run": info.id,
        "standing": standing,
        "began": time(info.began),
        "by": info.by,
        "client": info.client,
        "name": info.name,
        "expires": info.expires.map(time),
    });
    if let Some(owner) = &info.owner {
        entry["user"] = owner.name.as_str().into();
    }
    entry
}

async fn show(store: &RunStore, run: &str, as_json: bool) -> Result<(), Failure> {
    let info = store.info(run).map_err(failed)?;
    let (word, ledger) = standing(store, &info);
    let Some(view) = ledger else {
        let error = anyhow!("run {run} is {word}: its ledger cannot be read now");
        return Err(Failure::usage(error));
    };
    let ledger = view.ledger();
    let open = ledger.questions();
    if as_json {
        let mut shown = entry(&info, &word);
        shown["calls"] = ledger.calls().map(call).collect();
        shown["questions"] = open.iter().map(questions::entry).collect();
        shown["result"] = ledger
            .result()
            .and_then(|result| serde_json::from_str(&result).ok())
            .unwrap_or_default();
        return out::json(&shown).await;
    }
    let mut text = format!(
        "{}  {word}  began {}  {}\n",
        info.id,
        humantime::format_rfc3339_seconds(info.began),
        shown(&info.asked_by()),
    );
    let rows: Vec<_> = ledger
        .calls()
        .zip(1..)
        .filter(|(call, _)| call.function() != "log")
        .map(|(call, n)| row(n, call))
        .collect();
    text.push_str(&table(&rows));
    for question in &open {
        text.push_str(&questions::shown(question));
    }
    if !open.is_empty() {
        text.push_str(&format!("decide with: mcp-host approve {run}\n"));
    }
    out::page(&text).await
}

fn row(n: usize, call: LedgerCall<'_>) -> Vec<String> {
    let name = match call.function() {
        "tool" => format!("{}/{}", call.server(), call.tool()),
        function => function.to_owned(),
    };
    let arguments = call
        .arguments()
        .map(ToString::to_string)
        .unwrap_or_default();
    let arguments = mcp_bridge::text::short(&arguments, 80).into_owned();
    vec![
        n.to_string(),
        shown(&name),
        call.state().words(call.may_have_changed()).to_owned(),
        mcp_bridge::text::line(&arguments).into_owned(),
    ]
}

fn call(call: LedgerCall<'_>) -> Value {
    json!({
        "function": call.function(),
        "server": call.server(),
        "tool": call.tool(),
        "arguments": call.arguments(),
        "began": call.began(),
        "ended": call.ended(),
        "sent": call.was_sent(),
        "may-have-changed": call.may_have_changed(),
        "failed": call.failed(),
        "asked": call.asked(),
        "decision": call.decided(),
    })
}
