//! The skills of `tests/guests`, built once for each test process and rebuilt only when they changed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::root;

/// The component of a skill in `tests/guests/skills`, by the name of its folder.
#[must_use]
pub fn guest(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let dir = BUILT.get_or_init(|| {
        let dir = root().join("tests/guests");
        build(&dir);
        dir.join("target/wasm32-wasip2/release")
    });
    let path = dir.join(format!("{}.wasm", name.replace('-', "_")));
    assert!(path.exists(), "no guest `{name}`: {}", path.display());
    path
}

/// A directory of the repository that holds a skill.
#[must_use]
pub fn skill_dir(path: &str) -> PathBuf {
    root().join(path)
}

fn build(dir: &Path) {
    // It says nothing and takes milliseconds where the target is there already.
    let added = Command::new("rustup")
        .args(["target", "add", "wasm32-wasip2"])
        .current_dir(dir)
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
        .current_dir(dir)
        // Its own target directory: the caller may have named one for the host.
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "failed to build the guests\n{}",
        String::from_utf8_lossy(&built.stderr)
    );
}
