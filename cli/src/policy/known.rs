//! What is known of the tools that a skill imports, without starting a server: from the pins, else from the list of
//! last time.

use std::path::Path;

use mcp_bridge::{Config, Lock, Tool};
use mcp_codegen::names;
use mcp_host::Hints;

use crate::dirs;
use crate::exit::Failure;

/// The servers of a configuration, with the tools that are known.
pub(super) struct Known(Vec<(String, Option<Vec<Tool>>)>);

/// A tool of a skill's manifest.
pub(super) struct Imported {
    pub(super) server: String,
    pub(super) tool: String,
    /// `Err`: why they are not known.
    pub(super) hints: Result<Hints, &'static str>,
}

impl Known {
    /// Of the configuration that a run of this skill would use.
    pub(super) fn of(config: Option<&Path>, skill: &Path) -> Result<Self, Failure> {
        let usage = |error: anyhow::Error| Failure::usage(error);
        let config =
            Config::discover_beside(config, Some(skill)).map_err(|error| usage(error.into()))?;
        let lock = Lock::beside(&config).map_err(|error| usage(error.into()))?;
        let lists = dirs::tool_lists();
        let listed = mcp_serve::listed_last(&config, lists.as_deref()).into_iter();
        let servers = listed.map(|(name, tools)| {
            // Only what was accepted is called, so the definition of a pinned tool is the one that counts.
            let pinned = lock.accepted(&name);
            (name, pinned.or_else(|| tools.map(|tools| tools.to_vec())))
        });
        Ok(Self(servers.collect()))
    }

    /// The tool that an import means: by its name, or by its label.
    pub(super) fn imported(&self, server: &str, function: &str) -> Imported {
        let unknown = |server: &str, why| Imported {
            server: server.to_owned(),
            tool: function.to_owned(),
            hints: Err(why),
        };
        let is_meant =
            |name: &str, wanted: &str| name == wanted || names::label(name) == names::label(wanted);
        let found = self.0.iter().find(|(name, _)| is_meant(name, server));
        let Some((name, tools)) = found else {
            return unknown(server, "the server is not configured");
        };
        let Some(tools) = tools else {
            return unknown(name, "the server was not listed yet");
        };
        let exact = tools.iter().find(|tool| tool.name == function);
        let tool = exact.or_else(|| {
            let labels = names::tool_labels(tools.iter().map(|tool| &*tool.name));
            let wanted = labels.into_iter().find(|(label, _)| label == function);
            let wanted = wanted.map_or_else(|| function.to_owned(), |(_, name)| name.to_owned());
            let mut tools = tools.iter();
            tools.find(|tool| is_meant(&tool.name, &wanted))
        });
        match tool {
            Some(tool) => Imported {
                server: name.clone(),
                tool: tool.name.to_string(),
                hints: Ok(Hints::of(tool)),
            },
            None => unknown(name, "the server had no such tool when it was listed"),
        }
    }
}
