//! The tools that each server listed last, for a command that starts none.

use std::path::Path;
use std::sync::Arc;

use mcp_bridge::{Config, Tool};

use crate::kept::KeptLists;
use crate::servers::entries;

/// The servers of the configuration, and the tools that each of them listed last, where that is kept in `lists`. A list
/// of another definition of a server is not one of it.
#[must_use]
pub fn listed_last(config: &Config, lists: Option<&Path>) -> Vec<(String, Option<Arc<[Tool]>>)> {
    let kept = lists.and_then(|dir| KeptLists::open(dir).ok());
    let tools = |entry: &str, name: &str| Some(kept.as_ref()?.read(entry, name)?.tools);
    let servers = entries(config.clone()).into_iter();
    servers
        .map(|(name, entry)| {
            let tools = tools(&entry, &name);
            (name, tools)
        })
        .collect()
}
