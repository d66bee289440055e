//! Random numbers and clocks of a run with a seed and a time.

use std::future::pending;
use std::time::{Duration, UNIX_EPOCH};

use mcp_host::{Determinism, Limits, Report, Request, execute_fixed};
use mcp_tests::{Setup, guest};
use serde_json::Value;

use super::recorded;

async fn senses(seed: Option<u64>, clock: Option<u64>) -> Report {
    let linked = Setup::default().linked(&guest("senses")).unwrap();
    let fixed = Determinism {
        seed,
        clock: clock.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
    };
    execute_fixed(
        &linked,
        &Request::Input("null"),
        &Limits::default(),
        fixed,
        pending(),
    )
    .await
    .unwrap()
}

fn result(report: &Report) -> Value {
    serde_json::from_str(report.result.as_deref().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_seed_and_clock_two_runs_are_bit_identical() {
    let first = senses(Some(7), Some(1_000)).await;
    let second = senses(Some(7), Some(1_000)).await;
    assert_eq!(first.result, second.result);
    assert_eq!(first.fuel, second.fuel);
    assert_eq!(result(&first)["ms"], 1_000_000);
    // The clock advances a millisecond with each reading.
    assert_eq!(result(&first)["readings"], 19);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_seed_gives_other_random_numbers() {
    let first = senses(Some(7), Some(1_000)).await;
    let second = senses(Some(8), Some(1_000)).await;
    assert_ne!(result(&first)["random"], result(&second)["random"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_seed_and_clock_the_machine_gives_both_in_whole_milliseconds() {
    let first = senses(None, None).await;
    let second = senses(None, None).await;
    assert_ne!(result(&first)["random"], result(&second)["random"]);
    assert!(result(&first)["ms"].as_u64().unwrap() > 1_700_000_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_run_draws_both_so_that_it_can_be_repeated() {
    let run = recorded(Setup::default(), "senses", "null").await;
    let fixed = run.open().unwrap().fixed();
    assert!(fixed.seed.is_some() && fixed.clock.is_some(), "{fixed:?}");
    run.repeats("senses").await;
}
