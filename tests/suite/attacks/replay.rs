//! A recording lifts no limit, and the host rejects an impossible one before anything runs.

use std::time::Duration;

use serde_json::{Value, json};

use super::text::{answer, server, tool};
use super::{MIB, attack};
use crate::cli::Host;

const PATIENCE: Duration = Duration::from_secs(30);

/// A component whose `f` never returns.
fn spins() -> Vec<u8> {
    counts("(loop (br 0))")
}

/// A component whose `f` runs this code.
fn counts(code: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component
            (core module $m (func (export "f") {code}))
            (core instance $i (instantiate $m))
            (func (export "f") (canon lift (core func $i "f"))))"#
    ))
    .unwrap()
}

/// Changes the lines of a recording, and seals it again as if they had been recorded.
fn edit(host: &Host, change: impl FnOnce(&mut Vec<Value>)) {
    let path = host.dir.path().join("r.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    change(&mut lines);
    let mut end = lines.pop().unwrap();
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    end["blake3"] = blake3::hash(text.as_bytes()).to_hex().to_string().into();
    text.push_str(&format!("{end}\n"));
    std::fs::write(&path, text).unwrap();
}

#[test]
fn a_recording_with_limits_of_2_to_the_64_runs_under_those_in_force() {
    let host = Host::new();
    host.file("f.wasm", spins());
    let record = [
        "run",
        "f.wasm",
        "--invoke",
        "f()",
        "--timeout",
        "100ms",
        "--record",
        "r.jsonl",
    ];
    assert_eq!(attack(&host, &record, PATIENCE).code, Some(3));
    edit(&host, |lines| {
        for (_, limit) in lines[0]["limits"].as_object_mut().unwrap() {
            *limit = u64::MAX.into();
        }
        let end = lines.last_mut().unwrap();
        end["outcome"] = "finished".into();
        end.as_object_mut().unwrap().remove("detail");
    });
    let replay = ["replay", "r.jsonl", "f.wasm"];
    for (limits, settings) in [
        (&[][..], "[limits]\ntimeout = \"300ms\"\n"),
        (&["--timeout", "300ms"], ""),
        (&["--fuel", "1000000"], ""),
        (&["--profile", "strict", "--timeout", "300ms"], ""),
    ] {
        host.file("mcp-host.toml", settings);
        let ran = attack(&host, &[&replay[..], limits].concat(), PATIENCE);
        assert!(!ran.killed, "{limits:?} {settings}");
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains("stopped by a limit"), "{}", ran.stderr);
        assert!(ran.wall < Duration::from_secs(10), "{:?}", ran.wall);
    }
}

#[test]
fn a_limit_of_a_recording_lowers_that_in_force() {
    let host = Host::new();
    host.file("f.wasm", spins());
    let record = [
        "run", "f.wasm", "--invoke", "f()", "--fuel", "1000000", "--record", "r.jsonl",
    ];
    assert_eq!(attack(&host, &record, PATIENCE).code, Some(3));
    let replay = [
        "replay",
        "r.jsonl",
        "f.wasm",
        "--profile",
        "permissive",
        "--format",
        "json",
    ];
    let ran = attack(&host, &replay, PATIENCE);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["outcome"], "out-of-fuel");
}

#[test]
fn a_run_with_raised_limits_replays_where_they_are_raised_again() {
    const LOOP: &str = "(local i32) (local.set 0 (i32.const 100000))
        (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0)))";
    let host = Host::new();
    host.file("f.wasm", counts(LOOP));
    host.file("mcp-host.toml", "[limits]\nfuel = 1000\n");
    let replay = ["replay", "r.jsonl", "f.wasm"];
    for raised in [&["--fuel", "30000000000"][..], &["--profile", "permissive"]] {
        let record = ["run", "f.wasm", "--invoke", "f()", "--record", "r.jsonl"];
        let ran = attack(&host, &[&record[..], raised].concat(), PATIENCE);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let ran = attack(&host, &replay, PATIENCE);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(
            ran.stderr
                .contains("stopped by a limit: `fuel` is 1_000, and was"),
            "{}",
            ran.stderr
        );
        // The hint shows the options as the user has to type them.
        let (_, hint) = ran.stderr.split_once("pass `").unwrap();
        let (options, _) = hint.split_once('`').unwrap();
        let options: Vec<_> = options.split(' ').collect();
        assert!(options.len() >= 2, "{options:?}");
        let ran = attack(&host, &[&replay[..], &options].concat(), PATIENCE);
        assert_eq!(ran.code, Some(0), "{options:?}: {}", ran.stderr);
    }
}

/// A recorded run of one call to a tool.
fn called() -> Host {
    let host = Host::new();
    server(&host, &json!([tool("t")]), &Value::Null, &answer("ok"));
    let input = json!({ "server": "scripted", "tool": "t" }).to_string();
    let skill = crate::cli::guest("one-call");
    let record = [
        "run", &skill, "--input", &input, "--allow", "*/*", "--record", "r.jsonl",
    ];
    let ran = attack(&host, &record, PATIENCE);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    host
}

