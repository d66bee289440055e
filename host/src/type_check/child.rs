//! Runs the compiler: no environment but the PATH, no input, bounded output, and on Linux bounded memory and processor
//! time. It and what it starts end with the run.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// Bytes of its output that are read.
const MOST_OUTPUT: u64 = 1 << 20;

/// Bytes of data of one process. A usual script takes 50 MiB.
#[cfg(target_os = "linux")]
const MOST_MEMORY: u64 = 2 << 30;

/// Processor time of one process, in seconds: several threads spend it at once.
#[cfg(target_os = "linux")]
const MOST_SECONDS: u64 = 60;

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
    let group = Group(child.id());
    confine(&group);
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

/// Bounds each process: what it starts inherits the bounds. A script can have types that take all memory there is.
#[cfg(target_os = "linux")]
fn confine(group: &Group) {
    use rustix::process::{Resource, Rlimit, prlimit};
    // Without an id, the call would confine this process.
    let Some(leader) = group.leader() else {
        return;
    };
    for (resource, most) in [(Resource::Data, MOST_MEMORY), (Resource::Cpu, MOST_SECONDS)] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        // It fails where the compiler has ended already.
        let _ = prlimit(Some(leader), resource, limit);
    }
}

#[cfg(not(target_os = "linux"))]
fn confine(_: &Group) {}

/// The process group of the compiler, of which everything is killed at the end: the program may be a wrapper.
struct Group(Option<u32>);

impl Group {
    fn leader(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.0?).ok()?)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader() {
            // All of it has mostly ended by itself.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
