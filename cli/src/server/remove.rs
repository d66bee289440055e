//! `mcp-host server remove`: removes a server from the configuration file, and from the lock beside it.

use clap::Args;
use mcp_bridge::{Config, Lock, remove_server};
use serde_json::json;

use super::common::{Common, not_edited};
use crate::exit::{Exit, Failure};
use crate::out;

pub(super) const HELP: &str = "\
Examples:
  mcp-host server remove github";

#[derive(Args)]
pub(super) struct RemoveArgs {
    /// The server's name in the configuration.
    name: String,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(args: &RemoveArgs) -> Result<Exit, Failure> {
    let path = Config::place(args.common.config.as_deref());
    // Read before anything is changed: an unreadable lock must not lead to a half-done removal.
    let mut lock = Lock::of(&path)
        .and_then(Lock::check)
        .map_err(|error| Failure::usage(error.into()))?;
    remove_server(&path, &args.name).map_err(not_edited)?;
    let unpinned = lock.unpin(&args.name);
    if unpinned {
        lock.write().map_err(|error| Failure::usage(error.into()))?;
    }
    let path = path.display().to_string();
    if args.common.json() {
        let removed = json!({ "removed": args.name, "config": path, "unpinned": unpinned });
        out::json(&removed).await?;
    } else {
        let pins = if unpinned { ", and its pins" } else { "" };
        out::say("", &format!("removed `{}` from `{path}`{pins}", args.name));
    }
    Ok(Exit::Finished)
}
