//! External files that tests read and that are not in the repository: real catalogs, and the JSON Schema test suite.
//! Included by path, because the crates that use it must not depend on each other.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The JSON files of a folder beside the repository, sorted; none if the folder is missing, which is an error in CI.
pub(crate) fn shared(folder: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared")
        .join(folder);
    let Ok(entries) = std::fs::read_dir(&dir) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "`{}` is missing, and CI must not skip this",
            dir.display()
        );
        // Not `eprintln`, whose output the test harness hides if the test passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED: `{}` is missing", dir.display());
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    files
}
