//! Runs skills for a long time in one process, a fifth of them hostile, and says whether anything grew.
//!
//! ```text
//! TMPDIR=$(mktemp -d) cargo run --release -p mcp-tests --bin soak -- 100000
//! ```
//!
//! Compares the process after a tenth of the runs with the process at the end: resident memory, file descriptors,
//! threads, child processes, and what is in `TMPDIR`. Exit code 1 if one of them grew.
#![allow(clippy::unwrap_used, reason = "a test program may panic")]

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use mcp_host::{Catalog, Environment, Grants, Host, Limits, Linked, Outcome, Request, ToolServer};
use mcp_tests::{Fake, guest, structured, text};

/// Runs at once.
const AT_ONCE: usize = 16;

/// Memory of one run.
const MEMORY: usize = 16 << 20;

/// Runs after which every kind has run in every slot: the first run of a component makes what all later ones share.
const WARM_UP: usize = 400;

/// Growth of resident memory that is noise of the allocator: a twentieth, and this.
const NOISE: u64 = 4 << 20;

fn main() -> ExitCode {
    let runs: usize = match std::env::args().nth(1).map(|text| text.parse()) {
        Some(Ok(runs)) => runs,
        Some(Err(_)) | None => {
            eprintln!("usage: soak RUNS");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (warm, end) = runtime.block_on(soak(runs));
    eprintln!("{:>12} {:>12} {:>12}", "", "warm", "end");
    let mut grew = false;
    for (what, warm, end, noise) in [
        (
            "memory, KiB",
            warm.memory >> 10,
            end.memory >> 10,
            (warm.memory / 20 + NOISE) >> 10,
        ),
        ("descriptors", warm.descriptors, end.descriptors, 0),
        ("threads", warm.threads, end.threads, 0),
        ("children", warm.children, end.children, 0),
        ("temporaries", warm.temporaries, end.temporaries, 0),
    ] {
        let more = end > warm + noise;
        grew |= more;
        let verdict = if more { "  grew" } else { "" };
        eprintln!("{what:>12} {warm:>12} {end:>12}{verdict}");
    }
    ExitCode::from(u8::from(grew))
}

/// What one kind of run is, and how it must end.
struct Kind {
    linked: Arc<Linked>,
    input: &'static str,
    limits: Limits,
    ends: fn(&Outcome) -> bool,
}

async fn soak(runs: usize) -> (Figures, Figures) {
    let slots = u32::try_from(AT_ONCE).unwrap();
    let host = Arc::new(Host::builder().slots(slots).memory(MEMORY).build().unwrap());
    let kinds = Arc::new(kinds(&host).await);
    let start = Instant::now();
    let warm_up = (runs / 10).max(WARM_UP);
    batch(&host, &kinds, 0..warm_up).await;
    let warm = Figures::now();
    batch(&host, &kinds, warm_up..runs).await;
    let end = Figures::now();
    eprintln!("{runs} runs in {:.1} s", start.elapsed().as_secs_f64());
    (warm, end)
}

async fn batch(host: &Arc<Host>, kinds: &Arc<Vec<Kind>>, runs: std::ops::Range<usize>) {
    stream::iter(runs)
        .for_each_concurrent(AT_ONCE, |run| {
            let (host, kinds) = (Arc::clone(host), Arc::clone(kinds));
            async move { tokio::spawn(one(host, kinds, run)).await.unwrap() }
        })
        .await;
}

async fn one(host: Arc<Host>, kinds: Arc<Vec<Kind>>, run: usize) {
    // Four good ones, and then one of the hostile ones.
    let (good, hostile) = kinds.split_at(2);
    let kind = if run % 5 == 4 {
        &hostile[run / 5 % hostile.len()]
    } else {
        &good[run % good.len()]
    };
    let request = Request::Input(kind.input);
    let report = host
        .run(&kind.linked, &request, &kind.limits)
        .await
        .unwrap();
    assert!(
        (kind.ends)(&report.outcome),
        "run {run}: {:?}",
        report.outcome
    );
}

async fn kinds(host: &Host) -> Vec<Kind> {
    let finished = |outcome: &Outcome| *outcome == Outcome::Finished;
    let call = r#"{"server":"plain","tool":"go","arguments":{}}"#;
    let mut kinds = Vec::new();
    for (skill, input, change, ends) in [
        (
            "echo",
            "[1,2,3]",
            (|_| ()) as fn(&mut Limits),
            finished as fn(&Outcome) -> bool,
        ),
        ("two-calls", "{}", |_| (), finished),
        (
            "spin",
            "{}",
            |limits| limits.fuel = 1_000_000,
            |outcome| matches!(outcome, Outcome::OutOfFuel { .. }),
        ),
        ("grow", "{}", |_| (), finished),
        (
            "panics",
            "{}",
            |_| (),
            |outcome| matches!(outcome, Outcome::Trapped { .. }),
        ),
        (
            "call-loop",
            call,
            |limits| limits.calls = 5,
            |outcome| matches!(outcome, Outcome::BudgetExhausted { .. }),
        ),
        (
            "log-loop",
            "{}",
            |limits| limits.fuel = 1_000_000,
            |outcome| matches!(outcome, Outcome::OutOfFuel { .. }),
        ),
    ] {
        let bytes = fs::read(guest(skill)).unwrap();
        let skill = host.load(&bytes).await.unwrap();
        let mut limits = Limits {
            memory: MEMORY,
            ..Limits::default()
        };
        change(&mut limits);
        kinds.push(Kind {
            linked: host.link(&skill, &environment()).unwrap(),
            input,
            limits,
            ends,
        });
    }
    kinds
}

fn environment() -> Environment {
    let fake = Fake::new("fake", Fake::standard_tools(), |_, arguments| {
        Box::pin(async move { Ok(structured(arguments.into())) })
    });
    let plain = Fake::plain(|_| Box::pin(async { Ok(text("ok")) }));
    let servers = [fake, plain].map(|server| Arc::new(server.forgetful()) as Arc<dyn ToolServer>);
    Environment {
        catalog: Arc::new(Catalog::of(servers).unwrap()),
        grants: Arc::new(Grants {
            tools: vec!["plain/*".parse().unwrap()],
            ..Grants::default()
        }),
        ..Environment::default()
    }
}

/// What the process holds.
struct Figures {
    memory: u64,
    descriptors: u64,
    threads: u64,
    children: u64,
    temporaries: u64,
}

impl Figures {
    fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        let kib: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
        let count = |dir: &Path| fs::read_dir(dir).map_or(0, Iterator::count) as u64;
        let children = fs::read_dir("/proc/self/task")
            .unwrap()
            .filter_map(|task| fs::read_to_string(task.unwrap().path().join("children")).ok());
        Self {
            memory: kib << 10,
            descriptors: count(Path::new("/proc/self/fd")),
            threads: count(Path::new("/proc/self/task")),
            children: children
                .map(|pids| pids.split_whitespace().count() as u64)
                .sum(),
            temporaries: count(&std::env::temp_dir()),
        }
    }
}
