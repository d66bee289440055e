//! Builds the component of a skill's directory with cargo, and adds the target that it needs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, anyhow, bail};
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::io::{AsyncReadExt as _, BufReader};
use tokio::process::Command;

use super::exit::Failure;
use super::progress::Progress;

const TARGET: &str = "wasm32-wasip2";

/// The component that `cargo build` makes of the directory.
pub(crate) async fn build(dir: &Path, progress: &Progress) -> Result<PathBuf, Failure> {
    if !dir.join("Cargo.toml").is_file() {
        let error = anyhow!("directory `{}` has no Cargo.toml", dir.display());
        return Err(Failure::usage(error).hint(Some(
            "pass the directory of a Rust skill, or a component (.wasm) built from another language",
        )));
    }
    add_target(dir, progress).await.map_err(Failure::host)?;
    progress.wait_for(format!("building {}", dir.display()));
    let built = cargo_build(dir).await.map_err(Failure::host)?;
    progress.clear();
    Ok(built)
}

/// Makes sure that the toolchain has the target, and says so if it has to be added.
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
    progress.say(&format!(
        "adding the {TARGET} target: rustup target add {TARGET}"
    ));
    progress.wait_for(format!("adding the {TARGET} target"));
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

async fn cargo_build(dir: &Path) -> anyhow::Result<PathBuf> {
    let built = run(Command::new("cargo")
        .args(["build", "--release", "--target", TARGET])
        // The compiler's messages stay text, on stderr; what was made comes as JSON on stdout.
        .arg("--message-format=json-render-diagnostics")
        .current_dir(dir))
    .await
    .context("failed to run `cargo`; building a Rust skill needs a Rust toolchain (rustup)")?;
    if !built.success {
        // The compiler's own words, unchanged.
        eprint!("{}", built.stderr);
        bail!(
            "failed to build skill `{}`; `cargo build --release --target {TARGET}` there says the same",
            dir.display()
        );
    }
    let mut components = artifacts(&built.stdout, dir)?;
    match (components.pop(), components.pop()) {
        (Some(component), None) => Ok(component),
        (None, _) => bail!(
            "building `{}` made no component; give it `[lib] crate-type = [\"cdylib\"]`, or a `main`",
            dir.display()
        ),
        (Some(a), Some(b)) => bail!(
            "building `{}` made more than one component; run one of them: `{}`, `{}`",
            dir.display(),
            a.display(),
            b.display()
        ),
    }
}

/// The `.wasm` files of the directory's own package, from cargo's messages.
fn artifacts(messages: &str, dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
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
        .filter_map(|message| message["filenames"].as_array().cloned())
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .collect())
}

struct Ran {
    success: bool,
    stdout: String,
    stderr: String,
}

/// Runs to the end in a process group of its own, which is killed if the future is dropped: `rustc`
/// must not go on after Ctrl-C.
async fn run(command: &mut Command) -> anyhow::Result<Ran> {
    let mut wrapped = CommandWrap::from(std::mem::replace(command, Command::new("")));
    wrapped.wrap(ProcessGroup::leader());
    wrapped
        .command_mut()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = KillGroup(wrapped.spawn()?);
    let stdout = child.0.stdout().take();
    let stderr = child.0.stderr().take();
    let (stdout, stderr) = tokio::try_join!(read(stdout), read(stderr))?;
    let status = child.0.wait().await?;
    Ok(Ran {
        success: status.success(),
        stdout,
        stderr,
    })
}

async fn read(stream: Option<impl tokio::io::AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        BufReader::new(stream).read_to_end(&mut bytes).await?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

struct KillGroup(Box<dyn ChildWrapper>);

impl Drop for KillGroup {
    fn drop(&mut self) {
        // It fails where everything has ended already.
        let _ = self.0.start_kill();
    }
}
