//! The capabilities of a linked skill: servers, grants, files and state. All its runs share them.

use std::sync::Arc;

use super::judge::ToolJudge;
use super::script_tool::ScriptTool;
use super::typed_tool::TypedTool;
use crate::catalog::{Catalog, CatalogServer, ToolServer};
use crate::contract::ToolError;
use crate::rules::policy::{Grants, Hints, PolicyRefusal, advice};
use crate::storage::files::Files;
use crate::storage::state::StateStore;

/// The capabilities of one linked skill.
pub(crate) struct Capabilities {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) files: Files,
    /// The state store, and the name of the skill in it.
    pub(crate) state: Option<(Arc<StateStore>, String)>,
    /// The tools that it imports, at the indexes that the linker uses.
    pub(crate) tools: Vec<TypedTool>,
    /// The tools that it imports, if it is a script, at the numbers that the script engine has.
    pub(crate) scripted: Vec<ScriptTool>,
}

impl Capabilities {
    /// The rules for the calls of a tool by its name, if it has any that make a difference.
    pub(crate) fn judge(&self, server: &str, tool: &str) -> Option<ToolJudge> {
        self.grants.policy.as_ref()?;
        let known = self.granted(server, tool).ok()?.tool(tool)?;
        ToolJudge::of(&self.grants, server, known)
    }

    /// Whether a person decides about some call.
    pub(crate) fn may_ask(&self) -> bool {
        let typed = self.tools.iter().any(TypedTool::may_ask);
        let scripted = self.scripted.iter().any(ScriptTool::may_ask);
        typed || scripted || self.named_may_ask()
    }

    /// The same for the calls by name that the user granted.
    fn named_may_ask(&self) -> bool {
        if self.grants.tools.is_empty() || self.grants.policy.is_none() {
            return false;
        }
        let mut servers = self.catalog.servers().iter().map(CatalogServer::server);
        servers.any(|server| {
            let mut tools = server.tools().iter();
            tools.any(|tool| {
                let judge = self.judge(server.name(), &tool.name);
                judge.is_some_and(|judge| judge.may_ask())
            })
        })
    }

    /// The server of a call by name, if the user granted the call.
    pub(crate) fn granted(
        &self,
        server: &str,
        tool: &str,
    ) -> Result<&Arc<dyn ToolServer>, ToolError> {
        if !self.grants.allows(server, tool) {
            return Err(ToolError::Denied(format!(
                "call-tool `{server}/{tool}` is not granted; add `--allow {server}/{tool}`"
            )));
        }
        // A server whose tools policy denies altogether was not started.
        if let Some(refusal) = self.grants.denial(server, tool) {
            return Err(denied(&refusal));
        }
        let Some(found) = self.catalog.by_name(server) else {
            return Err(ToolError::NotFound(format!(
                "no server `{server}` in this run; {}",
                self.catalog.known()
            )));
        };
        let Some(known) = found.tool(tool) else {
            if let Some(drift) = found.drift(tool) {
                return Err(ToolError::Denied(drift.refusal(server)));
            }
            return Err(ToolError::NotFound(format!(
                "server `{server}` has no tool `{tool}`"
            )));
        };
        if let Some(refusal) = self.grants.refusal(server, tool, Hints::of(known)) {
            return Err(denied(&refusal));
        }
        Ok(found)
    }
}

fn denied(refusal: &PolicyRefusal) -> ToolError {
    let advice = advice(std::iter::once(refusal)).unwrap_or_default();
    ToolError::Denied(format!("{refusal}; {advice}"))
}
