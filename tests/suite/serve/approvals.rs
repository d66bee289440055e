//! Calls that the user decides about: the run stops there, and goes on from its ledger, in the same process or another.

mod always;
mod asked;
mod attacks;
mod commands;
mod drifted;
mod killed;
mod matrix;
mod promises;
mod replayed;
mod story;

use std::path::PathBuf;

use mcp_tests::binary;
use serde_json::{Value, json};

use super::{Session, configure};
use crate::cli::Host;

/// A host whose server writes down each message, and a policy that asks about `echo`.
pub(super) fn host() -> Host {
    let host = Host::new();
    configure(
        &host,
        &json!({ "scripted": {
            "command": binary("examples/scripted-server"),
            "args": ["ok"],
            "env": { "SCRIPTED_LOG": host.dir.path().join("seen.jsonl") },
        } }),
    );
    host.settings(
        "[policy]\nallow = [\"scripted/sleep\", \"scripted/fail\"]\nask = [\"scripted/echo\"]\n",
    );
    host
}

/// The arguments of every call of `echo` that reached the server.
pub(super) fn echoed(host: &Host) -> Vec<Value> {
    let seen = std::fs::read_to_string(host.dir.path().join("seen.jsonl")).unwrap_or_default();
    let messages = seen
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let calls = messages.filter(|message| message["params"]["name"] == "echo");
    calls
        .map(|message| message["params"]["arguments"].clone())
        .collect()
}

/// The id of the run in the first line of an answer.
pub(super) fn run_of(text: &str) -> String {
    let (_, rest) = text
        .split_once("run ")
        .unwrap_or_else(|| panic!("no run: {text}"));
    rest[..10].to_owned()
}

fn run(session: &mut Session, code: &str) -> super::Answer {
    session.call("run_script", &json!({ "code": code }))
}

fn resume(session: &mut Session, run: &str) -> super::Answer {
    session.call("run_script", &json!({ "resume": run }))
}

/// Where the ledger of a run lies.
pub(super) fn ledger(host: &Host, run: &str) -> PathBuf {
    let mut found = walk(host.dir.path().to_owned());
    found.retain(|path| path.ends_with(format!("runs/{run}/ledger.jsonl")));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn walk(dir: PathBuf) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.append(&mut walk(path)),
            false => files.push(path),
        }
    }
    files
}

const ECHO: &str = "import { echo } from \"mcp:scripted\";\n\
                    const said = await echo({ n: 1 });\n\
                    export default { said, at: Date.now(), random: Math.random() };";

#[test]
fn a_call_that_asks_stops_the_run_until_the_user_allows_it() {
    let host = host();
    let mut session = Session::open(&host);
    let paused = run(&mut session, ECHO);
    assert!(!paused.is_error, "{paused:?}");
    let id = run_of(&paused.text);
    let lines: Vec<_> = paused.text.lines().collect();
    assert!(
        lines[0].starts_with(&format!("paused  run {id}  waits for the user until ")),
        "{paused:?}"
    );
    assert!(lines[0].ends_with(" UTC (15 min)"), "{paused:?}");
    assert!(
        lines[1].starts_with("scripted.echo {\"n\":1}   policy: "),
        "{paused:?}"
    );
    assert!(lines[1].contains("scripted/echo"), "{paused:?}");
    assert_eq!(
        lines[2],
        format!("The user decides with: mcp-host approve {id}")
    );
    assert_eq!(
        lines[3],
        format!(
            "Do not send the code again; when it is decided, call run_script {{\"resume\":\"{id}\"}}."
        )
    );
    assert!(echoed(&host).is_empty());

    // Nothing is decided yet.
    assert!(resume(&mut session, &id).text.starts_with("paused  "));
    let approved = host.run(&["approve", &id, "--once"]);
    assert_eq!(approved.code, Some(0), "{}", approved.stderr);
    assert!(
        approved.stderr.contains("allowed: scripted/echo"),
        "{}",
        approved.stderr
    );

    let done = resume(&mut session, &id);
    assert!(
        done.text.starts_with(&format!("ok  run {id}  1 call")),
        "{done:?}"
    );
    assert!(done.text.contains("\"said\":\"{\\\"n\\\":1}\""), "{done:?}");
    assert_eq!(echoed(&host), [json!({ "n": 1 })]);
    // Its client may have missed the answer.
    let again = resume(&mut session, &id);
    assert_eq!(again.text.lines().nth(1), done.text.lines().nth(1));
    assert_eq!(echoed(&host).len(), 1);
}

