//! `mcp-host server diff`: what changed in the tools of a pinned server.

use clap::Args;
use mcp_bridge::{Drift, DriftKind};
use mcp_codegen::names::shown;
use serde_json::{Value, json};

use super::common::Common;
use crate::exit::{Exit, Failure, hidden};
use crate::out;
use crate::progress::Progress;

pub(super) const HELP: &str = "\
Examples:
  mcp-host server diff github

Exit codes:
  0  no tool is rejected
  2  the server is not pinned, or the configuration or the lock is wrong
  4  a tool changed or is new, and is rejected until `mcp-host server pin NAME --update`
  6  the server does not start";

#[derive(Args)]
pub(super) struct DiffArgs {
    /// The server's name in the configuration.
    name: String,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(args: &DiffArgs, progress: &Progress) -> Result<Exit, Failure> {
    let config = args.common.read()?;
    let lock = args.common.lock(&config)?;
    let client = super::common::connect(&config, &args.name, &lock, progress).await?;
    let name = client.name();
    if !lock.is_pinned(name) {
        let error =
            anyhow::anyhow!("server `{name}` is not pinned: there is nothing to compare with");
        let hint = format!("accept its tools as they are with `mcp-host server pin {name}`");
        return Err(Failure::usage(error).hint(Some(hint)));
    }
    let refused = client
        .drifts()
        .iter()
        .any(|drift| drift.kind != DriftKind::Gone);
    let is_same = client.drifts().is_empty();
    let written = if args.common.json() {
        let drifts: Vec<Value> = client.drifts().iter().map(value).collect();
        out::json(&json!({ "server": name, "drifts": drifts })).await
    } else {
        let written = out::page(&client.drifts().iter().map(text).collect::<String>()).await;
        if is_same {
            out::say(
                "",
                &format!("no difference: the tools of `{name}` are as they were pinned"),
            );
        }
        if refused {
            let hint = format!("accept it with `mcp-host server pin {name} --update`");
            out::say("hint:  ", &hint);
        }
        written
    };
    client.close().await;
    written?;
    Ok(if refused {
        Exit::Denied
    } else {
        Exit::Finished
    })
}

/// A line about the tool, and the difference below it.
pub(super) fn text(drift: &Drift) -> String {
    let (kind, tool) = (drift.kind.word(), shown(&drift.tool));
    let diff = hidden(&drift.diff()).replace('\n', "\n  ");
    format!("{kind}: tool `{tool}`\n  {diff}\n")
}

pub(super) fn value(drift: &Drift) -> Value {
    json!({ "tool": drift.tool, "kind": drift.kind.word(), "diff": hidden(&drift.diff()) })
}
