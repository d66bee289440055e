//! The saved skills of a user: found, listed, loaded. [`crate::Writer`] changes them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mcp_bridge::private_dir::{self, Others};

use crate::directory::Directory;
use crate::error::{Damage, StoreError};
use crate::load::{self, Loaded, not_read};
use crate::name::Name;
use crate::record::{Current, FORMAT, Record};
use crate::sealed;
use crate::sweep;

/// The file of a skill that says which version is the current one.
pub(crate) const CURRENT: &str = "current";

/// The most skills of a store.
pub(crate) const MOST_SKILLS: usize = 100_000;

/// The saved skills of a user.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
}

/// A skill as a user or an agent names it: `NAME`, or `NAME@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The skill.
    pub name: Name,
    /// The version; `None`: the current one.
    pub version: Option<u32>,
}

impl Named {
    /// `None`: the text is not of this form, and may be a path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(sweep::number(version)?)),
            None => (text, None),
        };
        Some(Self {
            name: name.parse().ok()?,
            version,
        })
    }
}

impl Store {
    /// The skills in this directory, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or other users can use it.
    pub fn open(path: PathBuf) -> Result<Self, StoreError> {
        private_dir::ensure(&path, Others::Nothing)?;
        Ok(Self { path })
    }

    /// The skills in this directory; `None` where it is missing.
    ///
    /// # Errors
    ///
    /// When other users can use it.
    pub fn find(path: PathBuf) -> Result<Option<Self>, StoreError> {
        match path.symlink_metadata() {
            Ok(_) => Self::open(path).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::io(path, source)),
        }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of a skill in the store. It stays the same for all versions.
    #[must_use]
    pub fn home(&self, name: &Name) -> PathBuf {
        self.path.join(name.as_str())
    }

    /// The directory of a version as agentskills.io has it.
    #[must_use]
    pub fn directory(&self, name: &Name, version: u32) -> PathBuf {
        let home = self.home(name);
        home.join(version.to_string()).join(name.as_str())
    }

    pub(crate) fn root(&self) -> Result<Directory, StoreError> {
        Directory::open(&self.path)
    }

    /// Changes with every change of a skill. `None`: the store cannot be read.
    #[must_use]
    pub fn stamp(&self) -> Option<SystemTime> {
        let found = self.path.symlink_metadata().ok()?;
        found.modified().ok()
    }

    /// Which version of the skill is the current one.
    ///
    /// # Errors
    ///
    /// When there is no such skill, or what the store knows of it is damaged.
    pub fn current(&self, name: &Name) -> Result<Current, StoreError> {
        current(&self.root()?, name)
    }

    /// All skills in the order of their names. Reads one small file of each.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read. A skill that is damaged is an entry.
    pub fn list(&self) -> Result<Vec<Result<Current, StoreError>>, StoreError> {
        let root = self.root()?;
        let mut names: Vec<Name> = root
            .entries(MOST_SKILLS)?
            .into_iter()
            .filter(|entry| entry.is_dir)
            .filter_map(|entry| entry.name?.parse().ok())
            .collect();
        names.sort_unstable();
        // A thread has enough to do with so many.
        const SHARE: usize = 500;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let share = names.len().div_ceil(processors.min(8)).max(SHARE);
        let read = |names: &[Name]| -> Vec<Result<Current, StoreError>> {
            names.iter().map(|name| listed(&root, name)).collect()
        };
        let lists = std::thread::scope(|scope| {
            let threads: Vec<_> = names
                .chunks(share)
                .map(|names| (names, scope.spawn(|| read(names))))
                .collect();
            let lists = threads.into_iter();
            // A thread that panics is one whose work is done again, here.
            let lists = lists.map(|(names, thread)| thread.join().unwrap_or_else(|_| read(names)));
            lists.collect::<Vec<_>>()
        });
        Ok(lists.into_iter().flatten().collect())
    }

    /// The versions of a skill, the newest first.
    ///
    /// # Errors
    ///
    /// When there is no such skill. A version that is damaged is an entry.
    pub fn versions(&self, name: &Name) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        let root = self.root()?;
        let latest = current(&root, name)?.latest;
        let skill = root.dir(name.as_str())?;
        let skill = skill.ok_or_else(|| StoreError::NotFound(name.clone()))?;
        let mut versions: Vec<u32> = skill
            .entries(MOST_SKILLS)?
            .iter()
            .filter_map(|entry| sweep::number(entry.name.as_deref()?))
            .filter(|version| *version <= latest)
            .collect();
        versions.sort_unstable_by(|a, b| b.cmp(a));
        let read = |version: u32| match skill.dir(&version.to_string())? {
            Some(dir) => load::record(&dir, name, version),
            None => Err(missing(name, version)),
        };
        Ok(versions.into_iter().map(read).collect())
    }

    /// A version in memory, every byte as it was saved; without a number, the current one.
    ///
    /// # Errors
    ///
    /// When there is no such version, and [`StoreError::Damaged`] where a byte differs.
    pub fn load(&self, name: &Name, version: Option<u32>) -> Result<Loaded, StoreError> {
        let root = self.root()?;
        let current = current(&root, name)?;
        let number = version.unwrap_or(current.version);
        if number == 0 || number > current.latest {
            return Err(StoreError::NoVersion {
                name: name.clone(),
                version: number,
                latest: current.latest,
            });
        }
        let skill = root.dir(name.as_str())?;
        let dir = match &skill {
            Some(skill) => skill.dir(&number.to_string())?,
            None => None,
        };
        let dir = dir.ok_or_else(|| missing(name, number))?;
        let expected = (number == current.version).then_some(current.digest);
        load::load(&dir, name, number, expected)
    }
}

fn missing(name: &Name, version: u32) -> StoreError {
    StoreError::Damaged {
        name: name.clone(),
        file: version.to_string(),
        damage: Damage::Missing,
    }
}

/// The same as [`current`], sooner where nothing is wrong.
fn listed(root: &Directory, name: &Name) -> Result<Current, StoreError> {
    let bytes = root.read_below(name.as_str(), CURRENT, sealed::LONGEST);
    match bytes.and_then(|bytes| checked(name, &bytes).ok()) {
        Some(current) => Ok(current),
        None => current(root, name),
    }
}

fn current(root: &Directory, name: &Name) -> Result<Current, StoreError> {
    let Some(dir) = root.dir(name.as_str())? else {
        return Err(StoreError::NotFound(name.clone()));
    };
    let damaged = |damage| StoreError::Damaged {
        name: name.clone(),
        file: CURRENT.to_owned(),
        damage,
    };
    let bytes = dir
        .read(CURRENT, sealed::LONGEST)
        .map_err(|error| not_read(error, damaged))?;
    checked(name, &bytes).map_err(damaged)
}

fn checked(name: &Name, bytes: &[u8]) -> Result<Current, Damage> {
    let current: Current = sealed::read(bytes)?;
    if current.format != FORMAT {
        return Err(Damage::Format);
    }
    if current.name != *name || current.version == 0 || current.version > current.latest {
        return Err(Damage::Changed);
    }
    Ok(current)
}

#[cfg(test)]
#[path = "store/tests.rs"]
mod tests;
