//! `mcp-host skill test --live`: a skill runs with the inputs of its recorded runs on the servers that it has now, if
//! it changes nothing there.

use std::io;

use anyhow::anyhow;
use mcp_host::Outcome;
use serde_json::{Value, json};

use super::args::TestArgs;
use super::test::recordings;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::run::live::{self, Live, Place};
use crate::run_args::RunArgs;
use crate::saved::{self, Saved};
use crate::signals::StopSender;
use crate::{out, report};

/// One recorded run, repeated.
struct Tested {
    outcome: Outcome,
    /// Whether its result is the recorded one. Another one is no failure: what servers have changes.
    same: bool,
}

pub(super) async fn run(
    args: TestArgs,
    progress: &Progress,
    stop: &StopSender,
    json: bool,
) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let saved = saved::load(&store, &args.skill).map_err(saved::failed)?;
    let run = RunArgs::links(saved.home.clone(), args.config, args.limits);
    let live = live::live(&run, &Place::saved(&saved), progress).await?;
    let tested = tested(&saved, &live, stop).await;
    live.close().await;
    let tested = tested?;
    let all = tested
        .iter()
        .all(|tested| tested.outcome == Outcome::Finished);
    let word = |tested: &Tested| match (&tested.outcome, tested.same) {
        (Outcome::Finished, true) => "finished with the same result".to_owned(),
        (Outcome::Finished, false) => "finished with another result".to_owned(),
        (outcome, _) => outcome.name().to_owned(),
    };
    let numbered = tested.iter().zip(1..);
    if json {
        let entries = numbered.map(|(tested, number)| {
            let finished = tested.outcome == Outcome::Finished;
            json!({
                "example": format!("assets/examples/{number}.jsonl"),
                "finished": finished,
                "same": finished && tested.same,
            })
        });
        out::json(&entries.collect::<Vec<_>>()).await?;
    } else {
        let lines: String = numbered
            .map(|(tested, number)| format!("assets/examples/{number}.jsonl  {}\n", word(tested)))
            .collect();
        out::page(&lines).await?;
    }
    Ok(if all { Exit::Finished } else { Exit::Differs })
}

async fn tested(saved: &Saved, live: &Live, stop: &StopSender) -> Result<Vec<Tested>, Failure> {
    saved.drifted(&live.catalog)?;
    saved.covers(&live.linked)?;
    let name = saved.name();
    let recordings = recordings(saved)?;
    if recordings.is_empty() {
        let error = anyhow!("skill `{name}` has no recorded run to repeat");
        let hint = "`mcp-host skill save RUN` keeps the run as one";
        return Err(Failure::usage(error).hint(Some(hint)));
    }
    let mut tools = live.linked.tools().into_iter();
    if let Some(writes) = tools.find(|tool| !tool.read_only) {
        let error = anyhow!(
            "skill `{name}` did not run: {}/{} may change something",
            writes.server,
            writes.tool
        );
        let hint = "without `--live` its recorded runs are repeated without a server";
        return Err(Failure::usage(error).hint(Some(hint)));
    }
    if live.linked.may_ask() {
        let error = anyhow!("skill `{name}` did not run: the policy asks about its calls");
        return Err(Failure::usage(error).hint(Some("run it: `mcp-host run`")));
    }
    let mut tested = Vec::new();
    for recording in &recordings {
        let report = live.again(recording, io::sink(), stop).await?;
        if report.outcome != Outcome::Finished {
            report::say(&report);
        }
        let result = report.result.as_deref();
        let result: Option<Value> = result.and_then(|text| serde_json::from_str(text).ok());
        tested.push(Tested {
            same: result.as_ref() == recording.result(),
            outcome: report.outcome,
        });
    }
    Ok(tested)
}