#[test]
fn events_that_cannot_have_happened_are_refused_before_anything_runs() {
    let host = called();
    let path = host.dir.path().join("r.jsonl");
    let recorded = std::fs::read(&path).unwrap();
    let skill = crate::cli::guest("one-call");
    for (began, ended) in [
        (json!(0), json!(2)),
        (json!(1), json!(0)),
        (json!(0), json!(0)),
        (json!(u64::MAX), json!(u64::MAX)),
        (json!(1), json!(u64::MAX)),
        (json!(u64::MAX), json!(1)),
        (json!(1), json!(3)),
        (json!(2), json!(3)),
        (json!(1), Value::Null),
        (Value::Null, json!(2)),
    ] {
        std::fs::write(&path, &recorded).unwrap();
        edit(&host, |lines| {
            let call = lines
                .iter_mut()
                .find(|line| line.get("n").is_some())
                .unwrap();
            call["began"] = began.clone();
            call["ended"] = ended.clone();
        });
        let ran = attack(&host, &["replay", "r.jsonl", &skill], PATIENCE);
        assert_eq!(ran.code, Some(2), "{began} {ended}: {}", ran.stderr);
        assert!(
            ran.stderr
                .contains("call 1 of the recording is out of order"),
            "{}",
            ran.stderr
        );
        assert!(ran.wall < Duration::from_secs(10), "{:?}", ran.wall);
    }
}

#[test]
fn an_answer_that_never_comes_ends_the_replay_at_once() {
    let host = called();
    let path = host.dir.path().join("r.jsonl");
    let recorded = std::fs::read(&path).unwrap();
    let skill = crate::cli::guest("one-call");
    let replay = ["replay", "r.jsonl", &skill];
    // The only call has no answer, and the recording says that the run finished.
    edit(&host, |lines| {
        let call = lines
            .iter_mut()
            .find(|line| line.get("n").is_some())
            .unwrap();
        let call = call.as_object_mut().unwrap();
        call.remove("answer");
        call.remove("ended");
    });
    let ran = attack(&host, &replay, PATIENCE);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let why = "call 1 (tool scripted/t) waits for ever: the recording has no answer to it";
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
    assert!(ran.wall < Duration::from_secs(15), "{:?}", ran.wall);
    // It is answered only after another call begins, which a skill that waits for it never makes.
    std::fs::write(&path, &recorded).unwrap();
    edit(&host, |lines| {
        let at = lines
            .iter()
            .position(|line| line.get("n").is_some())
            .unwrap();
        lines[at]["ended"] = 3.into();
        let mut second = lines[at].clone();
        second["n"] = 2.into();
        second["began"] = 2.into();
        second["ended"] = 4.into();
        lines.insert(at + 1, second);
    });
    let ran = attack(&host, &replay, PATIENCE);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let why = "the recording answers it only after something that this run does not do";
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
    assert!(ran.wall < Duration::from_secs(15), "{:?}", ran.wall);
}

#[test]
fn a_recorded_run_that_was_stopped_replays_to_where_it_was_stopped() {
    let host = called();
    edit(&host, |lines| {
        let call = lines
            .iter_mut()
            .find(|line| line.get("n").is_some())
            .unwrap();
        let call = call.as_object_mut().unwrap();
        call.remove("answer");
        call.remove("ended");
        let end = lines.last_mut().unwrap();
        end["outcome"] = "cancelled".into();
        end["detail"] = json!({ "message": "stopped by SIGINT" });
        end["result"] = Value::Null;
    });
    let skill = crate::cli::guest("one-call");
    let ran = attack(
        &host,
        &["replay", "r.jsonl", &skill, "--seed", "1"],
        PATIENCE,
    );
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("error: stopped by SIGINT"),
        "{}",
        ran.stderr
    );
    assert!(ran.wall < Duration::from_secs(15), "{:?}", ran.wall);
}

#[test]
fn a_recording_is_read_to_a_bound_in_bytes_and_in_memory() {
    let host = called();
    let path = host.dir.path().join("r.jsonl");
    let skill = crate::cli::guest("one-call");
    let replay = ["replay", "r.jsonl", &skill];
    let heavy = "0,".repeat(4 << 20);
    edit(&host, |lines| {
        let call = lines
            .iter_mut()
            .find(|line| line.get("n").is_some())
            .unwrap();
        call["arguments"] = "HEAVY".into();
    });
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"HEAVY\"", &format!("[{heavy}0]"))).unwrap();
    let ran = attack(&host, &replay, PATIENCE);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("MiB of memory"), "{}", ran.stderr);
    assert!(ran.peak < 128 * MIB, "{} MiB", ran.peak / MIB);
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(2 << 30).unwrap();
    let ran = attack(&host, &replay, PATIENCE);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.peak < 256 * MIB, "{} MiB", ran.peak / MIB);
}