#[test]
fn a_run_goes_on_in_another_process_after_its_own_was_killed() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { echo, sleep } from \"mcp:scripted\";\n\
                const before = [Date.now(), Math.random(), await sleep({ ms: 1 })];\n\
                const said = await echo({ before: Math.random() });\n\
                export default { before, said };";
    let id = run_of(&run(&mut session, code).text);
    session.kill();
    let allowed = host.run(&["approve", &id, "--once"]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
    let mut session = Session::open(&host);
    let done = resume(&mut session, &id);
    assert!(
        done.text.starts_with(&format!("ok  run {id}  2 calls")),
        "{done:?}"
    );
    // What the script had seen before is what it sees again.
    let asked = echoed(&host);
    assert_eq!(asked.len(), 1);
    assert!(
        done.text.contains(&asked[0]["before"].to_string()),
        "{done:?} {asked:?}"
    );
    let shown = host.run(&["runs", "show", &id]);
    assert!(
        shown.stdout.contains("scripted/sleep") && shown.stdout.contains("done"),
        "{}",
        shown.stdout
    );
}

#[test]
fn all_calls_that_ask_at_once_are_one_question() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { echo, sleep } from \"mcp:scripted\";\n\
                const all = await Promise.all([1, 2, 3].map((n) => echo({ n })).concat(sleep({ ms: 50 })));\n\
                export default all;";
    let paused = run(&mut session, code);
    let asked = paused
        .text
        .lines()
        .filter(|line| line.starts_with("scripted.echo "))
        .count();
    assert_eq!(asked, 3, "{paused:?}");
    let id = run_of(&paused.text);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let done = resume(&mut session, &id);
    assert!(done.text.starts_with("ok  "), "{done:?}");
    assert_eq!(echoed(&host).len(), 3);
}

