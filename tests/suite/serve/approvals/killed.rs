//! The process is killed at each write of the ledger: every server sees each call at most once, or the user is asked.

use super::{echoed, host, run_of, walk};
use serde_json::json;

const CODE: &str = "import { echo, sleep } from \"mcp:scripted\";\n\
                    const first = await sleep({ ms: 1 });\n\
                    const all = await Promise.all([echo({ n: 1 }), echo({ n: 2 })]);\n\
                    export default [first, ...all, await echo({ n: 3 })];";

/// The run that was left behind, if its ledger begins.
fn left(host: &crate::cli::Host) -> Option<String> {
    let files = walk(host.dir.path().to_owned());
    let ledger = files.iter().find(|path| path.ends_with("ledger.jsonl"))?;
    let run = ledger.parent()?.file_name()?.to_str()?;
    std::fs::metadata(ledger)
        .is_ok_and(|ledger| ledger.len() > 0)
        .then(|| run.to_owned())
}

/// Goes on with the run until it ends, and allows everything. Whether a call was sent whose answer was lost.
fn to_its_end(host: &crate::cli::Host, script: &str, run: &str) -> bool {
    let mut was_lost = false;
    for _ in 0..10 {
        let shown = host.run(&["runs", "show", run]);
        was_lost |= shown.stdout.contains("its answer was lost");
        let approved = host.run(&["approve", run, "--once"]);
        assert!(
            [Some(0), Some(2)].contains(&approved.code),
            "{}",
            approved.stderr
        );
        let ran = host.run(&["run", script, "--resume", run]);
        match ran.code {
            Some(7) => {}
            Some(0) => {
                assert!(ran.stdout.contains("{\\\"n\\\":3}"), "{}", ran.stdout);
                return was_lost;
            }
            _ => panic!("{}{}", ran.stdout, ran.stderr),
        }
    }
    panic!("the run does not end");
}

#[test]
fn a_run_that_was_killed_at_any_write_makes_each_call_once_or_asks() {
    let mut points = 0;
    for at in 1.. {
        let host = host();
        let script = host.file("script.ts", CODE);
        let script = script.to_str().unwrap();
        let mut command = host.command(&["run", script]);
        let killed = command
            .env("MCP_HOST_TEST_KILL_AT", at.to_string())
            .output()
            .unwrap();
        if killed.status.code() == Some(7) {
            // It came to its first question without passing this point.
            let run = run_of(&String::from_utf8_lossy(&killed.stderr));
            // From there on, the process that goes on is killed.
            points += at;
            after(&host, script, &run);
            break;
        }
        let Some(run) = left(&host) else {
            continue;
        };
        let was_lost = to_its_end(&host, script, &run);
        check(&host, was_lost, at);
    }
    assert!(points > 6, "{points} points");
}

/// Kills the process that goes on, at each of its writes.
fn after(host: &crate::cli::Host, script: &str, run: &str) {
    assert_eq!(host.run(&["approve", run, "--once"]).code, Some(0));
    for at in 1..40 {
        let mut command = host.command(&["run", script, "--resume", run]);
        let ran = command
            .env("MCP_HOST_TEST_KILL_AT", at.to_string())
            .output()
            .unwrap();
        if ran.status.code().is_some() {
            let was_lost = to_its_end(host, script, run);
            check(host, was_lost || at > 1, at);
            return;
        }
        // Whatever it waits for now is allowed, so that the next process comes further.
        let _ = host.run(&["approve", run, "--once"]);
    }
    panic!("the run does not end");
}

fn check(host: &crate::cli::Host, was_lost: bool, at: u64) {
    let seen = echoed(host);
    for n in 1..=3 {
        let times = seen
            .iter()
            .filter(|call| **call == json!({ "n": n }))
            .count();
        assert!(
            times == 1 || times == 2 && was_lost,
            "{n}: {times} times, killed at {at}"
        );
    }
}
