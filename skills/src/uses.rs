//! How often each skill ran, and how often well: the lengths of two files beside the skills. Keeps no argument, no
//! result and no time.

use std::collections::HashMap;

use crate::directory::Directory;
use crate::error::StoreError;
use crate::name::Name;
use crate::store::{MOST_SKILLS, Store};

/// The directory. No name of a skill begins with a dot.
const DIR: &str = ".uses";

/// What the second file of a skill ends with. No name of a skill has a dot.
const BADLY: &str = ".badly";

/// More runs than these say nothing new.
const MOST: u64 = 4_096;

/// How often a skill ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    /// So often it finished, at most 4,096 times.
    pub well: u32,
    /// So often it did not, at most 4,096 times.
    pub badly: u32,
}

impl Store {
    /// Counts a run of this skill.
    ///
    /// # Errors
    ///
    /// When the count cannot be written.
    pub fn ran(&self, name: &Name, well: bool) -> Result<(), StoreError> {
        let root = self.root()?;
        let dir = match root.dir(DIR)? {
            Some(dir) => dir,
            // Another process may have made it meanwhile.
            None => match (root.make(DIR), root.dir(DIR)?) {
                (_, Some(dir)) => dir,
                (made, None) => made?,
            },
        };
        let end = if well { "" } else { BADLY };
        dir.lengthen(&format!("{name}{end}"), MOST)
    }

    /// How often each skill ran that ever did.
    ///
    /// # Errors
    ///
    /// When the counts cannot be read.
    pub fn uses(&self) -> Result<HashMap<Name, Uses>, StoreError> {
        let mut uses: HashMap<Name, Uses> = HashMap::new();
        let Some(dir) = self.root()?.dir(DIR)? else {
            return Ok(uses);
        };
        for entry in dir.entries(2 * MOST_SKILLS)? {
            let Some(file) = entry.name.filter(|_| !entry.is_dir) else {
                continue;
            };
            let length = u32::try_from(dir.length(&file)?.min(MOST)).unwrap_or_default();
            let badly = file.strip_suffix(BADLY);
            if let Ok(name) = badly.unwrap_or(&file).parse::<Name>() {
                let of = uses.entry(name).or_default();
                match badly {
                    Some(_) => of.badly = length,
                    None => of.well = length,
                }
            }
        }
        Ok(uses)
    }
}

/// Forgets the runs of a skill that is removed.
pub(crate) fn forget(root: &Directory, name: &Name) -> Result<(), StoreError> {
    if let Some(dir) = root.dir(DIR)? {
        dir.unlink(name.as_str())?;
        dir.unlink(&format!("{name}{BADLY}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn runs_are_counted_up_to_a_bound_and_change_no_skill() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("skills")).unwrap();
        let name: Name = "triage".parse().unwrap();
        assert!(store.uses().unwrap().is_empty());
        store.ran(&name, true).unwrap();
        let stamp = store.stamp();
        for _ in 0..2 {
            store.ran(&name, true).unwrap();
        }
        store.ran(&name, false).unwrap();
        let uses = store.uses().unwrap();
        assert_eq!(uses[&name], Uses { well: 3, badly: 1 });
        assert_eq!(store.stamp(), stamp, "a search would be indexed again");
        assert!(store.list().unwrap().is_empty());
        let file = store.path().join(DIR).join("triage");
        std::fs::write(&file, vec![b'1'; 5_000]).unwrap();
        store.ran(&name, true).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().len(), 5_000);
        assert_eq!(store.uses().unwrap()[&name].well, 4_096);
        forget(&store.root().unwrap(), &name).unwrap();
        assert!(store.uses().unwrap().is_empty());
    }

    #[test]
    fn no_link_is_lengthened() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("skills")).unwrap();
        let name: Name = "triage".parse().unwrap();
        store.ran(&name, false).unwrap();
        let outside = dir.path().join("outside");
        std::fs::write(&outside, "").unwrap();
        std::os::unix::fs::symlink(&outside, store.path().join(DIR).join("triage")).unwrap();
        assert!(store.ran(&name, true).is_err());
        assert_eq!(std::fs::metadata(&outside).unwrap().len(), 0);
    }
}
