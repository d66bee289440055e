//! Generated scripts that stop at each call that asks: the result and the calls are those of a run that does not stop.

use std::fs::{File, OpenOptions};
use std::future::pending;
use std::path::Path;
use std::time::SystemTime;

use mcp_host::{
    Decided, Determinism, Ledger, Linked, Outcome, Report, Request, Scope, execute_ledger,
};
use serde_json::{Value, json};

use super::generated::{lab, script};
use super::library::World;

/// Seed and clock of both runs.
fn fixed() -> Determinism {
    Determinism {
        seed: Some(7),
        clock: Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)),
    }
}

fn new(path: &Path) -> File {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).open(path);
    file.unwrap()
}

fn allowed() -> Decided {
    Decided {
        allow: true,
        scope: Scope::Once,
        because: None,
        by: "test".to_owned(),
        at: SystemTime::UNIX_EPOCH,
    }
}

/// Runs to the end, and allows one call at each stop. Its report, and how often it stopped.
async fn run(world: &World, linked: &Linked, path: &Path, input: &str) -> (Report, usize) {
    let request = Request::Input(input);
    let mut ledger = Ledger::create(new(path), linked, &request, &world.limits, fixed()).unwrap();
    for stops in 0.. {
        let ran = execute_ledger(linked, ledger, &world.limits, pending()).await;
        let report = ran.unwrap_or_else(|error| panic!("after {stops} stops: {error}"));
        if report.outcome != Outcome::Paused {
            return (report, stops);
        }
        ledger = Ledger::open(path).unwrap();
        let open = ledger.questions();
        assert!(!open.is_empty());
        for question in &open {
            ledger.decide(question, allowed()).unwrap();
        }
    }
    unreachable!()
}

/// The calls of a ledger: what was called, and whether it failed.
fn calls(path: &Path) -> Vec<Value> {
    let ledger = Ledger::open(path).unwrap();
    let calls = ledger.calls().map(|call| {
        json!([
            call.function(),
            call.tool(),
            call.arguments(),
            call.failed(),
            call.ended().is_some()
        ])
    });
    calls.collect()
}

#[tokio::test]
async fn a_script_that_stops_at_each_question_does_what_it_does_without_stops() {
    let count: u64 = std::env::var("SCRIPTS").map_or(300, |count| count.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let free = World::of(lab());
    let asking = World::of(lab()).asking();
    let (mut compared, mut stopped) = (0, 0);
    for number in 0..count {
        let source = script(number);
        // One waits without end, and what comes first of several depends on the stops.
        if [
            "never(",
            "state.",
            "Promise.any",
            "Promise.race",
            "order.push",
        ]
        .iter()
        .any(|word| source.contains(word))
        {
            continue;
        }
        let input = format!("{{\"number\":{number}}}");
        let [one, other] =
            ["free", "asking"].map(|name| dir.path().join(format!("{name}-{number}")));
        let expected = run(&free, &free.linked(&source).unwrap(), &one, &input)
            .await
            .0;
        let linked = asking.linked(&source).unwrap();
        assert!(linked.may_ask());
        let (report, stops) = run(&asking, &linked, &other, &input).await;
        assert_eq!(report.result, expected.result, "script {number}\n{source}");
        assert_eq!(
            report.outcome.name(),
            expected.outcome.name(),
            "script {number}\n{source}"
        );
        assert_eq!(calls(&other), calls(&one), "script {number}\n{source}");
        compared += 1;
        stopped += stops;
    }
    assert!(
        compared > count / 20 && stopped > 2 * usize::try_from(compared).unwrap(),
        "{compared} scripts, {stopped} stops"
    );
}
