//! Rust: cargo, and the target that it needs.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tokio::process::Command;

use super::shared::Shared;
use super::tool::{run, run_watched};
use crate::exit::Failure;
use crate::out;
use crate::progress::Progress;

pub(super) const TARGET: &str = "wasm32-wasip2";

/// The command as a user would type it.
const CARGO_BUILD: &str = "cargo build --release --target wasm32-wasip2";

/// Builds the component of the directory with `cargo build`.
pub(super) async fn build(dir: &Path, progress: &Progress) -> Result<PathBuf, Failure> {
    add_target(dir, progress).await.map_err(Failure::host)?;
    // Cargo says nothing where nothing changed, so this does not either.
    progress.wait_for(format!("running {CARGO_BUILD} in {}", dir.display()));
    let (component, is_fresh) = cargo_build(dir, progress).await.map_err(Failure::host)?;
    if !is_fresh {
        progress.say(&format!("built with {CARGO_BUILD}"));
    }
    Ok(component)
}

/// Ensures that the toolchain has the target, and reports when it adds the target.
async fn add_target(dir: &Path, progress: &Progress) -> anyhow::Result<()> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(dir)
        .kill_on_drop(true)
        .output()
        .await
        .context("failed to run `rustc`; building a Rust skill needs a Rust toolchain (rustup)")?;
    let sysroot =
        String::from_utf8(output.stdout).context("`rustc --print sysroot` is not UTF-8")?;
    let target = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET);
    if target.is_dir() {
        return Ok(());
    }
    progress.begin(format!(
        "adding the {TARGET} target: rustup target add {TARGET}"
    ));
    let added = run(Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(dir))
    .await
    .with_context(|| {
        format!("failed to run `rustup`; add the {TARGET} target to the Rust toolchain by hand")
    })?;
    if !added.success {
        bail!(
            "failed to add the {TARGET} target; run `rustup target add {TARGET}`\n{}",
            added.stderr.trim_end()
        );
    }
    Ok(())
}

/// The component, and whether it existed already.
async fn cargo_build(dir: &Path, progress: &Progress) -> anyhow::Result<(PathBuf, bool)> {
    let shared = Shared::of(dir);
    let mut cargo = Command::new("cargo");
    cargo
        .arg(if shared.is_some() { "rustc" } else { "build" })
        .args(["--release", "--target", TARGET])
        // The compiler's messages stay text, on stderr; cargo reports artifacts as JSON on stdout.
        .arg("--message-format=json-render-diagnostics")
        .current_dir(dir);
    if let Some(shared) = shared {
        shared.apply(&mut cargo);
    }
    let mut messages = String::new();
    let built = run_watched(&mut cargo, &mut |line| {
        if is_progress(line) {
            progress.say(line);
            progress.detail(line.trim_start());
        } else {
            messages.push_str(line);
            messages.push('\n');
        }
    })
    .await
    .context("failed to run `cargo`; building a Rust skill needs a Rust toolchain (rustup)")?;
    if !built.success {
        // The compiler's messages.
        out::pass_on(&messages);
        bail!(
            "failed to build skill `{}`; `{CARGO_BUILD}` there says the same",
            dir.display()
        );
    }
    let mut components = artifacts(&built.stdout, dir)?;
    match (components.pop(), components.pop()) {
        (Some(made), None) => Ok((made.component, made.is_fresh)),
        (None, _) => bail!(
            "building `{}` made no component; give it `[lib] crate-type = [\"cdylib\"]`, or a `main`",
            dir.display()
        ),
        (Some(a), Some(b)) => bail!(
            "building `{}` made more than one component; run one of them: `{}`, `{}`",
            dir.display(),
            a.component.display(),
            b.component.display()
        ),
    }
}

/// Whether a line on cargo's stderr is about a step, and not a message of the compiler: `   Compiling serde v1.0.0`.
fn is_progress(line: &str) -> bool {
    const STEPS: [&str; 9] = [
        "Updating",
        "Locking",
        "Adding",
        "Downloading",
        "Downloaded",
        "Compiling",
        "Blocking",
        "Installing",
        "Dirty",
    ];
    line.len() > 12
        && line.is_char_boundary(12)
        && line.as_bytes()[12] == b' '
        && STEPS.contains(&line[..12].trim_start())
}

struct Made {
    component: PathBuf,
    is_fresh: bool,
}

/// The `.wasm` files of the directory's own package, from cargo's messages.
fn artifacts(messages: &str, dir: &Path) -> anyhow::Result<Vec<Made>> {
    let manifest = dir
        .join("Cargo.toml")
        .canonicalize()
        .with_context(|| format!("failed to find `{}`", dir.display()))?;
    Ok(messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| {
            message["reason"] == "compiler-artifact"
                && message["manifest_path"].as_str().map(Path::new) == Some(&manifest)
        })
        .flat_map(|message| {
            let is_fresh = message["fresh"] == true;
            let files = message["filenames"].as_array().cloned().unwrap_or_default();
            files
                .into_iter()
                .filter_map(|file| file.as_str().map(PathBuf::from))
                .filter(|file| {
                    file.extension()
                        .is_some_and(|extension| extension == "wasm")
                })
                .map(move |component| Made {
                    component,
                    is_fresh,
                })
                .collect::<Vec<_>>()
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_cargo_are_told_from_messages_of_the_compiler() {
        for step in [
            "   Compiling serde v1.0.229",
            " Downloading crates ...",
            "    Updating crates.io index",
            "    Blocking waiting for file lock on build directory",
        ] {
            assert!(is_progress(step), "{step}");
        }
        for message in [
            "error[E0308]: mismatched types",
            "   Compiling",
            "            Compiling",
            " --> src/lib.rs:1:1",
            "   é        Compiling",
            "    Finished `release` profile [optimized] target(s) in 0.05s",
        ] {
            assert!(!is_progress(message), "{message}");
        }
    }
}
