//! The skills of `tests/guests`, built once per test process, and rebuilt only when they changed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::root;

/// The component of a skill in `tests/guests/skills`, by the name of its folder.
#[must_use]
pub fn guest(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let dir = BUILT.get_or_init(|| build(&root().join("tests/guests"), &[]));
    let path = dir.join(format!("{}.wasm", name.replace('-', "_")));
    assert!(path.exists(), "no guest `{name}`: {}", path.display());
    path
}

/// A directory of the repository that holds a skill.
#[must_use]
pub fn skill_dir(path: &str) -> PathBuf {
    root().join(path)
}

/// Builds a workspace of skills, or with `--package NAME` one of them, and returns the directory of the components.
pub fn build(workspace: &Path, options: &[&str]) -> PathBuf {
    // The workspaces of skills have the same dependencies, so these are built once.
    let target = root().join("target/skills");
    // It prints nothing and takes milliseconds if the target is installed already.
    let added = Command::new("rustup")
        .args(["target", "add", "wasm32-wasip2"])
        .current_dir(workspace)
        .output();
    if let Ok(added) = added {
        assert!(
            added.status.success(),
            "{}",
            String::from_utf8_lossy(&added.stderr)
        );
    }
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--locked",
            "--release",
            "--target",
            "wasm32-wasip2",
        ])
        .args(options)
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "failed to build the skills of `{}`\n{}",
        workspace.display(),
        String::from_utf8_lossy(&built.stderr)
    );
    target.join("wasm32-wasip2/release")
}
