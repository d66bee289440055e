//! Saved skills as the user names them: `NAME` or `NAME@VERSION`. Such a name is never a path: a directory of that name
//! could be one of a repository that the user only looks at, and running it would build it. `./NAME` is the directory.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mcp_skills::{Loaded, Named, Store, StoreError};

use super::dirs;
use super::exit::{Exit, Failure};

/// A saved skill in memory, as it was saved.
pub(crate) struct Saved {
    pub(crate) loaded: Loaded,
    /// Where its entry lies. It is not read again.
    pub(crate) path: PathBuf,
    /// The same for all its versions: its state and its settings belong to it.
    pub(crate) home: PathBuf,
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
