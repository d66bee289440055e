//! The tools that `--tools` asks for, by wire name or label. Refuses a name that no tool of the server has.

use anyhow::anyhow;
use mcp_codegen::{Catalog, names};

use crate::exit::Failure;

/// How many tools of a server an error names.
const MOST_SHOWN: usize = 20;

/// Wire names; `None`: all.
pub(super) struct Wanted(Option<Vec<String>>);

impl Wanted {
    pub(super) fn of(server: &str, tools: &[String], catalog: &Catalog) -> Result<Self, Failure> {
        if tools.is_empty() {
            return Ok(Self(None));
        }
        let labels = names::tool_labels(catalog.tools.iter().map(|tool| tool.name.as_str()));
        let mut wanted = Vec::new();
        let mut unknown = Vec::new();
        for name in tools {
            match labels
                .iter()
                .find(|(label, wire)| wire == name || label == name)
            {
                Some((_, wire)) => wanted.push((*wire).to_owned()),
                None => unknown.push(format!("`{}`", names::shown(name))),
            }
        }
        if unknown.is_empty() {
            return Ok(Self(Some(wanted)));
        }
        let mut known: Vec<String> = labels
            .iter()
            .take(MOST_SHOWN)
            .map(|(_, wire)| names::shown(wire))
            .collect();
        if labels.len() > MOST_SHOWN {
            known.push(format!(
                "and {} more, which `mcp-codegen inspect` lists",
                labels.len() - MOST_SHOWN
            ));
        }
        Err(Failure::usage(anyhow!(
            "server `{}` has no tool {}; it has {}",
            server,
            unknown.join(", "),
            known.join(", ")
        )))
    }

    /// Whether the tool with this wire name is one of them.
    pub(super) fn has(&self, wire: &str) -> bool {
        let mut wanted = self.0.iter().flatten();
        self.0.is_none() || wanted.any(|name| name == wire)
    }
}
