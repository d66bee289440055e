//! Which state belongs to which skill: one skill has one state, however its path is spelled. Opens no store.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mcp_bridge::named_file;
use mcp_host::StateStore;

use super::{build, dirs};

/// The store of this skill, and its id there.
pub(crate) fn state(skill: &Path) -> Option<(Arc<StateStore>, String)> {
    Some((Arc::new(dirs::states().ok()?), id(skill)?))
}

/// The id of a skill's state. The path identifies the skill, so that it keeps its state when it is rebuilt, and cannot
/// take another's state by taking its name. A component that is built from a directory has the state of the directory.
pub(crate) fn id(skill: &Path) -> Option<String> {
    let path = home(skill)?;
    let name: String = path
        .file_stem()
        .map(|stem| stem.to_string_lossy())
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(64)
        .collect();
    let hash = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
    Some(format!("{name}-{}", &hash[..16]))
}

/// Remembers which skill a state is of, for people: nothing else reads it. A skill without state leaves no trace.
pub(crate) fn remember(skill: &Path) {
    let write = || -> Option<()> {
        let (id, path) = (id(skill)?, home(skill)?);
        let dir = dirs::skills()?;
        let note = dir.join(format!("{id}.path"));
        if !dir.join(format!("{id}.redb")).exists() || note.exists() {
            return None;
        }
        let mut file = tempfile::NamedTempFile::new_in(&dir).ok()?;
        file.write_all(path.as_os_str().as_encoded_bytes()).ok()?;
        file.persist(note).ok()?;
        Some(())
    };
    // Without the note, `state list` shows the id only.
    let _ = write();
}

/// The path of the skill of a state, if it is known.
pub(crate) fn skill_of(id: &str) -> Option<String> {
    const LONGEST: u64 = 64 << 10;
    let dir = dirs::skills()?;
    named_file::read_text(&dir.join(format!("{id}.path")), LONGEST).ok()
}

/// Removes what `remember` wrote.
pub(crate) fn forget(id: &str) {
    if let Some(dir) = dirs::skills() {
        // It may never have been written.
        let _ = std::fs::remove_file(dir.join(format!("{id}.path")));
    }
}

/// The directory from which a component is built, if it lies in one; otherwise the component itself.
fn home(skill: &Path) -> Option<PathBuf> {
    const MANIFESTS: [&str; 3] = ["package.json", "pyproject.toml", "compile_flags.txt"];
    let path = skill.canonicalize().ok()?;
    if path.is_dir() {
        return Some(path);
    }
    let above = |levels: usize| path.ancestors().nth(levels);
    // DIR/build/NAME.wasm
    if let (Some(build), Some(dir)) = (above(1), above(2))
        && build.file_name().is_some_and(|name| name == "build")
        && MANIFESTS.iter().any(|name| dir.join(name).is_file())
    {
        return Some(dir.to_owned());
    }
    // DIR/target/wasm32-wasip2/PROFILE/NAME.wasm, of a package and not of a workspace of several.
    if let (Some(target), Some(dir)) = (above(3), above(4))
        && target.file_name().is_some_and(|name| name == "target")
        && build::is_component_of_cargo(&path, dir)
    {
        return Some(dir.to_owned());
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::fs::{create_dir_all, write};

    use super::*;

    #[test]
    fn a_skill_has_one_state_however_its_path_is_spelled() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("triage");
        let cargo = base.path().join("digest");
        create_dir_all(dir.join("build")).unwrap();
        create_dir_all(cargo.join("target/wasm32-wasip2/release")).unwrap();
        write(dir.join("package.json"), "{}").unwrap();
        write(dir.join("build/triage.wasm"), "").unwrap();
        write(dir.join("other.wasm"), "").unwrap();
        write(
            cargo.join("Cargo.toml"),
            "[package]\nname = \"my-digest\"\n",
        )
        .unwrap();
        let built = cargo.join("target/wasm32-wasip2/release/my_digest.wasm");
        write(&built, "").unwrap();
        let stranger = cargo.join("target/wasm32-wasip2/release/other.wasm");
        write(&stranger, "").unwrap();
        std::os::unix::fs::symlink(&dir, base.path().join("link")).unwrap();

        let of = id(&dir).unwrap();
        assert!(of.starts_with("triage-"), "{of}");
        for path in [
            "triage/",
            "triage/build/..",
            "link",
            "triage/build/triage.wasm",
            "link/build/triage.wasm",
        ] {
            assert_eq!(id(&base.path().join(path)).unwrap(), of, "{path}");
        }
        assert_ne!(id(&dir.join("other.wasm")).unwrap(), of);
        assert_eq!(id(&built), id(&cargo));
        assert_ne!(id(&stranger), id(&cargo));
        assert_eq!(id(&base.path().join("nothing")), None);
    }
}
