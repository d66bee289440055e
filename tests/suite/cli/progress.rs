//! A long wait shows a spinner on a terminal, and lines in a pipe.

use std::process::{Command, Stdio};

use serde_json::json;

use super::{Host, guest, ran};

/// A server that takes a while to start.
fn slow(host: &Host) {
    let server = mcp_tests::binary("examples/scripted-server");
    let script = format!("sleep 0.5; exec {} ok", server.display());
    host.config(&json!({ "command": "sh", "args": ["-c", script] }));
}

const CALL: &str = r#"{"server":"scripted","tool":"echo"}"#;

#[test]
fn a_server_that_is_slow_to_start_is_named_on_a_terminal() {
    if Command::new("script").arg("--version").output().is_err() {
        mcp_tests::skip(
            "a_server_that_is_slow_to_start",
            "no `script` to make a terminal",
        );
        return;
    }
    let host = Host::new();
    slow(&host);
    let skill = guest("one-call");
    let command = host.command(&["run", &skill, "--input", CALL, "--allow", "scripted/*"]);
    let line = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| format!("'{}'", part.to_str().unwrap()))
        .collect::<Vec<_>>()
        .join(" ");
    let mut terminal = Command::new("script");
    terminal
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(host.dir.path())
        .envs(
            command
                .get_envs()
                .filter_map(|(key, value)| Some((key, value?))),
        )
        .env("TERM", "xterm")
        .stdin(Stdio::null());
    let ran = ran(&terminal.output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("starting scripted"),
        "{}",
        ran.stdout.escape_debug()
    );
}

#[test]
fn a_pipe_shows_no_spinner() {
    let host = Host::new();
    slow(&host);
    let skill = guest("one-call");
    let ran = host.run(&["run", &skill, "--input", CALL, "--allow", "scripted/*"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stderr.contains("starting"), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn a_pipe_hears_of_a_server_that_takes_long_to_start() {
    let host = Host::new();
    let server = mcp_tests::binary("examples/scripted-server");
    let script = format!("sleep 2; exec {} ok", server.display());
    host.config(&json!({ "command": "sh", "args": ["-c", script] }));
    let skill = guest("one-call");
    let ran = host.run(&["run", &skill, "--input", CALL, "--allow", "scripted/*"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert!(lines.contains(&"starting scripted"), "{}", ran.stderr);
    let called = host.run(&["call", "scripted", "echo", "{}"]);
    assert!(
        called
            .stderr
            .lines()
            .any(|line| line == "starting scripted"),
        "{}",
        called.stderr
    );
}
