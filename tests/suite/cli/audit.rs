//! The audit log as `mcp-host run` and `mcp-host call` write it, and `mcp-host audit` as a user sees it.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::{Host, Ran, ran};

/// Makes so many calls of a tool that may change something.
const CALLS: &str = "import { echo } from \"mcp:scripted\";\n\
                     export default async (input: { n: number }) => {\n\
                       for (let at = 0; at < input.n; at++) await echo({ text: `pr1vate-${at}` });\n\
                       return input.n;\n\
                     };";

fn log(host: &Host, file: &str) -> PathBuf {
    host.dir.path().join("state/mcp-host/audit").join(file)
}

fn script(host: &Host, text: &str) -> String {
    host.scripted("tools");
    host.file("s.ts", text).to_str().unwrap().to_owned()
}

fn run(host: &Host, calls: u32) -> Ran {
    let script = script(host, CALLS);
    let input = format!("{{\"n\":{calls}}}");
    let ran = host.run(&["run", &script, "--input", &input]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran
}

/// The entries that `show` gives with these options.
fn shown(host: &Host, more: &[&str]) -> Vec<Value> {
    let ran = host.run(&[&["audit", "show", "--format", "json"], more].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    let kinds = entries.iter().map(|entry| entry["kind"].as_str().unwrap());
    kinds.collect()
}

#[test]
fn each_run_has_its_start_its_calls_and_its_end() {
    let host = Host::new();
    host.run(&["audit", "show"])
        .is(0, "", "the audit log has no such entry\n");
    host.run(&["audit", "verify"])
        .is(0, "there is no audit log yet\n", "");
    run(&host, 2);
    let entries = shown(&host, &[]);
    assert_eq!(
        kinds(&entries),
        ["file", "run", "sent", "call", "sent", "call", "end"]
    );
    let started = &entries[1];
    assert_eq!(started["by"], "run");
    assert_eq!(started["client"], "mcp-host");
    assert_eq!(started["script"].as_str().unwrap().len(), 64);
    assert!(started["component"].is_null() && started["user"].is_string());
    let (sent, call) = (&entries[4], &entries[5]);
    for (field, value) in [
        ("server", "scripted"),
        ("tool", "echo"),
        ("decision", "allow"),
    ] {
        assert_eq!((&sent[field], &call[field]), (&value.into(), &value.into()));
    }
    assert_eq!((&call["call"], &call["outcome"]), (&2.into(), &"ok".into()));
    assert_eq!(call["bytes_in"], "{\"text\":\"pr1vate-1\"}".len());
    assert!(call["bytes_out"].as_u64().unwrap() > 0 && call["ms"].as_f64().unwrap() > 0.0);
    let end = &entries[6];
    assert_eq!(
        (&end["outcome"], &end["calls"]),
        (&"finished".into(), &2.into())
    );
    assert_eq!(
        end["bytes_out"].as_u64(),
        Some(2 * call["bytes_out"].as_u64().unwrap())
    );
    assert!(
        entries[1..]
            .iter()
            .all(|entry| entry["run"] == started["run"])
    );
    // The values of arguments are not in it.
    let text = fs::read_to_string(log(&host, "audit.jsonl")).unwrap();
    assert!(!text.contains("pr1vate"), "{text}");
    host.run(&["audit", "verify"]).is(
        0,
        &format!(
            "the chain of 7 lines in 1 files is whole\nlast line: 7 {}\n",
            entries[6]["hash"].as_str().unwrap()
        ),
        "",
    );
}

#[test]
fn arguments_are_in_the_log_where_the_settings_say_so_and_secrets_are_not() {
    let host = Host::new();
    let secret = "canary-7c1d2e9f40";
    let path = script(&host, CALLS);
    let mut config: Value =
        serde_json::from_slice(&fs::read(host.dir.path().join("mcp.json")).unwrap()).unwrap();
    config["mcpServers"]["scripted"]["env"]["API_TOKEN"] = secret.into();
    host.file("mcp.json", config.to_string());
    host.file(
        "s.ts",
        CALLS.replace("pr1vate", &format!("pr1vate {secret}")),
    );
    host.file("mcp-host.toml", "[audit]\narguments = true\n");
    let ran = host.run(&["run", &path, "--input", "{\"n\":1}"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let sent = &shown(&host, &[])[2];
    let arguments = sent["arguments"].as_str().unwrap();
    assert!(arguments.starts_with("{\"text\":\"pr1vate "), "{arguments}");
    let text = fs::read_to_string(log(&host, "audit.jsonl")).unwrap();
    assert!(!text.contains("canary-7c1d"), "{text}");
}

#[test]
fn calls_that_the_host_refuses_and_runs_that_do_not_begin_are_in_the_log() {
    let host = Host::new();
    let path = script(&host, CALLS);
    host.file("mcp-host.toml", "[policy]\ndeny = [\"scripted/echo\"]\n");
    let ran = host.run(&["run", &path, "--input", "{\"n\":1}"]);
    assert_ne!(ran.code, Some(0));
    let entries = shown(&host, &[]);
    assert_eq!(kinds(&entries), ["file", "refused"], "{}", ran.stderr);
    // By name: the skill runs, and its call is denied.
    host.file("mcp-host.toml", "");
    let input = r#"{"server":"scripted","tool":"echo","arguments":{"text":"x"}}"#;
    let skill = super::guest("one-call");
    host.run(&["run", &skill, "--input", input]);
    let entries = shown(&host, &["--tool", "scripted/echo"]);
    assert_eq!(kinds(&entries), ["call"]);
    assert_eq!(entries[0]["decision"], "deny");
    assert_eq!(entries[0]["outcome"], "denied");
    let rule = entries[0]["rule"].as_str().unwrap();
    assert!(rule.contains("is not granted"), "{rule}");
}

#[test]
fn call_of_a_user_is_in_the_log_and_a_replay_is_not() {
    let host = Host::new();
    host.scripted("tools");
    let called = host.run(&["call", "scripted", "echo"]);
    assert_eq!(called.code, Some(0), "{}", called.stderr);
    let entries = shown(&host, &[]);
    assert_eq!(kinds(&entries), ["file", "direct", "sent", "call"]);
    assert_eq!(entries[1]["by"], "call");
    let path = script(&host, CALLS);
    let recording = host.dir.path().join("run.jsonl");
    let recording = recording.to_str().unwrap();
    let ran = host.run(&["run", &path, "--input", "{\"n\":1}", "--record", recording]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let before = shown(&host, &[]).len();
    let replayed = host.run(&["replay", recording, &path]);
    assert_eq!(replayed.code, Some(0), "{}", replayed.stderr);
    assert_eq!(shown(&host, &[]).len(), before);
}

#[test]
fn show_and_export_take_what_is_asked_for() {
    let host = Host::new();
    run(&host, 1);
    run(&host, 3);
    let all = shown(&host, &[]);
    let last = all.last().unwrap()["run"].as_str().unwrap();
    assert_eq!(shown(&host, &["--run", last]).len(), 8);
    assert_eq!(shown(&host, &["--tool", "scripted/e*"]).len(), 8);
    assert_eq!(shown(&host, &["--since", "1h"]).len(), all.len());
    assert_eq!(shown(&host, &["--since", "2100-01-01"]).len(), 0);
    let lines = host.run(&["audit", "export"]).stdout;
    assert_eq!(
        lines,
        fs::read_to_string(log(&host, "audit.jsonl")).unwrap()
    );
    let table = host
        .run(&["audit", "export", "--format", "csv", "--run", last])
        .stdout;
    assert_eq!(table.lines().count(), 9, "{table}");
    assert!(table.starts_with("n,prev,time,kind,run,"), "{table}");
    let text = host.run(&["audit", "show", "--run", last]).stdout;
    assert!(
        text.contains("  call      scripted/echo  allow  ok  "),
        "{text}"
    );
    let head = host.run(&["audit", "show", "--head"]).stdout;
    let hash = all.last().unwrap()["hash"].as_str().unwrap();
    assert_eq!(head, format!("{} {hash}\n", all.len()));
    assert_eq!(host.run(&["audit", "verify", "--head", hash]).code, Some(0));
    host.run(&["audit", "verify", "--head", &"0".repeat(64)])
        .fails_with(6, &["no line of the log has the expected hash"]);
    host.run(&["audit", "show", "--since", "soon"])
        .fails_with(2, &["a time such as `2026-11-30T14:00:00Z`"]);
}

#[test]
fn verify_names_the_file_and_the_line_of_one_changed_byte() {
    let host = Host::new();
    run(&host, 1);
    let path = log(&host, "audit.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    // The tool of the call, in line 4.
    let changed = text.replacen("\"tool\":\"echo\"", "\"tool\":\"ecko\"", 2);
    fs::write(&path, &changed).unwrap();
    host.run(&["audit", "verify"]).fails_with(
        6,
        &["`audit.jsonl` line 3: its `hash` is not that of its text"],
    );
    fs::write(&path, text).unwrap();
    assert_eq!(host.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn two_programs_write_one_chain_at_once_and_begin_new_files() {
    let host = Host::new();
    let path = script(&host, CALLS);
    host.file("mcp-host.toml", "[audit]\nsize = \"64KiB\"\nfiles = 100\n");
    let runs: Vec<_> = (0..2)
        .map(|_| {
            let input = ["run", &path, "--input", "{\"n\":500}"];
            let mut command = host.command(&input);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for child in runs {
        let ran = ran(&child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    let verified = host.run(&["audit", "verify", "--format", "json"]);
    let verified: Value = serde_json::from_str(&verified.stdout).unwrap();
    let files = verified["files"].as_u64().unwrap();
    assert!(files > 3, "{verified}");
    // Each run: its start, two lines for each of 500 calls, and its end.
    assert_eq!(verified["lines"], 2 * (2 + 2 * 500) + files, "{verified}");
    assert_eq!(
        (&verified["lost"], &verified["unfinished_lines"]),
        (&0.into(), &0.into())
    );
}

#[test]
fn program_that_is_killed_at_any_time_leaves_a_whole_chain() {
    let host = Host::new();
    let path = script(&host, CALLS);
    for at in 0..12 {
        let mut command = host.command(&["run", &path, "--input", "{\"n\":900}"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + 45 * at));
        child.kill().unwrap();
        child.wait().unwrap();
        let verified = host.run(&["audit", "verify"]);
        assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    }
    run(&host, 1);
    let verified = host.run(&["audit", "verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    assert_eq!(shown(&host, &[]).last().unwrap()["outcome"], "finished");
}

#[test]
fn log_that_cannot_be_written_is_one_warning_unless_it_is_required() {
    let host = Host::new();
    let path = script(&host, CALLS);
    // A file in the place of the directory.
    host.command(&[]);
    host.file("state/mcp-host/audit", "");
    let args = ["run", &path, "--input", "{\"n\":3}"];
    let ran = host.run(&args);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "3\n"), "{}", ran.stderr);
    let warned = ran
        .stderr
        .matches("lines of the audit log are lost")
        .count();
    assert_eq!(warned, 1, "{}", ran.stderr);
    host.file("mcp-host.toml", "[audit]\nrequired = true\n");
    let ran = host.run(&args);
    assert_eq!((ran.code, &*ran.stdout), (Some(6), ""), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("the run does not begin: the audit log cannot be written"),
        "{}",
        ran.stderr
    );
    host.file("mcp-host.toml", "[audit]\nenabled = false\n");
    let ran = host.run(&args);
    assert_eq!(ran.code, Some(0));
    assert!(!ran.stderr.contains("audit"), "{}", ran.stderr);
}
