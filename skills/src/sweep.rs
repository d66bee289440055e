//! Removes what a process left that was killed while it wrote. Only the process that writes does this.

use crate::directory::Directory;
use crate::error::StoreError;

/// What is not a skill yet, or not any more, begins with this. No name of a skill does.
pub(crate) const DRAFT: &str = ".draft-";

/// Removes the drafts of a store, and what was removed in part.
pub(crate) fn store(root: &Directory) -> Result<(), StoreError> {
    for entry in root.entries(usize::MAX)? {
        if let Some(name) = entry.name.filter(|name| name.starts_with(DRAFT)) {
            root.remove(&name)?;
        }
    }
    Ok(())
}

/// Removes the versions of a skill that no pointer has known: their save did not end.
pub(crate) fn skill(dir: &Directory, latest: u32) -> Result<(), StoreError> {
    for entry in dir.entries(usize::MAX)? {
        let version = entry.name.as_deref().and_then(number);
        if version.is_some_and(|version| version > latest) {
            dir.remove(entry.name.as_deref().unwrap_or_default())?;
        }
    }
    Ok(())
}

/// The number of a version by the name of its directory.
pub(crate) fn number(name: &str) -> Option<u32> {
    let number: u32 = name.parse().ok()?;
    (number > 0 && number.to_string() == name).then_some(number)
}
