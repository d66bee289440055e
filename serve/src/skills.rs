//! Saved skills that an agent runs: loaded whole for each run, and bound to the definitions of their tools. Saves none,
//! and shows no model what changed in a definition.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use mcp_bridge::with_causes;
use mcp_codegen::names::shown;
use mcp_host::{Catalog, Linked, Outcome};
use mcp_skills::{Current, Kind, Loaded, Name, Named, Store, StoreError, Uses};

use crate::answer::{Code, Refusal};

/// The most skills that are searched.
const MOST: usize = 10_000;

/// So soon after a change, another one may have the same time.
const UNSURE: Duration = Duration::from_millis(200);

/// Where the saved skills are. They are looked for at each run: the user saves some meanwhile.
pub(crate) struct SavedSkills {
    dir: Option<PathBuf>,
    /// When they changed last, and how many changes were seen.
    seen: Mutex<(Option<SystemTime>, u64)>,
}

/// A saved skill of a run.
#[derive(Clone)]
pub(crate) struct Skill {
    loaded: Arc<Loaded>,
    /// Where its entry lies. It is not read again.
    path: PathBuf,
}

impl SavedSkills {
    pub(crate) fn at(dir: Option<PathBuf>) -> Self {
        Self {
            dir,
            seen: Mutex::default(),
        }
    }

    /// A number that grows with every change of what [`Self::list`] gives.
    pub(crate) fn generation(&self) -> u64 {
        let stamp = self.store().and_then(|store| store.stamp());
        let age = stamp.and_then(|stamp| stamp.elapsed().ok());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.0 != stamp || age.is_some_and(|age| age < UNSURE) {
            *seen = (stamp, seen.1 + 1);
        }
        seen.1
    }

    /// What a search knows of each skill. One that is damaged is left out, and the log says so.
    pub(crate) fn list(&self) -> Vec<Current> {
        let listed = self.store().map(|store| store.list());
        let listed = listed.transpose().unwrap_or_else(|error| {
            tracing::warn!("saved skills are not searched: {}", with_causes(&error));
            None
        });
        let skills = listed.unwrap_or_default().into_iter();
        let skills = skills.filter_map(|skill| {
            skill
                .inspect_err(|error| tracing::warn!("{}", with_causes(error)))
                .ok()
        });
        skills.take(MOST).collect()
    }

    /// The current version of a skill. `None`: there is no such skill.
    pub(crate) fn version(&self, name: &Name) -> Result<Option<Loaded>, StoreError> {
        let Some(dir) = self.dir.clone() else {
            return Ok(None);
        };
        let Some(store) = Store::find(dir)? else {
            return Ok(None);
        };
        match store.load(name, None) {
            Err(StoreError::NotFound(_)) => Ok(None),
            loaded => loaded.map(Some),
        }
    }

    /// How often each skill ran.
    pub(crate) fn uses(&self) -> HashMap<Name, Uses> {
        let uses = self.store().map(|store| store.uses());
        uses.transpose()
            .unwrap_or_else(|error| {
                tracing::warn!("runs of saved skills do not count: {}", with_causes(&error));
                None
            })
            .unwrap_or_default()
    }

    /// Counts a run of a skill that is over.
    pub(crate) fn ran(&self, skill: &Skill, outcome: &Outcome) {
        let well = match outcome {
            Outcome::Finished => true,
            // What somebody ended says nothing about the skill.
            Outcome::Paused | Outcome::Cancelled { .. } => return,
            _ => false,
        };
        let counted = self
            .store()
            .map(|store| store.ran(&skill.loaded.record.name, well));
        if let Some(Err(error)) = counted {
            tracing::warn!(
                "a run of a saved skill is not counted: {}",
                with_causes(&error)
            );
        }
    }

    /// `None`: nothing was saved yet, or the store cannot be used.
    fn store(&self) -> Option<Store> {
        let found = Store::find(self.dir.clone()?);
        found.unwrap_or_else(|error| {
            tracing::warn!("saved skills are not used: {}", with_causes(&error));
            None
        })
    }

    /// Loads a skill by its name, with every byte as it was saved.
    pub(crate) async fn load(&self, text: &str) -> Result<Skill, Refusal> {
        let not_found = |what: String| {
            let hint = "search_tools lists what there is; or send the script as `code`";
            Refusal::new(Code::SkillNotFound, what).hint(Some(hint))
        };
        let unknown = || not_found(format!("no skill `{}` is saved here", shown(text)));
        let (Some(dir), Some(named)) = (self.dir.clone(), Named::parse(text)) else {
            return Err(unknown());
        };
        let load = move || {
            let Some(store) = Store::find(dir)? else {
                return Ok(None);
            };
            let loaded = store.load(&named.name, named.version)?;
            let record = &loaded.record;
            let directory = store.directory(&record.name, record.version);
            let path = directory.join(record.kind.entry(&record.name).as_str());
            Ok(Some((loaded, path)))
        };
        let loaded = tokio::task::spawn_blocking(load)
            .await
            .map_err(|error| Refusal::new(Code::Internal, error.to_string()))?;
        match loaded {
            Ok(Some((loaded, path))) => Ok(Skill {
                loaded: Arc::new(loaded),
                path,
            }),
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

/// The name under which a search has the skills.
pub(crate) const SERVER: &str = "skills";

/// Bytes of a description in a hit.
const DESCRIPTION: usize = 160;

/// A hit: how the skill is run, and what it does.
pub(crate) fn hit(skill: &Current) -> String {
    let name = &skill.name;
    let words = mcp_bridge::text::line(&skill.description);
    let words = mcp_bridge::text::short(&words, DESCRIPTION);
    format!("run_script {{\"skill\":\"{name}\"}}  {words} [saved skill]")
}

impl Skill {
    /// `NAME@VERSION`.
    pub(crate) fn name(&self) -> String {
        format!("{}@{}", self.loaded.record.name, self.loaded.record.version)
    }

    /// `NAME`, as the settings have it.
    pub(crate) fn bare_name(&self) -> &str {
        self.loaded.record.name.as_str()
    }

    /// What the places in its errors call it.
    pub(crate) fn file(&self) -> String {
        format!(
            "{}.{}",
            self.loaded.record.name,
            self.loaded.record.kind.extension()
        )
    }

    /// Its component, and where that lies. `None`: it is a script.
    pub(crate) fn component(&self) -> Option<(&[u8], &Path)> {
        let is_component = self.loaded.record.kind == Kind::Component;
        is_component.then(|| (self.loaded.entry(), self.path.as_path()))
    }

    /// Its script, which a component does not have: the bytes that were compared with the digest.
    pub(crate) fn code(&self) -> Result<Arc<str>, Refusal> {
        if self.component().is_some() {
            return Ok("".into());
        }
        let text = std::str::from_utf8(self.loaded.entry());
        text.map(Arc::from)
            .map_err(|error| Refusal::new(Code::Syntax, error.to_string()))
    }

    /// Refuses the skill where a tool is not defined as it was when it was saved.
    pub(crate) fn drifted(&self, catalog: &Catalog) -> Result<(), Refusal> {
        let drifted = self.loaded.drifted(|server| catalog.known_tools(server));
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
        match tools.find(|tool| !self.loaded.covers(&tool.server, &tool.tool)) {
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
        let name = &self.loaded.record.name;
        let hint = format!(
            "the user reads the difference, and decides, with `mcp-host skill retest {name}`"
        );
        Refusal::new(Code::SkillDrifted, what).hint(Some(hint))
    }
}
