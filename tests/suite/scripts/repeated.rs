//! A thousand generated scripts, recorded and replayed: report, result, calls, log and fuel are the same.

use mcp_host::{Outcome, Recording, Report};
use serde_json::Value;

use super::generated::{lab, script};
use super::library::World;

/// A report without what the machine decides: times, memory of the host, and where an answer came from.
fn lasting(report: &Report) -> Value {
    let mut value = serde_json::to_value(report).unwrap();
    let fields = value.as_object_mut().unwrap();
    fields.remove("time");
    fields.remove("peak_memory");
    for tool in fields["tools"].as_object_mut().unwrap().values_mut() {
        for key in ["latency", "cache_hits", "cache_misses", "shared"] {
            tool.as_object_mut().unwrap().remove(key);
        }
    }
    value
}

#[tokio::test]
async fn a_thousand_generated_scripts_replay_to_the_same_report_and_the_same_calls() {
    let count = std::env::var("SCRIPTS").map_or(1_000, |count| count.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let world = World::of(lab()).state(&dir.path().join("state"));
    let (mut finished, mut failed, mut calls, mut unfinished) = (0, 0, 0, 0);
    for number in 0..count {
        let source = script(number);
        let input = format!("{{\"number\":{number}}}");
        let run = world.recorded(&source, &input).await;
        match &run.report.outcome {
            Outcome::Finished => finished += 1,
            Outcome::Failed { message } if expected(message) => failed += 1,
            outcome => panic!("script {number}: {outcome:?}\n{source}"),
        }
        calls += run.report.calls();
        unfinished += usize::from(lasting(&run.report).to_string().contains("\"unfinished\":"));
        let path = dir.path().join("run.jsonl");
        std::fs::write(&path, &run.bytes).unwrap();
        let recording = Recording::open(&path).unwrap();
        let again = world.replayed(&source, recording).await;
        let again = again.unwrap_or_else(|error| panic!("script {number}: {error}\n{source}"));
        assert_eq!(
            lasting(&again),
            lasting(&run.report),
            "script {number}\n{source}"
        );
    }
    // The scripts are of all kinds, so that this test can fail.
    let quarter = usize::try_from(count / 4).unwrap();
    assert!(finished > 2 * quarter, "{finished} scripts finished");
    assert!(failed > 0 && unfinished > 0, "{failed} {unfinished}");
    assert!(
        usize::try_from(calls).unwrap() > 4 * quarter,
        "{calls} calls"
    );
}

/// What the generator lets a script end with.
fn expected(message: &str) -> bool {
    ["on purpose", "nothing settles"]
        .iter()
        .any(|part| message.contains(part))
}
