//! What a skill is linked against, and the result of linking.

use std::collections::BTreeMap;
use std::sync::Arc;

use mcp_codec::Spread;
use mcp_script::Diagnostic;
use serde::Serialize;
use wasmtime::component::InstancePre;

use crate::catalog::Catalog;
use crate::component::skill::Skill;
use crate::contract::script::{Contents, Module};
use crate::observe::Observer;
use crate::rules::policy::Grants;
use crate::run::Run;
use crate::run::capabilities::Capabilities;
use crate::run::script_tool::ScriptTool;
use crate::run::typed_tool::TypedTool;
use crate::storage::state::StateStore;

/// A skill that can be executed: every import is satisfied.
pub struct Linked {
    pub(crate) skill: Arc<Skill>,
    pub(crate) instance: InstancePre<Run>,
    pub(crate) capabilities: Arc<Capabilities>,
    /// Over all values that the skill and its dependencies pass.
    pub(crate) spread: Spread,
    /// What may be wrong with a script, and did not stop it.
    pub(crate) warnings: Vec<Diagnostic>,
    /// The warning that a script has no result, if it has none.
    pub(crate) no_result: Option<Diagnostic>,
    /// The modules that a script may import.
    pub(crate) modules: Arc<[Module]>,
    /// The skills that provide its imports, at the indexes that the linker uses.
    pub(crate) dependencies: Vec<(String, Linked)>,
    /// Who observes its runs.
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// A tool that a linked skill can call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkedTool {
    /// The server's name in the configuration.
    pub server: String,
    /// The tool's own name.
    pub tool: String,
    /// Whether the server says that it only reads.
    pub read_only: bool,
}

impl Linked {
    /// Whether the policy lets a person decide about some call of its tools, so that a run needs a ledger.
    #[must_use]
    pub fn may_ask(&self) -> bool {
        let mut parts = self.dependencies.iter();
        self.capabilities.may_ask() || parts.any(|(_, part)| part.may_ask())
    }

    /// The results of earlier runs that it imports, as JSON text by their ids.
    #[must_use]
    pub fn earlier(&self) -> BTreeMap<String, Arc<str>> {
        let runs = self
            .modules
            .iter()
            .filter_map(|module| match &module.contents {
                Contents::Json(value) => {
                    let id = module.specifier.strip_prefix("run:")?;
                    Some((id.to_owned(), Arc::clone(value)))
                }
                Contents::Tools(_) => None,
            });
        runs.collect()
    }

    /// The text of a script.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.skill.script().map(|script| &*script.text)
    }

    /// The tools that its imports call.
    #[must_use]
    pub fn tools(&self) -> Vec<LinkedTool> {
        let typed = self.capabilities.tools.iter().map(TypedTool::names);
        let scripted = self.capabilities.scripted.iter().map(ScriptTool::names);
        let tools = typed.chain(scripted).map(|(server, tool)| LinkedTool {
            server: server.name().to_owned(),
            tool: tool.to_owned(),
            read_only: server.tool(tool).is_some_and(|tool| {
                let hints = tool.annotations.as_ref();
                hints.is_some_and(|hints| hints.read_only_hint == Some(true))
            }),
        });
        tools.collect()
    }

    /// From now on, this observer is given each run of the skill, and the calls of its dependencies.
    pub fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.observer = Some(observer);
    }

    /// What may be wrong with a script, and does not stop it.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let more = self.no_result.iter();
        self.warnings.iter().chain(more).cloned().collect()
    }

    /// The same as text, each with its place and the line.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.rendered(&self.diagnostics())
    }

    /// Adds warnings about the script, which stand in the report of each run.
    pub fn add_warnings(&mut self, more: Vec<Diagnostic>) {
        self.warnings.extend(more);
    }

    pub(crate) fn rendered(&self, diagnostics: &[Diagnostic]) -> Vec<String> {
        let Some(script) = self.skill.script() else {
            return Vec::new();
        };
        let rendered = diagnostics.iter().map(|one| script.rendered(one));
        rendered.collect()
    }
}

/// What a skill is linked against.
#[derive(Default)]
pub struct Environment {
    /// The servers of the run.
    pub catalog: Arc<Catalog>,
    /// The user's grants beyond the typed imports.
    pub grants: Arc<Grants>,
    /// The state store, and the name of the skill in it. Without it, every `state` call fails with `io`.
    pub state: Option<(Arc<StateStore>, String)>,
    /// The names of all servers that could be in the run, for messages.
    pub servers: Vec<String>,
    /// The results of earlier runs that a script may import from `run:ID`, as JSON text by their ids.
    pub earlier: BTreeMap<String, Arc<str>>,
}
