//! The resource harness: every hostile guest and every hostile server of the suite runs in a child, and is held to what
//! the run was given. A run takes at most its memory and a tenth more than a run that does nothing, and ends at most 50
//! ms after its deadline, and what this machine is late by.
//!
//! A further hostile case is one line: in `guests::all`, in `servers::all` or in `unloadable::all`.

mod guests;
mod servers;
mod unloadable;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcp_tests::Measured;

use super::MIB;
use crate::cli::Host;

/// How late a run may end.
const LATE: Duration = Duration::from_millis(50);

/// The host's work between two checks of the clock takes longer without optimisation, and so does the end of a process:
/// reading 16 MiB of text once takes 10 ms in an optimised host, and 300 ms in another.
const UNOPTIMISED: Duration = Duration::from_millis(if cfg!(debug_assertions) { 600 } else { 0 });

/// The same for a run that is recorded: a large file is written into the recording, and the result is read three times,
/// which takes a second of a processor.
const RECORDED: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2000 } else { 0 });

/// Rounding by the allocator and the kernel: pages, stacks of threads, arenas. A skill that is not known is asked for
/// its schema before its run, and some of the pages of that stay with the allocator. Pages of the program's code count
/// too: those that a harmless run of the same kind does not use.
const SLACK: u64 = if cfg!(debug_assertions) { 6 } else { 5 } * MIB;

/// A case that has not ended by then is killed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a late case is repeated: other processes occupy the machine now and then, but not each time.
const ATTEMPTS: u32 = 5;

/// How long a late case waits before its second attempt. The later ones wait longer.
const PAUSE: Duration = Duration::from_secs(2);

/// The bounds of one process.
struct Bounds {
    peak: u64,
    /// The most time and memory in the report, if there is a report.
    run: Option<(Duration, u64)>,
    wall: Duration,
    cpu: Duration,
}

/// The resources of one process, less those of a process that does nothing.
struct Taken {
    peak: u64,
    run: Option<Duration>,
    reported: Option<u64>,
    wall: Duration,
    cpu: Duration,
    killed: bool,
    outcome: String,
    /// Whether its recording would exceed the size limit, which is a fault of the host's disk and not an outcome.
    is_too_long: bool,
}

impl Taken {
    fn of(measured: &Measured, nothing: &Measured) -> Self {
        Self {
            peak: measured.peak.saturating_sub(nothing.peak),
            run: number(measured, "\"run_ms\": ").map(|ms| Duration::from_secs_f64(ms / 1e3)),
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a number of bytes of a small process"
            )]
            reported: number(measured, "\"peak_memory\": ").map(|bytes| bytes as u64),
            wall: measured.wall.saturating_sub(nothing.wall),
            cpu: measured.cpu.saturating_sub(nothing.cpu),
            killed: measured.killed,
            outcome: outcome(measured),
            is_too_long: is_too_long(measured),
        }
    }

    /// Whether it took too long. Other resources are the same in each attempt.
    fn is_late(&self, bounds: &Bounds) -> bool {
        let late = |(run, _): (Duration, u64)| self.run.is_some_and(|took| took > run);
        bounds.run.is_some_and(late) || self.wall > bounds.wall || self.cpu > bounds.cpu
    }

    /// The bounds that it exceeded.
    fn excess(&self, bounds: &Bounds) -> Vec<String> {
        let mut excess = Vec::new();
        if self.killed {
            excess.push("it was killed".to_owned());
        }
        if self.peak > bounds.peak {
            excess.push(format!("{} of {} MiB", self.peak / MIB, bounds.peak / MIB));
        }
        if let Some((run, memory)) = bounds.run {
            match self.run {
                Some(took) if took > run => excess.push(format!("the run: {took:?} of {run:?}")),
                Some(_) => {}
                None if self.is_too_long => {}
                None => excess.push("there is no report".to_owned()),
            }
            if self.reported.is_some_and(|reported| reported > memory) {
                excess.push(format!("it reports {:?} of {memory} bytes", self.reported));
            }
        }
        if self.wall > bounds.wall {
            excess.push(format!("{:?} of {:?}", self.wall, bounds.wall));
        }
        if self.cpu > bounds.cpu {
            excess.push(format!("CPU: {:?} of {:?}", self.cpu, bounds.cpu));
        }
        excess
    }
}

fn is_too_long(measured: &Measured) -> bool {
    measured.stderr.contains("it would be larger than")
}

/// The outcome in a report, or the exit code.
fn outcome(measured: &Measured) -> String {
    let (_, rest) = measured
        .stdout
        .split_once("\"outcome\": \"")
        .unwrap_or_default();
    match rest.split_once('"') {
        Some((outcome, _)) => outcome.to_owned(),
        None => format!("exit code {:?}", measured.code),
    }
}

/// A number of a report, which comes last in standard output and may be cut in the middle.
fn number(measured: &Measured, key: &str) -> Option<f64> {
    [&measured.stdout, &measured.tail]
        .into_iter()
        .find_map(|text| {
            let (_, rest) = text.split_once(key)?;
            let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
            rest[..end].parse().ok()
        })
}

/// Runs a case until it is in time, and reports the bounds that its best attempt exceeded.
fn judge(name: &str, bounds: &Bounds, mut once: impl FnMut() -> Taken) -> Option<String> {
    let mut taken = once();
    for attempt in 1..ATTEMPTS {
        if taken.killed || !taken.is_late(bounds) {
            break;
        }
        // What occupies the machine meanwhile, such as a compiler, ends in some seconds.
        std::thread::sleep(PAUSE * attempt);
        taken = once();
    }
    let excess = taken.excess(bounds);
    eprintln!(
        "{name}: {}, {} of {} MiB, run {:?}, wall {:?}, cpu {:?}{}",
        taken.outcome,
        taken.peak / MIB,
        bounds.peak / MIB,
        taken.run.unwrap_or_default(),
        taken.wall,
        taken.cpu,
        if excess.is_empty() { "" } else { "  TOO MUCH" }
    );
    (!excess.is_empty()).then(|| format!("{name}: {}", excess.join(", ")))
}

/// Serialises these tests: they measure the machine.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which cases run: all, or those whose name holds the text of `HARNESS`.
fn is_chosen(name: &str) -> bool {
    std::env::var("HARNESS").map_or(true, |part| name.contains(&part))
}

/// An `mcp.json` with the server `fake`, which lists the tools of `tests/guests/fake.tools.json` and answers as
/// scripted: `fake/version` with this.
pub(crate) fn listed(host: &Host, version: &str) {
    let config = serde_json::json!({ "mcpServers": { "fake": {
        "command": mcp_tests::binary("examples/scripted-server"),
        "args": ["listed"],
        "env": {
            "SCRIPTED_TOOLS": mcp_tests::root().join("tests/guests/fake.tools.json"),
            "SCRIPTED_ANSWER": version,
        },
        "limits": { "max_message_bytes": MESSAGE },
    } } });
    host.file("mcp.json", config.to_string());
}

/// `max_message_bytes` of that server.
const MESSAGE: u64 = 4 * MIB;

/// A file with these bytes in the host's directory, compiled in advance: compiling does not count as time of the run.
pub(super) fn compiled(host: &Host, name: &str, bytes: &[u8]) -> PathBuf {
    let path = host.file(name, bytes);
    host.run(&["compile", path.to_str().unwrap()]);
    path
}
