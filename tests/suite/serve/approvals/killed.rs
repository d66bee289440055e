//! The process is killed at each write of the ledger: every server sees each call at most once, or the user is asked.

use super::{echoed, run_of, walk};
use serde_json::json;

const CODE: &str = "import { echo, sleep } from \"mcp:scripted\";\n\
                    console.log(\"begins\");\n\
                    const first = await sleep({ ms: 1 });\n\
                    const refused = await echo({ n: 9 }).catch((error) => error.code);\n\
                    const all = await Promise.all([echo({ n: 1 }), echo({ n: 2 })]);\n\
                    export default [first, refused, ...all, await echo({ n: 3 })];";

/// A host whose policy denies one of the calls.
fn host() -> crate::cli::Host {
    let host = super::host();
    host.settings(
        "[policy]\nallow = [\"scripted/sleep\"]\nask = [\"scripted/echo\"]\n\
         deny = [{ tool = \"scripted/echo\", where = { \"/n\" = { equals = 9 } } }]\n",
    );
    host
}

/// The run that was left behind, if its ledger begins.
fn left(host: &crate::cli::Host) -> Option<String> {
    let files = walk(host.dir.path().to_owned());
    let ledger = files.iter().find(|path| path.ends_with("ledger.jsonl"))?;
    let run = ledger.parent()?.file_name()?.to_str()?;
    std::fs::metadata(ledger)
        .is_ok_and(|ledger| ledger.len() > 0)
        .then(|| run.to_owned())
}

/// Allows everything for which the run waits. How many calls are made again because their answers were lost.
fn allow(host: &crate::cli::Host, run: &str) -> usize {
    let approved = host.run(&["approve", run, "--once"]);
    let said = &approved.stderr;
    assert!([Some(0), Some(2)].contains(&approved.code), "{said}");
    said.matches("allowed again: scripted/echo").count()
}

/// Goes on with the run until it ends, and allows everything. How many calls are made again.
fn to_its_end(host: &crate::cli::Host, script: &str, run: &str) -> usize {
    let mut again = 0;
    for _ in 0..10 {
        again += allow(host, run);
        let ran = host.run(&["run", script, "--resume", run]);
        match ran.code {
            Some(7) => {}
            Some(0) => {
                assert!(ran.stdout.contains("{\\\"n\\\":3}"), "{}", ran.stdout);
                assert!(ran.stdout.contains("\"denied\""), "{}", ran.stdout);
                return again;
            }
            // It was killed after its last write.
            _ if ran.stderr.contains("is over: finished") => return again,
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
        let again = to_its_end(&host, script, &run);
        check(&host, again, at);
    }
    assert!(points > 6, "{points} points");
}

/// Kills the process that goes on, at each of its writes.
fn after(host: &crate::cli::Host, script: &str, run: &str) {
    let mut again = allow(host, run);
    for at in 1..40 {
        let mut command = host.command(&["run", script, "--resume", run]);
        let ran = command
            .env("MCP_HOST_TEST_KILL_AT", at.to_string())
            .output()
            .unwrap();
        // Whatever it waits for now is allowed, so that the next process comes further.
        again += allow(host, run);
        if ran.status.code().is_some() {
            again += to_its_end(host, script, run);
            check(host, again, at);
            return;
        }
    }
    panic!("the run does not end");
}

/// The server saw each call once, and once more for each time that the user allowed that.
fn check(host: &crate::cli::Host, again: usize, at: u64) {
    let seen = echoed(host);
    for n in 1..=3 {
        assert!(seen.contains(&json!({ "n": n })), "{n}, killed at {at}");
    }
    assert!(!seen.contains(&json!({ "n": 9 })), "killed at {at}");
    // A call that was allowed again may not have left before the kill.
    let most = 3 + again;
    assert!(
        seen.len() <= most,
        "{} of {most}, killed at {at}",
        seen.len()
    );
}
