//! `mcp-host server pin`: accepts the current tools of servers. Accepts differences from existing pins only with
//! `--update`.

use clap::Args;
use mcp_bridge::{Client, Drift, Lock, text};
use mcp_codegen::names::shown;
use serde_json::{Value, json};

use super::common::{Common, exit_of, no_servers};
use super::survey::{self, State, Surveyed};
use super::{check, diff};
use crate::exit::{Exit, Failure};
use crate::out;
use crate::out::print_error;
use crate::progress::Progress;

pub(super) const HELP: &str = "\
Examples:
  mcp-host server pin                    accept the tools of every server
  mcp-host server pin github             accept those of one
  mcp-host server pin github --update    accept what `mcp-host server diff github` shows

The pins are written to `mcp.lock` beside `mcp.json`. Commit both.

Exit codes:
  0  the tools are pinned
  2  the configuration or the lock is wrong
  4  a pinned tool changed or is new, and `--update` was not given: its pins stay as they were
  6  a server does not start: its pins stay as they were";

#[derive(Args)]
pub(super) struct PinArgs {
    /// Servers to pin; without a name, all that are not disabled.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Accept differences from the existing pins.
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(args: &PinArgs, progress: &Progress) -> Result<Exit, Failure> {
    let config = args.common.read_existing()?;
    let known = args.common.lock(&config)?;
    let mut lock = known.clone();
    let surveyed = survey::survey(&config, &known, &args.names, progress, async |one| {
        if args.common.json() {
            return Ok(());
        }
        progress.clear();
        out::page(&pin(one, &known, args).text()).await
    })
    .await?;
    let done: Vec<Pinned> = surveyed.iter().map(|one| pin(one, &known, args)).collect();
    for one in &surveyed {
        accept(one, &done, &mut lock);
    }
    if done
        .iter()
        .any(|one| one.state == "pinned" || one.state == "updated")
    {
        lock.write().map_err(|error| Failure::usage(error.into()))?;
    }
    let written = if args.common.json() {
        let servers: Vec<Value> = done.iter().map(Pinned::value).collect();
        let path = lock.path().map(|path| path.display().to_string());
        out::json(&json!({ "lock": path, "servers": servers })).await
    } else if surveyed.is_empty() {
        out::say("", &no_servers(&config));
        Ok(())
    } else {
        for one in done.iter().filter(|one| one.exit == Exit::Denied) {
            let hint = format!("accept it with `mcp-host server pin {} --update`", one.name);
            let what = format!("the tools of pinned server `{}` differ", shown(&one.name));
            print_error(&what, Some(&hint));
        }
        Ok(())
    };
    survey::close(surveyed).await;
    written?;
    // The most severe result decides.
    Ok([Exit::Host, Exit::Usage, Exit::Denied]
        .into_iter()
        .find(|exit| done.iter().any(|one| one.exit == *exit))
        .unwrap_or(Exit::Finished))
}

/// The result for one server.
struct Pinned {
    name: String,
    /// `pinned`, `updated`, `unchanged`, `refused`, `failed` or `disabled`.
    state: &'static str,
    tools: usize,
    drifts: Vec<Drift>,
    look_alikes: Vec<String>,
    error: Option<String>,
    exit: Exit,
}

fn pin(one: &Surveyed<'_>, lock: &Lock, args: &PinArgs) -> Pinned {
    let mut pinned = Pinned {
        name: one.name.to_owned(),
        state: "disabled",
        tools: 0,
        drifts: Vec::new(),
        look_alikes: Vec::new(),
        error: None,
        exit: Exit::Finished,
    };
    let client: &Client = match &one.state {
        State::Ready(client, _) => client,
        State::Disabled => {
            // The user named it, and expects it to be pinned.
            if args.names.iter().any(|name| name == one.name) {
                pinned.exit = Exit::Usage;
                pinned.error = Some("remove `disabled` to use it".to_owned());
            }
            return pinned;
        }
        State::Failed(error) => {
            pinned.state = "failed";
            pinned.exit = exit_of(error);
            pinned.error = Some(check::message(error));
            return pinned;
        }
    };
    pinned.tools = client.listed().len();
    pinned.drifts = client.drifts().to_vec();
    pinned.look_alikes = survey::look_alikes_of(client);
    let known = lock.is_pinned(client.name());
    pinned.state = match (known, pinned.drifts.is_empty(), args.update) {
        (true, true, _) => "unchanged",
        (true, false, false) => {
            pinned.exit = Exit::Denied;
            "refused"
        }
        (true, false, true) => "updated",
        (false, _, _) => "pinned",
    };
    pinned
}

/// Writes the tools of a server into the lock, if they are accepted.
fn accept(one: &Surveyed<'_>, done: &[Pinned], lock: &mut Lock) {
    let is_accepted =
        |pinned: &&Pinned| pinned.name == one.name && matches!(pinned.state, "updated" | "pinned");
    if let State::Ready(client, _) = &one.state
        && done.iter().any(|pinned| is_accepted(&pinned))
    {
        lock.pin(client.name(), client.listed());
    }
}

impl Pinned {
    fn text(&self) -> String {
        let plural = if self.tools == 1 { "" } else { "s" };
        let mut text = format!("{}: {}", shown(&self.name), self.state);
        if self.tools > 0 {
            text.push_str(&format!(" ({} tool{plural})", self.tools));
        }
        text.push('\n');
        if let Some(error) = &self.error {
            let error = text::message(error).replace('\n', "\n    ");
            text.push_str(&format!("  error: {error}\n"));
        }
        for alike in &self.look_alikes {
            text.push_str(&format!("  warning: {alike}\n"));
        }
        text.extend(self.drifts.iter().map(diff::text));
        text
    }

    fn value(&self) -> Value {
        json!({
            "name": self.name,
            "state": self.state,
            "tools": self.tools,
            "drifts": self.drifts.iter().map(diff::value).collect::<Vec<_>>(),
            "look_alikes": self.look_alikes,
            "error": self.error,
        })
    }
}
