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

/// Bytes of ledgers that a list checks.
const LIST: u64 = 256 << 20;

/// Bytes of lines that `show` reads for the arguments of calls, as text.
const ARGUMENTS: usize = 16 << 20;

/// Calls that `show` lists as text.
const MOST: usize = 1_000;

/// What stands in the place of a word where a ledger cannot be read.
fn damaged(info: &RunInfo, error: &RunStoreError) -> String {
    let error = mcp_bridge::with_causes(error);
    out::say("warning: ", &format!("run {}: {error}", info.id));
    "damaged".to_owned()
}

async fn list(store: &RunStore, as_json: bool) -> Result<(), Failure> {
    let runs = store.list().map_err(failed)?;
    let (mut room, mut unchecked) = (LIST, 0);
    let words: Vec<_> = runs
        .iter()
        .map(|info| match store.glance(info, &mut room) {
            Ok(glance) => {
                unchecked += usize::from(!glance.is_checked);
                glance.word
            }
            Err(error) => damaged(info, &error),
        })
        .collect();
    if unchecked > 0 {
        let mib = LIST >> 20;
        let what = format!(
            "{unchecked} ledgers beyond {mib} MiB are not checked: see `mcp-host runs show`"
        );
        out::say("warning: ", &what);
    }
    let runs = runs.iter().zip(&words);
    if as_json {
        let runs: Vec<_> = runs.map(|(info, word)| entry(info, word)).collect();
        return out::json(&runs).await;
    }
    if words.is_empty() {
        return out::page("there are no runs: one is kept when the policy may ask about its calls")
            .await;
    }
    let rows: Vec<_> = runs
        .map(|(info, word)| {
            vec![
                info.id.clone(),
                word.clone(),
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
    let view = match store.look(run) {
        Ok(view) => view,
        Err(error) => {
            let word = damaged(&info, &error);
            let error = anyhow!("run {run} is {word}: its ledger cannot be read now");
            return Err(Failure::usage(error));
        }
    };
    let word = view.word(info.is_expired()).to_owned();
    let ledger = view.ledger();
    // A run that goes on asks nothing now.
    let (open, more) = match view.is_in_use() {
        true => (Vec::new(), 0),
        false if as_json => (ledger.questions(), 0),
        false => ledger.first_questions(MOST, ARGUMENTS),
    };
    if as_json {
        let mut shown = entry(&info, &word);
        let (calls, unanswered) = view.progress();
        shown["progress"] = json!({
            "tool-calls": calls,
            "unanswered": unanswered,
            "changed": view.changed().map(|at| humantime::format_rfc3339_seconds(at).to_string()),
        });
        let imports = ledger.imports().map(|(server, tool, hints)| {
            json!({ "server": server, "tool": tool, "read-only": hints.read_only() })
        });
        shown["imports"] = imports.collect();
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
    if view.is_in_use() {
        text.push_str(&goes_on(&view));
    }
    text.push_str(&imports(&view));
    let calls = ledger.calls().zip(1..);
    let calls: Vec<_> = calls.filter(|(call, _)| call.function() != "log").collect();
    let mut room = ARGUMENTS;
    let shown = calls.iter().take(MOST);
    let rows: Vec<_> = shown.map(|(call, n)| row(*n, *call, &mut room)).collect();
    text.push_str(&table(&rows));
    if calls.len() > MOST {
        text.push_str(&format!(
            "{} more calls: `--format json` has all\n",
            calls.len() - MOST
        ));
    }
    for question in &open {
        text.push_str(&questions::shown(question));
    }
    if more > 0 {
        text.push_str(&format!("and {more} more calls that wait\n"));
    }
    if !open.is_empty() {
        text.push_str(&format!("decide with: mcp-host approve {run}\n"));
    }
    out::page(&text).await
}

/// How far a run came that a process has now.
fn goes_on(view: &LedgerView) -> String {
    let (calls, unanswered) = view.progress();
    let plural = if calls == 1 { "" } else { "s" };
    let changed = view.changed().map_or_else(String::new, |at| {
        format!(
            ", the last event at {}",
            humantime::format_rfc3339_seconds(at)
        )
    });
    format!(
        "goes on now: {calls} tool call{plural} so far, {unanswered} without an answer{changed}\n"
    )
}

/// The imports of a run, on one line.
fn imports(view: &LedgerView) -> String {
    let all: Vec<_> = view
        .ledger()
        .imports()
        .map(|(server, tool, hints)| {
            let reads = if hints.read_only() { " (reads)" } else { "" };
            format!("{}/{}{reads}", shown(server), shown(tool))
        })
        .collect();
    match all.is_empty() {
        true => String::new(),
        false => format!("imports {}\n", all.join(", ")),
    }
}

fn row(n: usize, call: LedgerCall<'_>, room: &mut usize) -> Vec<String> {
    let arguments = match room.checked_sub(call.line_bytes()) {
        Some(left) => {
            *room = left;
            let arguments = call.arguments().map(ToString::to_string);
            arguments.unwrap_or_default()
        }
        None => "(not read)".to_owned(),
    };
    let arguments = mcp_bridge::text::short(&arguments, 80).into_owned();
    vec![
        n.to_string(),
        call.name('/'),
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
