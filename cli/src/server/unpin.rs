//! `mcp-host server unpin`: forgets the accepted tools of servers. Starts nothing.

use clap::Args;
use mcp_bridge::{Config, Lock};
use mcp_codegen::near::nearest;
use serde_json::json;

use super::common::Common;
use crate::exit::{Exit, Failure};
use crate::out;

pub(super) const HELP: &str = "\
Examples:
  mcp-host server unpin github

From then on, all tools of the server are accepted as they are.";

#[derive(Args)]
pub(super) struct UnpinArgs {
    /// Servers whose pins are removed; they need not be in the configuration any more.
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(args: &UnpinArgs) -> Result<Exit, Failure> {
    let path = Config::place(args.common.config.as_deref());
    let mut lock = Lock::of(&path).map_err(|error| Failure::usage(error.into()))?;
    // Nothing is written before every name is known.
    if let Some(name) = args.names.iter().find(|name| !lock.is_pinned(name)) {
        let pinned = lock.names();
        let near = nearest(name, pinned).map(|near| format!("; did you mean `{near}`?"));
        let error = anyhow::anyhow!(
            "server `{name}` is not pinned beside `{}`{}",
            path.display(),
            near.unwrap_or_default()
        );
        return Err(Failure::usage(error));
    }
    for name in &args.names {
        lock.unpin(name);
    }
    lock.write().map_err(|error| Failure::usage(error.into()))?;
    if args.common.json() {
        let lock = lock.path().map(|path| path.display().to_string());
        out::json(&json!({ "unpinned": args.names, "lock": lock })).await?;
    } else {
        for name in &args.names {
            out::say("", &format!("unpinned `{name}`"));
        }
    }
    Ok(Exit::Finished)
}
