//! A reader that closes the pipe, as `head` does.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Output, Stdio};

/// Runs a command whose stdout no process reads.
fn unread(program: &str, args: &[&str]) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(writer)
        .output()
        .unwrap()
}

#[test]
fn generated_text_may_be_read_in_part() {
    let dir = tempfile::tempdir().unwrap();
    let tools = dir.path().join("tools.json");
    std::fs::write(
        &tools,
        r#"[{"name": "t", "inputSchema": {"type": "object"}}]"#,
    )
    .unwrap();
    let tools = tools.to_str().unwrap();
    let output = unread(
        env!("CARGO_BIN_EXE_mcp-codegen"),
        &["wit", "s", "--from", tools],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_result_of_the_host_that_is_not_read_is_a_fault() {
    let output = unread(env!("CARGO_BIN_EXE_mcp-host"), &["limits"]);
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: failed to write the result to stdout: Broken pipe (os error 32)\n"
    );
}
