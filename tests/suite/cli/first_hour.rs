//! What a new user meets in the first hour: slips that get the answer that helps, and what the programs keep.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::{Host, guest};

#[test]
fn input_that_the_skill_does_not_take_starts_no_server() {
    let host = Host::new();
    let mark = host.dir.path().join("started");
    let script = format!("touch {}; exec sleep 3600", mark.display());
    host.config(&json!({ "command": "sh", "args": ["-c", script] }));
    let skill = guest("one-call");
    // The first run asks the skill; the second one knows its schema.
    for _ in 0..2 {
        host.run(&[
            "run",
            &skill,
            "--input",
            r#"{"server":1}"#,
            "--allow",
            "scripted/*",
        ])
        .fails_with(
            2,
            &[
                "does not take this input: at `/",
                "expected",
                "got",
                "mcp-host describe",
            ],
        );
        assert!(!mark.exists());
    }
}

#[test]
fn source_code_that_is_no_script_gets_the_way_to_a_skill() {
    let host = Host::new();
    host.file("triage.tsx", "export {}");
    for command in ["run", "inspect", "describe", "compile"] {
        host.run(&[command, "triage.tsx"]).fails_with(
            2,
            &[
                "`triage.tsx` is source code that mcp-host does not run as it is",
                "`mcp-codegen new triage --lang ts`",
            ],
        );
    }
}

#[test]
fn limits_of_a_skill_that_is_not_there_are_a_slip() {
    let host = Host::new();
    host.run(&["limits", "nosuchskill"]).fails_with(
        2,
        &[
            "there is no skill `nosuchskill`",
            "hint:  `mcp-host limits`",
        ],
    );
    host.file(
        "mcp-host.toml",
        "[skills.triage.limits]\nmemory = \"64MiB\"\n",
    );
    host.run(&["limits", "triag"]).fails_with(
        2,
        &["no `[skills.triag]` is in `mcp-host.toml`; did you mean `triage`?"],
    );
    assert_eq!(host.run(&["limits", "triage"]).code, Some(0));
}

#[test]
fn a_size_without_a_unit_is_asked_for_one() {
    let host = Host::new();
    host.run(&["limits", "--memory", "64"]).fails_with(
        2,
        &["`64` is 64 bytes, because it has no unit; write for example 64MiB, or 64B if bytes are meant"],
    );
    host.file("mcp-host.toml", "[limits]\nmemory = 64\n");
    host.run(&["limits"])
        .fails_with(2, &["`memory`: `64` is 64 bytes"]);
    host.file("empty.toml", "");
    assert_eq!(
        host.run(&["limits", "--settings", "empty.toml", "--memory", "64B"])
            .code,
        Some(0)
    );
}

#[test]
fn no_tip_and_no_completion_shows_the_compiler_that_runs_inside() {
    let host = Host::new();
    for slip in ["compile-works", "compil", "compile-work"] {
        let ran = host.run(&[slip]);
        assert_eq!(ran.code, Some(2));
        assert!(!ran.stderr.contains("worker"), "{}", ran.stderr);
    }
    for shell in ["bash", "zsh", "fish"] {
        let ran = host.run(&["completions", shell]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stdout.contains("inspect") && !ran.stdout.contains("worker"));
    }
    let other = host.run(&["completions", "bash", "--program", "mcp-codegen"]);
    assert!(other.stdout.contains("mcp-codegen"), "{}", other.stdout);
}

#[test]
fn state_is_listed_shown_and_cleared_by_path_and_by_id() {
    let host = Host::new();
    host.run(&["state", "list"])
        .is(0, "no skill keeps state\n", "");
    let skill = guest("state");
    let ran = host.run(&[
        "run",
        &skill,
        "--input",
        r#"[{"set":{"key":"seen","value":"abc"}}]"#,
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let listed = host.run(&["state", "list", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let entry = &listed[0];
    let id = entry["id"].as_str().unwrap();
    assert!(id.starts_with("state-"), "{id}");
    let real = fs::canonicalize(&skill).unwrap();
    assert_eq!(entry["skill"], real.to_str().unwrap());
    let file = entry["file"].as_str().unwrap();
    assert_eq!(
        fs::metadata(file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for name in [skill.as_str(), id] {
        host.run(&["state", "show", name]).is(0, "3 B  seen\n", "");
        host.run(&["state", "show", name, "seen"])
            .is(0, "abc\n", "");
    }
    host.run(&["state", "show", name_of(id)])
        .fails_with(2, &["keeps no state", "did you mean"]);
    host.run(&["state", "clear", &skill])
        .is(0, "removed 1 file\n", "");
    host.run(&["state", "list"])
        .is(0, "no skill keeps state\n", "");
    host.run(&["state", "clear"]).fails_with(2, &["required"]);
    host.run(&["state", "clear", "--all"])
        .is(0, "removed 0 files\n", "");
}

/// The id without its last digit.
fn name_of(id: &str) -> &str {
    &id[..id.len() - 1]
}

#[test]
fn a_failed_call_that_a_skill_lets_through_is_named() {
    let host = Host::new();
    host.scripted("ok");
    let input = r#"{"server":"scripted","tool":"fail","surface":true}"#;
    let run = [
        "run",
        &guest("one-call"),
        "--input",
        input,
        "--allow",
        "scripted/*",
    ];
    host.run(&run)
        .fails_with(1, &["a tool failed", "(tool `fail` of server `scripted`)"]);
    let ran = host.run(&[run.as_slice(), &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        report["failed_call"],
        json!({"server": "scripted", "tool": "fail", "case": "failed"})
    );
}

#[test]
fn program_that_cannot_be_started_is_named_when_it_is_added() {
    let host = Host::new();
    let added = host.run(&["server", "add", "gone", "./no/such/program"]);
    let here = fs::canonicalize(host.dir.path()).unwrap();
    added.is(
        0,
        "",
        &format!(
            "added `gone` to `mcp.json`; see if it works with `mcp-host server check gone`\n\
             warning: `./no/such/program` does not exist: it is looked for in `{}`, where the server starts; write the \
             path of the program, or its name alone where it is on PATH, after `mcp-host server remove gone`\n",
            here.display()
        ),
    );
    host.file("plain", "");
    let added = host.run(&["server", "add", "plain", "--", "./plain", "--x"]);
    assert!(
        added
            .stderr
            .contains("warning: `./plain` is not executable"),
        "{}",
        added.stderr
    );
    // The path is one of the server's directory, and the file is beside the user.
    fs::create_dir(host.dir.path().join("work")).unwrap();
    let tool = host.file("tool", "#!/bin/sh\n");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let added = host.run(&["server", "add", "moved", "--cwd", "work", "./tool"]);
    assert!(
        added.stderr.contains("does not exist: it is looked for in"),
        "{}",
        added.stderr
    );
    assert!(added.stderr.contains("; write `/"), "{}", added.stderr);
    for (name, program) in [("good", "./tool"), ("on-path", "sh")] {
        let added = host.run(&["server", "add", name, program]);
        assert!(!added.stderr.contains("warning"), "{}", added.stderr);
    }
}
