//! Shared by the tests of several crates: guests built once, a server inside the process, runs.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test may panic, and only tests use this"
)]

mod fake;
mod guests;
mod host;
mod measured;

pub use fake::{Fake, structured, text};
pub use guests::{build, guest, skill_dir};
pub use host::{Setup, cache, engine};
pub use measured::{KEPT, Measured, TAIL, measured};

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// A binary of this workspace, as `cargo test --workspace` has built it.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join(name);
    assert!(
        path.exists(),
        "`{}` is not built: run `cargo test --workspace`",
        path.display()
    );
    path
}

/// Reports visibly that a test is skipped, and fails instead if `CI` is set.
pub fn skip(test: &str, why: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{test} cannot be skipped in CI: {why}"
    );
    // Not `eprintln`, whose output the test harness hides if the test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}
