//! `run --record` and `replay`.

use std::os::unix::fs::PermissionsExt as _;

use super::{Host, guest};

const CALL: &str = r#"{"server":"scripted","tool":"echo","arguments":{"text":"hi"}}"#;

/// A recorded run of `one-call`, whose server is removed afterwards.
fn recorded() -> (Host, String) {
    let host = Host::new();
    host.scripted("ok");
    let skill = guest("one-call");
    let args = [
        "run",
        &skill,
        "--input",
        CALL,
        "--allow",
        "scripted/*",
        "--record",
        "r.jsonl",
    ];
    let ran = host.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    std::fs::remove_file(host.dir.path().join("mcp.json")).unwrap();
    (host, ran.stdout)
}

#[test]
fn a_recorded_run_is_replayed_without_configuration_or_server() {
    let (host, stdout) = recorded();
    let mode = std::fs::metadata(host.dir.path().join("r.jsonl"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "a recording holds what tools answered");
    let report =
        |ran: super::Ran| -> serde_json::Value { serde_json::from_str(&ran.stdout).unwrap() };
    let replay = ["replay", "r.jsonl", &guest("one-call")];
    let ran = host.run(&replay);
    assert_eq!((ran.code, ran.stdout), (Some(0), stdout), "{}", ran.stderr);
    let first = report(host.run(&[&replay[..], &["--format", "json"]].concat()));
    let second = report(host.run(&[&replay[..], &["--format", "json"]].concat()));
    assert_eq!(first["fuel"], second["fuel"]);
    assert_eq!(first["tools"]["scripted/echo"]["calls"], 1);
}

#[test]
fn a_recorded_call_of_a_function_is_replayed_as_one() {
    let host = Host::new();
    let skill = guest("functions");
    for (call, code) in [
        (r#"api#triage("a/b", {days: 7}, 3)"#, 0),
        ("divide(1, 0)", 1),
        ("nothing", 0),
    ] {
        let args = ["run", &skill, "--invoke", call, "--record", "r.jsonl"];
        let ran = host.run(&args);
        let replayed = host.run(&["replay", "r.jsonl", &skill]);
        assert_eq!(replayed.stdout, ran.stdout, "{call}: {}", replayed.stderr);
        assert_eq!(
            (ran.code, replayed.code),
            (Some(code), Some(code)),
            "{call}"
        );
    }
}

#[test]
fn a_replay_that_differs_says_how_and_exits_with_1() {
    let (host, _) = recorded();
    host.run(&["replay", "r.jsonl", &guest("echo")]).fails_with(
        1,
        &[
            "error: call 1 (tool scripted/echo) of the recording was not made; the run ended before it: finished",
            "hint:  if the change is meant, record the run again with `mcp-host run SKILL --record FILE`",
        ],
    );
}

#[test]
fn a_recording_that_was_cut_off_or_is_not_there_is_bad_usage() {
    let (host, _) = recorded();
    let path = host.dir.path().join("r.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    host.run(&["replay", "r.jsonl", &guest("one-call")])
        .fails_with(2, &["failed to use recording `r.jsonl`", "is cut off"]);
    host.run(&["replay", "none", &guest("one-call")])
        .fails_with(2, &["failed to read recording `none`"]);
}

#[test]
fn a_recording_that_cannot_be_made_is_reported_before_the_run() {
    let host = Host::new();
    host.run(&["run", &guest("echo"), "--record", "no/such/dir/r"])
        .fails_with(2, &["failed to make recording `no/such/dir/r`"]);
}

#[test]
fn seed_and_clock_make_two_runs_the_same() {
    let host = Host::new();
    let run = || {
        host.run(&[
            "run",
            &guest("senses"),
            "--input",
            "0",
            "--seed",
            "3",
            "--clock",
            "2026-01-01T00:00:00Z",
        ])
        .stdout
    };
    assert_eq!(run(), run());
    assert!(run().contains(r#""ms":1767225600000"#), "{}", run());
    host.run(&["run", &guest("senses"), "--clock", "today"])
        .fails_with(2, &["write for example 2026-01-01T00:00:00Z"]);
}
