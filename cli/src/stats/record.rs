//! One line for each run, in a file of this user's: counts and bytes, no argument and no result. Several processes
//! append at once. Bounded: an old file goes when the next one is full.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use mcp_bridge::named_file;
use mcp_bridge::private_dir::{Others, ensure};
use mcp_host::Report;
use serde::{Deserialize, Serialize};

/// Bytes of a file after which a new one begins.
const FULL: u64 = 8 << 20;

/// Bytes of a file that are read: the last line of several processes may go beyond.
const MOST: u64 = 2 * FULL;

/// Tools of one line; the rest are added up.
const MOST_TOOLS: usize = 64;

/// Bytes of a name.
const LONGEST: usize = 200;

const NOW: &str = "runs.jsonl";
const BEFORE: &str = "runs.1.jsonl";
const LOCK: &str = "lock";

/// One run, or one answer of another tool of `serve`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// When it ended, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// The command that ran it: `run` or `serve`.
    pub(crate) by: String,
    /// How it ended, or the tool that answered.
    pub(crate) outcome: String,
    /// Bytes that went to the model, or to stdout.
    pub(crate) answer: u64,
    pub(crate) tools: Vec<Tool>,
}

/// What a run did with one tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tool {
    pub(crate) server: String,
    pub(crate) tool: String,
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    /// Bytes of arguments.
    pub(crate) sent: u64,
    /// Bytes of results.
    pub(crate) received: u64,
}

/// The tools of `serve` whose answers are of no run.
const ANSWERS: [&str; 2] = ["search_tools", "describe_tools"];

/// Milliseconds since 1970.
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_millis());
    u64::try_from(now).unwrap_or(u64::MAX)
}

impl Run {
    pub(crate) fn of_answer(tool: &str, bytes: usize) -> Self {
        Self {
            at_ms: now_ms(),
            by: "serve".to_owned(),
            outcome: tool.to_owned(),
            answer: u64::try_from(bytes).unwrap_or(u64::MAX),
            tools: Vec::new(),
        }
    }

    /// Whether it is no run, but an answer of another tool.
    pub(crate) fn is_answer(&self) -> bool {
        ANSWERS.contains(&self.outcome.as_str())
    }

    pub(crate) fn of(report: &Report, by: &str, answer: usize) -> Self {
        let name = |name: &str| mcp_bridge::text::cut(name, LONGEST).into_owned();
        let mut tools: Vec<Tool> = report
            .tools
            .iter()
            .map(|(full, used)| {
                let (server, tool) = full.split_once('/').unwrap_or((full, ""));
                Tool {
                    server: name(server),
                    tool: name(tool),
                    calls: used.calls.into(),
                    errors: used.errors.into(),
                    sent: used.bytes_in,
                    received: used.bytes_out,
                }
            })
            .collect();
        tools.sort_by_key(|tool| std::cmp::Reverse(tool.received));
        let rest = tools.split_off(tools.len().min(MOST_TOOLS));
        if !rest.is_empty() {
            let sum = |value: fn(&Tool) -> u64| rest.iter().map(value).sum();
            tools.push(Tool {
                server: "(others)".to_owned(),
                tool: "(others)".to_owned(),
                calls: sum(|tool| tool.calls),
                errors: sum(|tool| tool.errors),
                sent: sum(|tool| tool.sent),
                received: sum(|tool| tool.received),
            });
        }
        Self {
            at_ms: now_ms(),
            by: by.to_owned(),
            outcome: report.outcome.name().to_owned(),
            answer: u64::try_from(answer).unwrap_or(u64::MAX),
            tools,
        }
    }
}

/// Appends a run. A failure costs this line, and is logged.
pub(crate) fn append(dir: &Path, run: &Run) {
    if let Err(error) = appended(dir, run, FULL) {
        let error = format!("{error:#}");
        tracing::warn!(error, "the run is not counted in the statistics");
    }
}

fn appended(dir: &Path, run: &Run, full: u64) -> anyhow::Result<()> {
    ensure(dir, Others::Nothing)?;
    let mut line = serde_json::to_vec(run)?;
    line.push(b'\n');
    let mut file = open(dir, NOW)?;
    if file.metadata()?.len() >= full {
        // One process at a time, and only if none has done it meanwhile.
        let lock = open(dir, LOCK)?;
        lock.lock()?;
        if fs::metadata(dir.join(NOW)).is_ok_and(|now| now.len() >= full) {
            fs::rename(dir.join(NOW), dir.join(BEFORE))?;
        }
        file = open(dir, NOW)?;
    }
    // One write: lines of several processes do not mix.
    file.write_all(&line)?;
    Ok(())
}

fn open(dir: &Path, name: &str) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600);
    Ok(named_file::open_with(&dir.join(name), &options)?)
}

/// All runs that are kept, the oldest first, and how many lines are none.
pub(super) fn read(dir: &Path) -> anyhow::Result<(Vec<Run>, usize)> {
    let (mut runs, mut unread) = (Vec::new(), 0);
    for name in [BEFORE, NOW] {
        let text = match named_file::read(&dir.join(name), MOST) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error.into()),
        };
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(run) => runs.push(run),
                Err(_) => unread += 1,
            }
        }
    }
    Ok((runs, unread))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn run(at_ms: u64) -> Run {
        Run {
            at_ms,
            by: "serve".to_owned(),
            outcome: "finished".to_owned(),
            answer: 1,
            tools: Vec::new(),
        }
    }

    #[test]
    fn runs_of_many_threads_are_all_read() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("stats");
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let dir = &dir;
                scope.spawn(move || {
                    (0..50).for_each(|at| appended(dir, &run(thread * 50 + at), FULL).unwrap());
                });
            }
        });
        let (runs, unread) = read(&dir).unwrap();
        let mut times: Vec<_> = runs.iter().map(|run| run.at_ms).collect();
        times.sort_unstable();
        assert_eq!(times, (0..400).collect::<Vec<_>>());
        assert_eq!(unread, 0);
        let mode = fs::metadata(dir.join(NOW)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn old_runs_go_when_a_file_is_full() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("stats");
        let full = 500;
        for at in 0..100 {
            appended(&dir, &run(at), full).unwrap();
        }
        let (runs, _) = read(&dir).unwrap();
        assert_eq!(runs.last().unwrap().at_ms, 99);
        assert!(runs[0].at_ms > 80, "{}", runs[0].at_ms);
        for name in [NOW, BEFORE] {
            let length = fs::metadata(dir.join(name)).unwrap().len();
            assert!(length < full + 200, "{length}");
        }
    }

    #[test]
    fn line_that_is_no_run_costs_itself_alone() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("stats");
        appended(&dir, &run(1), FULL).unwrap();
        open(&dir, NOW).unwrap().write_all(b"{\xff\n").unwrap();
        appended(&dir, &run(2), FULL).unwrap();
        let (runs, unread) = read(&dir).unwrap();
        assert_eq!((runs, unread), (vec![run(1), run(2)], 1));
    }
}
