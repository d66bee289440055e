//! The examples run as their documentation says.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

#[test]
fn the_example_runs_a_thousand_skills() {
    let example = Command::new(env!("CARGO_BIN_EXE_embed"))
        .arg(mcp_tests::guest("two-calls"))
        .output()
        .unwrap();
    let stderr = String::from_utf8(example.stderr).unwrap();
    assert!(example.status.success(), "{stderr}");
    assert!(stderr.starts_with("1000 runs in "), "{stderr}");
}

#[test]
fn the_example_runs_a_script() {
    let example = Command::new(env!("CARGO_BIN_EXE_script")).output().unwrap();
    let stderr = String::from_utf8(example.stderr).unwrap();
    assert!(example.status.success(), "{stderr}");
    assert_eq!(stderr, "14.7 after 2 calls\n");
}