#[test]
fn a_call_that_the_user_refuses_is_an_error_of_the_script() {
    let host = host();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    let refused = host.run(&["approve", &id, "--deny", "--because", "not on a Friday"]);
    assert_eq!(refused.code, Some(0), "{}", refused.stderr);
    let answer = resume(&mut session, &id);
    assert!(answer.is_error);
    assert!(
        answer.text.starts_with(&format!(
            "error approval_denied  run {id}  no call was made\n"
        )),
        "{answer:?}"
    );
    assert!(answer.text.contains("not on a Friday"), "{answer:?}");
    assert!(
        resume(&mut session, &id)
            .text
            .starts_with(&format!("error run_expired  run {id}  no call was made\n"))
    );

    let caught = ECHO.replace(
        "await echo({ n: 1 })",
        "await echo({ n: 1 }).catch((e) => e.code)",
    );
    let id = run_of(&run(&mut session, &caught).text);
    assert_eq!(host.run(&["approve", &id, "--deny"]).code, Some(0));
    let answer = resume(&mut session, &id);
    assert!(answer.text.contains("\"said\":\"denied\""), "{answer:?}");
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_decision_for_the_run_covers_so_many_further_calls() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { echo } from \"mcp:scripted\";\n\
                const all = [];\n\
                for (let n = 0; n < 6; n++) all.push(await echo({ n }));\n\
                export default all.length;";
    let id = run_of(&run(&mut session, code).text);
    assert_eq!(host.run(&["approve", &id, "--run=2"]).code, Some(0));
    let paused = resume(&mut session, &id);
    assert!(
        paused.text.contains("scripted.echo {\"n\":3}"),
        "{paused:?}"
    );
    assert_eq!(echoed(&host).len(), 3);
    assert_eq!(host.run(&["approve", &id, "--run"]).code, Some(0));
    let done = resume(&mut session, &id);
    assert!(
        done.text.starts_with("ok  ") && done.text.ends_with("\n6"),
        "{done:?}"
    );
    let seen: Vec<_> = echoed(&host)
        .iter()
        .map(|call| call["n"].as_u64().unwrap())
        .collect();
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_run_about_which_the_user_does_not_decide_in_time_is_over() {
    let host = host();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    let info = ledger(&host, &id).with_file_name("run.json");
    let mut text: Value = serde_json::from_slice(&std::fs::read(&info).unwrap()).unwrap();
    text["expires"] = json!("2020-01-01T00:00:00.000Z");
    std::fs::write(&info, text.to_string()).unwrap();
    let late = host.run(&["approve", &id, "--once"]);
    assert_eq!(late.code, Some(2));
    assert!(late.stderr.contains("waited too long"), "{}", late.stderr);
    let answer = resume(&mut session, &id);
    assert!(
        answer
            .text
            .starts_with(&format!("error approval_expired  run {id}")),
        "{answer:?}"
    );
    assert!(
        resume(&mut session, &id)
            .text
            .starts_with(&format!("error approval_expired  run {id}"))
    );
    assert!(echoed(&host).is_empty());
}

#[test]
fn one_changed_byte_of_a_ledger_is_found_and_named() {
    let host = host();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    let path = ledger(&host, &id);
    let bytes = std::fs::read(&path).unwrap();
    let mut line = 1;
    for at in 0..bytes.len() {
        if at % 7 == 0 && bytes[at] != b'\n' {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            if changed[at] == b'\n' {
                continue;
            }
            std::fs::write(&path, &changed).unwrap();
            let found = mcp_host::Ledger::open(&path)
                .err()
                .map(|error| error.to_string());
            let found = found.unwrap_or_else(|| panic!("byte {at} may be changed"));
            assert!(
                found.starts_with(&format!("line {line} of the ledger was changed")),
                "byte {at}: {found}"
            );
        }
        line += usize::from(bytes[at] == b'\n');
    }
    // A line that is missing, too.
    let lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let without: Vec<u8> = [lines[0], &lines[2..].concat()].concat();
    std::fs::write(&path, without).unwrap();
    let answer = resume(&mut session, &id);
    assert!(answer.text.starts_with("error "), "{answer:?}");
}

#[test]
fn a_run_that_is_none_or_under_way_is_said_to_be_so() {
    let host = host();
    let mut session = Session::open(&host);
    for run in ["r_00000000", "nonsense", "../../etc/passwd", ""] {
        let answer = resume(&mut session, run);
        let (first, _) = answer.text.split_once('\n').unwrap();
        // It may have been one that is removed by now.
        assert_eq!(
            first,
            format!(
                "error run_not_found  run {run}  calls may have been made: do not rerun blindly"
            )
        );
        let approved = host.run(&["approve", run, "--once"]);
        assert_eq!(approved.code, Some(2), "{}", approved.stderr);
    }
    let id = run_of(&run(&mut session, ECHO).text);
    let held = mcp_host::Ledger::open(&ledger(&host, &id)).unwrap();
    let answer = resume(&mut session, &id);
    assert_eq!(
        answer.text,
        format!(
            "error busy  run {id}  calls may have been made: do not rerun blindly\n\
             run {id} is under way, or the user decides about it just now\ntry again in 5 s"
        )
    );
    let approved = host.run(&["approve", &id, "--once"]);
    assert_eq!(approved.code, Some(2), "{}", approved.stderr);
    drop(held);
    let listed = host.run(&["runs"]);
    assert!(
        listed.stdout.contains(&format!("{id}  paused  ")),
        "{}",
        listed.stdout
    );
    assert_eq!(host.run(&["runs", "cancel", &id]).code, Some(0));
    assert!(
        resume(&mut session, &id)
            .text
            .starts_with("error run_expired")
    );
    assert_eq!(host.run(&["runs", "prune", "--older", "0s"]).code, Some(0));
    assert!(
        resume(&mut session, &id)
            .text
            .starts_with("error run_not_found")
    );
}

#[test]
fn the_user_says_how_long_a_run_waits() {
    let host = host();
    let mut session = Session::with(&host, &["--wait", "2h"]);
    let paused = run(&mut session, ECHO);
    assert!(paused.text.contains(" UTC (120 min)\n"), "{paused:?}");
    // The option is stronger than the settings.
    host.file("mcp-host.toml", "[runs]\nwait = \"3h\"\n");
    for (more, minutes) in [(&[][..], 180), (&["--wait", "2h"], 120)] {
        let mut session = Session::with(&host, more);
        let paused = run(&mut session, ECHO);
        let until = format!(" UTC ({minutes} min)\n");
        assert!(paused.text.contains(&until), "{paused:?}");
    }
    let too_long = host.run(&["serve", "--wait", "8d"]);
    assert_eq!(too_long.code, Some(2), "{}", too_long.stderr);
}
