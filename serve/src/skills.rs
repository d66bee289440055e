//! Saved skills that an agent runs: loaded whole for each run, and bound to the definitions of their tools. Saves none,
//! and shows no model what changed in a definition.

use std::path::PathBuf;
use std::sync::Arc;

use mcp_bridge::with_causes;
use mcp_codegen::names::shown;
use mcp_host::{Catalog, Linked};
use mcp_skills::{Kind, Loaded, Named, Store, StoreError};

use crate::answer::{Code, Refusal};

/// Where the saved skills are. They are looked for at each run: the user saves some meanwhile.
pub(crate) struct SavedSkills(Option<PathBuf>);

/// A saved skill of a run.
#[derive(Clone)]
pub(crate) struct Skill(Arc<Loaded>);

impl SavedSkills {
    pub(crate) fn at(dir: Option<PathBuf>) -> Self {
        Self(dir)
    }

    /// Loads a skill by its name, with every byte as it was saved.
    pub(crate) async fn load(&self, text: &str) -> Result<Skill, Refusal> {
        let not_found = |what: String| {
            let hint = "search_tools lists what there is; or send the script as `code`";
            Refusal::new(Code::SkillNotFound, what).hint(Some(hint))
        };
        let unknown = || not_found(format!("no skill `{}` is saved here", shown(text)));
        let (Some(dir), Some(named)) = (self.0.clone(), Named::parse(text)) else {
            return Err(unknown());
        };
        let load = move || match Store::find(dir)? {
            Some(store) => store.load(&named.name, named.version).map(Some),
            None => Ok(None),
        };
        let loaded = tokio::task::spawn_blocking(load)
            .await
            .map_err(|error| Refusal::new(Code::Internal, error.to_string()))?;
        match loaded {
            Ok(Some(loaded)) if loaded.record.kind == Kind::Component => {
                let name = &loaded.record.name;
                let what = format!(
                    "skill `{name}` is a component, and run_script runs scripts: `mcp-host run {name}` runs it"
                );
                Err(Refusal::new(Code::BadArguments, what))
            }
            Ok(Some(loaded)) => Ok(Skill(Arc::new(loaded))),
            Ok(None) | Err(StoreError::NotFound(_)) => Err(unknown()),
            Err(error @ StoreError::NoVersion { .. }) => Err(not_found(error.to_string())),
            Err(error @ StoreError::Damaged { .. }) => {
                let hint = "the user runs `mcp-host skill verify`";
                Err(Refusal::new(Code::SkillDrifted, error.to_string()).hint(Some(hint)))
            }
            Err(error) => Err(Refusal::new(Code::Internal, with_causes(&error))),
        }
    }
}

impl Skill {
    /// `NAME@VERSION`.
    pub(crate) fn name(&self) -> String {
        format!("{}@{}", self.0.record.name, self.0.record.version)
    }

    /// What the places in its errors call it.
    pub(crate) fn file(&self) -> String {
        format!("{}.{}", self.0.record.name, self.0.record.kind.extension())
    }

    /// Its script: the bytes that were compared with the digest.
    pub(crate) fn code(&self) -> Result<Arc<str>, Refusal> {
        let text = std::str::from_utf8(self.0.entry());
        text.map(Arc::from)
            .map_err(|error| Refusal::new(Code::Syntax, error.to_string()))
    }

    /// Refuses the skill where a tool is not defined as it was when it was saved.
    pub(crate) fn drifted(&self, catalog: &Catalog) -> Result<(), Refusal> {
        let drifted = self.0.drifted(|server| catalog.known_tools(server));
        if drifted.is_empty() {
            return Ok(());
        }
        let tools: Vec<_> = drifted
            .iter()
            .map(|one| {
                let (server, tool) = (shown(&one.server), shown(&one.drift.tool));
                format!("{server}.{tool} ({})", one.drift.kind.word())
            })
            .collect();
        let what = format!(
            "skill `{}` did not run: its tools are not defined as they were when it was saved: {}",
            self.name(),
            tools.join(", ")
        );
        Err(self.refused(what))
    }

    /// Refuses the skill where it can call a tool that was not saved with it.
    pub(crate) fn covers(&self, linked: &Linked) -> Result<(), Refusal> {
        let mut tools = linked.tools().into_iter();
        match tools.find(|tool| !self.0.covers(&tool.server, &tool.tool)) {
            None => Ok(()),
            Some(tool) => {
                let (server, tool) = (shown(&tool.server), shown(&tool.tool));
                let what = format!(
                    "skill `{}` did not run: it was not saved with the definition of {server}.{tool}",
                    self.name()
                );
                Err(self.refused(what))
            }
        }
    }

    fn refused(&self, what: String) -> Refusal {
        let name = &self.0.record.name;
        let hint = format!(
            "the user reads the difference, and decides, with `mcp-host skill retest {name}`"
        );
        Refusal::new(Code::SkillDrifted, what).hint(Some(hint))
    }
}
