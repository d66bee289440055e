//! Saved skills as the user names them: `NAME` or `NAME@VERSION`. Such a name is never a path: a directory of that name
//! could be one of a repository that the user only looks at, and running it would build it. `./NAME` is the directory.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use mcp_codegen::names::shown;
use mcp_host::{Catalog, Linked, Outcome};
use mcp_skills::{Drifted, Loaded, Named, Store, StoreError};

use super::dirs;
use super::exit::{Exit, Failure, hidden};

/// A saved skill in memory, as it was saved.
pub(crate) struct Saved {
    pub(crate) loaded: Loaded,
    /// Where its entry lies. It is not read again.
    pub(crate) path: PathBuf,
    /// The same for all its versions: its state and its settings belong to it.
    pub(crate) home: PathBuf,
}

impl Saved {
    /// `NAME@VERSION`.
    pub(crate) fn name(&self) -> String {
        let record = &self.loaded.record;
        format!("{}@{}", record.name, record.version)
    }

    /// Counts a run of it that is over: a skill that ran often and well is found first.
    pub(crate) fn ran(&self, outcome: &Outcome) {
        let well = match outcome {
            Outcome::Finished => true,
            // What somebody ended says nothing about the skill.
            Outcome::Paused | Outcome::Cancelled { .. } => return,
            _ => false,
        };
        if let Ok(store) = store()
            && let Err(error) = store.ran(&self.loaded.record.name, well)
        {
            tracing::warn!(
                "the run is not counted: {}",
                mcp_bridge::with_causes(&error)
            );
        }
    }

    /// Refuses the skill where its tools are not defined as they were when it was saved.
    pub(crate) fn drifted(&self, catalog: &Catalog) -> Result<(), Failure> {
        let drifts = self.loaded.drifted(|server| catalog.known_tools(server));
        if drifts.is_empty() {
            return Ok(());
        }
        let mut text = format!(
            "skill `{}` did not run: the definitions of its tools are not those that it was saved with",
            self.name()
        );
        for drifted in &drifts {
            text.push_str(&line(drifted));
        }
        let name = &self.loaded.record.name;
        let hint = format!(
            "read the difference; `mcp-host skill retest {name}` tries the skill with the new definitions, and saves a \
             version for them"
        );
        Err(Failure::new(Exit::Link, anyhow!(text)).hint(Some(hint)))
    }

    /// Refuses the skill where it can call a tool whose definition was not saved with it.
    pub(crate) fn covers(&self, linked: &Linked) -> Result<(), Failure> {
        let mut tools = linked.tools().into_iter();
        match tools.find(|tool| !self.loaded.covers(&tool.server, &tool.tool)) {
            Some(other) => Err(self.uncovered(&other.server, &other.tool)),
            None => Ok(()),
        }
    }

    /// Refuses the skill where a server that it was saved with is not one of these: what it imports would be served by
    /// another one, whose label is the same.
    pub(crate) fn has_servers(&self, catalog: &Catalog) -> Result<(), Failure> {
        let mut tools = self.loaded.record.tools.iter();
        match tools.find(|tool| catalog.known_tools(&tool.server).is_none()) {
            Some(tool) => Err(self.uncovered(&tool.server, &tool.tool)),
            None => Ok(()),
        }
    }

    fn uncovered(&self, server: &str, tool: &str) -> Failure {
        let name = &self.loaded.record.name;
        let error = anyhow!(
            "skill `{name}` did not run: it was not saved with the definition of tool `{}` of server `{}`",
            shown(tool),
            shown(server)
        );
        let hint = format!(
            "a server that has another name now is another server: `mcp-host skill retest {name}`"
        );
        Failure::new(Exit::Link, error).hint(Some(hint))
    }
}

/// A line about the tool, and the difference below it.
pub(crate) fn line(drifted: &Drifted) -> String {
    let Drifted { server, drift } = drifted;
    let diff = hidden(&drift.diff()).replace('\n', "\n  ");
    format!(
        "\n{}: tool `{}` of server `{}`\n  {diff}",
        drift.kind.word(),
        shown(&drift.tool),
        shown(server)
    )
}

/// Loads the saved skill of this name, and puts the directory of the skill in its place. `None`: it is a path.
pub(crate) fn take(skill: &mut PathBuf) -> Result<Option<Saved>, Failure> {
    let saved = named(skill)?;
    if let Some(saved) = &saved {
        skill.clone_from(&saved.home);
    }
    Ok(saved)
}

/// Loads the saved skill of this name. `None`: it is a path.
pub(crate) fn named(skill: &Path) -> Result<Option<Saved>, Failure> {
    let Some(named) = skill.to_str().and_then(Named::parse) else {
        return Ok(None);
    };
    let Some(store) = existing()? else {
        return Ok(None);
    };
    match load(&store, &named) {
        Ok(saved) => Ok(Some(saved)),
        Err(StoreError::NotFound(_)) if named.version.is_none() || skill.exists() => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Whether it could be the name of a saved skill.
pub(crate) fn is_name(skill: &Path) -> bool {
    skill.to_str().and_then(Named::parse).is_some()
}

/// Loads a saved skill.
pub(crate) fn load(store: &Store, named: &Named) -> Result<Saved, StoreError> {
    let loaded = store.load(&named.name, named.version)?;
    let directory = store.directory(&named.name, loaded.record.version);
    let entry = loaded.record.kind.entry(&named.name);
    Ok(Saved {
        path: directory.join(entry.as_str()),
        home: store.home(&named.name),
        loaded,
    })
}

/// The store, which is made if it is missing.
pub(crate) fn store() -> Result<Store, Failure> {
    let open = || -> anyhow::Result<Store> { Ok(Store::open(dirs::saved_skills()?)?) };
    open()
        .context("failed to open the saved skills")
        .map_err(Failure::host)
}

/// The store, if a skill was ever saved.
fn existing() -> Result<Option<Store>, Failure> {
    let find = || -> anyhow::Result<Option<Store>> { Ok(Store::find(dirs::saved_skills()?)?) };
    find()
        .context("failed to open the saved skills")
        .map_err(Failure::host)
}

/// A skill that was changed does not run, like one that does not link.
pub(crate) fn failed(error: StoreError) -> Failure {
    let (exit, hint) = match &error {
        StoreError::NotFound(_) => (
            Exit::Usage,
            Some("`mcp-host skill list` shows those that are saved".to_owned()),
        ),
        StoreError::NoVersion { name, .. } => (
            Exit::Usage,
            Some(format!("`mcp-host skill show {name}` shows its versions")),
        ),
        StoreError::Draft(_) => (Exit::Usage, None),
        StoreError::Damaged { name, .. } => (
            Exit::Link,
            Some(format!(
                "nothing of it ran: `mcp-host skill verify {name}` checks all its versions; `mcp-host skill rollback \
                 {name} --to N` goes back to one that is whole, and `mcp-host skill remove {name}` removes all"
            )),
        ),
        _ => (Exit::Host, None),
    };
    Failure::new(exit, error.into()).hint(hint)
}
