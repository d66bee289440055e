//! What is known of the tools that a skill imports, without starting a server: from the list of last time, else from
//! the pins.

use std::collections::HashSet;
use std::path::Path;

use mcp_bridge::{Config, DriftKind, Lock, Tool};
use mcp_codegen::names;
use mcp_host::Hints;

use crate::dirs;
use crate::exit::Failure;

/// The servers of a configuration, with the tools that are known.
pub(super) struct Known(Vec<Server>);

struct Server {
    name: String,
    tools: Option<Vec<Tool>>,
    /// Which of them are not as they were pinned, by the list of last time.
    drifts: Vec<(String, DriftKind)>,
}

/// A tool of a skill's manifest.
pub(super) struct Imported {
    pub(super) server: String,
    pub(super) tool: String,
    /// `Err`: why they are not known.
    pub(super) hints: Result<Hints, &'static str>,
    /// It is not as it was pinned, and whether it is new.
    pub(super) drift: Option<DriftKind>,
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
            let drifts = tools.iter().flat_map(|tools| lock.drifts(&name, tools));
            let drifts = drifts.filter(|drift| drift.kind != DriftKind::Gone);
            let drifts = drifts.map(|drift| (drift.tool, drift.kind)).collect();
            let pinned = lock.accepted(&name);
            let mut known = tools.map(|tools| tools.to_vec());
            if let Some(pinned) = pinned {
                let known = known.get_or_insert_default();
                let listed: HashSet<_> = known.iter().map(|tool| tool.name.clone()).collect();
                let others = pinned.into_iter();
                known.extend(others.filter(|tool| !listed.contains(&tool.name)));
            }
            Server {
                name,
                tools: known,
                drifts,
            }
        });
        Ok(Self(servers.collect()))
    }

    /// The tool that an import means: by its name, or by its label.
    pub(super) fn imported(&self, server: &str, function: &str) -> Imported {
        let unknown = |server: &str, why| Imported {
            server: server.to_owned(),
            tool: function.to_owned(),
            hints: Err(why),
            drift: None,
        };
        let is_meant =
            |name: &str, wanted: &str| name == wanted || names::label(name) == names::label(wanted);
        let found = self.0.iter().find(|found| is_meant(&found.name, server));
        let Some(found) = found else {
            return unknown(server, "the server is not configured");
        };
        let name = &found.name;
        let Some(tools) = &found.tools else {
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
                drift: found
                    .drifts
                    .iter()
                    .find(|(drifted, _)| *drifted == tool.name)
                    .map(|(_, kind)| *kind),
            },
            None => unknown(name, "the server had no such tool when it was listed"),
        }
    }
}
