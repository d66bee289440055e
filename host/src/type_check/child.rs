//! Runs the compiler: no environment but the PATH, no input, bounded output. It and what it starts end with the run.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// Bytes of its output that are read.
const MOST_OUTPUT: u64 = 1 << 20;

/// At this size the compiler collects garbage harder.
const MEMORY: &str = "1GiB";

pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) text: Vec<u8>,
}

pub(super) async fn run(program: &Path, dir: &Path) -> io::Result<Output> {
    let mut child = Command::new(program)
        .args(["--project", "tsconfig.json", "--pretty", "false"])
        .current_dir(dir)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("GOMEMLIMIT", MEMORY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let _group = Group(child.id());
    let mut text = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        // The pipe is dropped after that, which ends a compiler that writes more.
        stdout.take(MOST_OUTPUT).read_to_end(&mut text).await?;
    }
    Ok(Output {
        status: child.wait().await?,
        text,
    })
}

/// The process group of the compiler, of which everything is killed at the end: the program may be a wrapper.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(leader) = id.and_then(Pid::from_raw) {
            // All of it has mostly ended by itself.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
