//! `run --check`: what a run would do, after everything that comes before it.

use std::path::Path;

use mcp_codegen::names::shown;
use mcp_host::{Linked, Skill};

use crate::exit::Failure;
use crate::format::Format;
use crate::out;

/// A skill that was linked, and is not run.
pub(super) struct Checked<'a> {
    pub(super) skill: &'a Skill,
    pub(super) linked: &'a Linked,
    pub(super) path: &'a Path,
}

impl Checked<'_> {
    pub(super) async fn write(&self, format: Format) -> Result<(), Failure> {
        for warning in self.linked.warnings() {
            out::say("warning: ", &warning);
        }
        match format {
            Format::Json => {
                let json = serde_json::json!({
                    "outcome": "would-run",
                    "digest": self.skill.digest(),
                    "tools": self.linked.tools(),
                    "warnings": self.linked.warnings(),
                    "diagnostics": self.linked.diagnostics(),
                });
                out::json(&json).await
            }
            Format::Text => out::page(&self.text()).await,
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{} would run", shown(&self.path.display().to_string()));
        let tools = self.linked.tools();
        if tools.is_empty() {
            text.push_str(", and calls no tool by an import");
        }
        text.push('\n');
        for tool in tools {
            let (server, name) = (shown(&tool.server), shown(&tool.tool));
            let effect = match tool.read_only {
                true => "reads",
                false => "may change something",
            };
            text.push_str(&format!("  {server}/{name}  {effect}\n"));
        }
        text
    }
}
