//! What holds when a run goes on: how much a decision allows, what a question waits for, and how long the user has.

use std::time::Duration;

use serde_json::json;

use super::super::Session;
use super::{ECHO, echoed, host, resume, run, run_of};

#[test]
fn a_decision_about_several_calls_of_a_tool_covers_so_many_further_calls_in_all() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { echo } from \"mcp:scripted\";\n\
                await Promise.all([echo({ n: 0 }), echo({ n: 1 }), echo({ n: 2 })]);\n\
                for (let n = 3; n < 8; n++) await echo({ n });";
    let id = run_of(&run(&mut session, code).text);
    assert_eq!(host.run(&["approve", &id, "--run=1"]).code, Some(0));
    let paused = resume(&mut session, &id);
    assert!(
        paused.text.contains("scripted.echo {\"n\":4}"),
        "{paused:?}"
    );
    assert_eq!(echoed(&host).len(), 4);
}

#[test]
fn a_question_waits_for_calls_that_servers_have() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { echo, sleep } from \"mcp:scripted\";\n\
                const both = await Promise.all([sleep({ ms: 6500 }), echo({ n: 1 })]);\n\
                export default both.length;";
    let paused = run(&mut session, code);
    assert!(!paused.text.contains("lost"), "{paused:?}");
    let id = run_of(&paused.text);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let done = resume(&mut session, &id);
    assert!(done.text.ends_with("\n2"), "{done:?}");
}

#[test]
fn a_run_whose_process_died_gives_its_user_time_again() {
    let host = host();
    let script = host.file("script.ts", ECHO);
    let script = script.to_str().unwrap();
    let first = host.run(&["run", script, "--wait", "2s"]);
    assert_eq!(first.code, Some(7), "{}", first.stderr);
    let run = run_of(&first.stderr);
    let approved = host.run(&["approve", &run, "--once"]);
    assert_eq!(approved.code, Some(0), "{}", approved.stderr);
    // It ends when the call has left, and before its answer is in the ledger.
    let mut resumed = host.command(&["run", script, "--resume", &run]);
    let killed = resumed.env("MCP_HOST_TEST_KILL_AT", "3").output().unwrap();
    assert_eq!(killed.status.code(), None);
    std::thread::sleep(Duration::from_millis(2_100));
    let again = host.run(&["approve", &run, "--once"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(again.stderr.contains("allowed again"), "{}", again.stderr);
    let done = host.run(&["run", script, "--resume", &run]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
}

#[test]
fn a_line_of_the_log_is_shown_once() {
    let host = host();
    let code = format!("console.log(\"it begins\");\n{ECHO}");
    let script = host.file("script.ts", code);
    let script = script.to_str().unwrap();
    let first = host.run(&["run", script]);
    assert_eq!(first.code, Some(7), "{}", first.stderr);
    assert_eq!(first.stderr.matches("it begins").count(), 1);
    let run = run_of(&first.stderr);
    assert_eq!(host.run(&["approve", &run, "--once"]).code, Some(0));
    let done = host.run(&["run", script, "--resume", &run]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(
        done.stderr.matches("it begins").count(),
        0,
        "{}",
        done.stderr
    );
}

#[test]
fn a_component_that_calls_by_name_stops_and_goes_on_too() {
    let host = host();
    host.file("mcp-host.toml", "[policy]\nask = [\"scripted/echo\"]\n");
    let skill = mcp_tests::guest("call-loop");
    let skill = host.file("skill.wasm", std::fs::read(skill).unwrap());
    let skill = skill.to_str().unwrap();
    let input = json!({ "server": "scripted", "tool": "echo", "arguments": { "a": 1 } });
    let grant = ["--allow", "scripted/echo"];
    let first = host.run(&[&["run", skill, "--input", &input.to_string()][..], &grant].concat());
    assert_eq!(first.code, Some(7), "{}", first.stderr);
    let run = run_of(&first.stderr);
    for made in 1..=3 {
        assert_eq!(host.run(&["approve", &run, "--once"]).code, Some(0));
        // It calls without end.
        let more = host.run(&[&["run", skill, "--resume", &run][..], &grant].concat());
        assert_eq!(more.code, Some(7), "{}", more.stderr);
        assert_eq!(echoed(&host).len(), made);
    }
}
