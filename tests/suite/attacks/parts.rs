//! Linked skills: linking them, and the memory of all of them together.

use std::time::Duration;

use serde_json::Value;

use super::{Host, attack};
use crate::hostile::waiting;

/// Runs the function `f` of `main` with these skills behind it.
fn run(main: &[u8], parts: &[Vec<u8>], options: &[&str]) -> (Value, String) {
    let host = Host::new();
    let skill = host.file("main.wasm", main);
    let mut args = vec![
        "run",
        skill.to_str().unwrap(),
        "--format",
        "json",
        "--invoke",
        "f()",
    ];
    let files: Vec<_> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| host.file(&format!("p{at}.wasm"), part))
        .collect();
    for file in &files {
        args.extend(["--with", file.to_str().unwrap()]);
    }
    args.extend(options);
    let ran = attack(&host, &args, Duration::from_secs(120));
    assert!(!ran.killed, "it was killed after {:?}", ran.wall);
    (
        serde_json::from_str(&ran.stdout).unwrap_or_default(),
        ran.stderr,
    )
}

#[test]
fn a_chain_of_dependencies_links_in_linear_time() {
    const PARTS: usize = 34;
    let parts: Vec<_> = (0..PARTS)
        .map(|at| waiting::one_of_a_chain(at, PARTS))
        .collect();
    let (report, stderr) = run(&first_of_the_chain(), &parts, &["--timeout", "10s"]);
    assert_eq!(report["outcome"], "finished", "{report} {stderr}");
    let link = report["time"]["link_ms"].as_f64().unwrap();
    assert!(link < 5_000.0, "{link} ms");
}

/// Imports the first of the chain, and does nothing.
fn first_of_the_chain() -> Vec<u8> {
    wat::parse_str(
        "(component
          (import \"test:parts/p0@1.0.0\" (instance (export \"f\" (func))))
          (core module $m (func (export \"f\")))
          (core instance $i (instantiate $m))
          (func (export \"f\") (canon lift (core func $i \"f\"))))",
    )
    .unwrap()
}

#[test]
fn a_dependency_that_computes_ends_with_the_deadline() {
    // A runtime that polls it 61 times between two looks at its timers is late by 61 ticks of 10 ms.
    let (report, stderr) = run(
        &waiting::calls(),
        &[waiting::computes()],
        &["--timeout", "500ms"],
    );
    assert_eq!(report["outcome"], "timed-out", "{report} {stderr}");
    let took = report["time"]["run_ms"].as_f64().unwrap();
    assert!(took < 500.0 + 50.0 + 100.0, "{took} ms");
}

#[test]
fn calls_of_dependencies_share_the_fuel_of_the_run() {
    let parts = [waiting::gives(16)];
    let (report, stderr) = run(
        &waiting::asks_and_computes(50),
        &parts,
        &["--fuel", "1000000", "--timeout", "20s"],
    );
    assert_eq!(report["outcome"], "out-of-fuel", "{report} {stderr}");
    assert!(report["fuel"].as_u64().unwrap() <= 1_000_000, "{report}");
}

#[test]
fn a_cancelled_call_of_a_dependency_costs_no_fuel_and_says_what_it_ended() {
    // A guest that yields keeps the thread for some milliseconds.
    let wait = "(call $wait)".repeat(10_000);
    let begun = format!("(local.set $t (call $begin)) {wait} (call $end (local.get $t))");
    for (steps, outcome) in [
        (begun.clone(), "finished"),
        (format!("{begun} (drop (call $begin)) {wait}"), "trapped"),
    ] {
        let main = waiting::begins_calls(&steps);
        let (report, stderr) = run(&main, &[waiting::yields()], &["--timeout", "20s"]);
        assert_eq!(report["outcome"], outcome, "{report} {stderr}");
        if outcome == "trapped" {
            let message = report["message"].as_str().unwrap();
            assert!(message.contains("a call of it was cancelled"), "{message}");
        }
    }
}
