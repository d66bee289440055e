//! `mcp-codegen types`: wiring, exit codes and wording. What it generates is tested with the library.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const TOOLS: &str = r#"{"tools": [
    {"name": "getBox", "inputSchema": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}},
    {"name": "find-box", "inputSchema": {"type": "object", "properties": {"filter": {}}}},
    {"name": "broken", "inputSchema": {"type": "string"}}
]}"#;

/// A directory of its own for one test, with `tools.json` in it.
fn scratch(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("types-{test}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("tools.json"), TOOLS).unwrap();
    dir
}

fn types(dir: &Path, server: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mcp-codegen"))
        .args(["types", server, "--from", "tools.json"])
        .args(more)
        .current_dir(dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("HOME", dir)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_declarations_go_to_stdout_and_everything_else_to_stderr() {
    let dir = scratch("stdout");
    let out = types(&dir, "store", &[]);
    assert_eq!(out.status.code(), Some(0));
    let declared = text(&out.stdout);
    assert!(
        declared.contains("\ndeclare module \"mcp-server:store/tools\" {\n"),
        "{declared}"
    );
    assert!(
        declared.contains("export function getBox(args: {"),
        "{declared}"
    );
    // A part that is `unknown` is no concern: the declarations say so.
    assert_eq!(
        text(&out.stderr),
        "warning: tool `broken` is left out: its inputSchema allows no object, and the arguments of a tool are one\n"
    );
}

#[test]
fn only_the_tools_that_were_asked_for_are_declared() {
    let dir = scratch("tools");
    let out = types(&dir, "store", &["--tools", "find-box"]);
    let declared = text(&out.stdout);
    assert!(
        declared.contains("as \"find-box\"") && !declared.contains("getBox"),
        "{declared}"
    );
    let unknown = types(&dir, "store", &["--tools", "findBoxes"]);
    assert_eq!(unknown.status.code(), Some(2));
    let said = "server `store` has no tool `findBoxes`; it has getBox, find-box, broken";
    assert!(
        text(&unknown.stderr).contains(said),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn files_are_written_once_and_checked_afterwards() {
    let dir = scratch("files");
    let with = |more: &[&str]| types(&dir, "store", &[&["--out", "types"][..], more].concat());
    assert_eq!(with(&["--check"]).status.code(), Some(1));
    assert!(text(&with(&["--dry-run"]).stdout).contains("types/store.d.ts"));
    assert!(!dir.join("types").exists());

    let written = with(&[]);
    assert_eq!(
        (written.status.code(), text(&written.stdout)),
        (Some(0), "")
    );
    let said = text(&written.stderr);
    assert!(said.contains("2 tools of store: 2 files written"), "{said}");
    assert_eq!(with(&["--check"]).status.code(), Some(0));
    assert!(text(&with(&[]).stderr).contains("0 files written"));
    let alone = types(&dir, "store", &[]);
    assert_eq!(
        fs::read(dir.join("types/store.d.ts")).unwrap(),
        alone.stdout
    );
    let host = fs::read_to_string(dir.join("types/mcp-host.d.ts")).unwrap();
    assert!(host.contains("declare module \"mcp-host\" {"), "{host}");

    fs::write(dir.join("types/store.d.ts"), "export {};\n").unwrap();
    let stale = with(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(
        text(&stale.stdout).contains("-export {};\n+// The tools of"),
        "{stale:?}"
    );
}

#[test]
fn the_declarations_of_a_server_of_the_same_label_are_not_overwritten() {
    let dir = scratch("label");
    assert_eq!(
        types(&dir, "box-store", &["--out", "."]).status.code(),
        Some(0)
    );
    let other = types(&dir, "Box_Store", &["--out", "."]);
    assert_eq!(other.status.code(), Some(2));
    let said = "`./box-store.d.ts` has the tools of server `box-store`, and those of `Box_Store` would be the same package";
    assert!(
        text(&other.stderr).contains(said),
        "{}",
        text(&other.stderr)
    );
}

#[test]
fn a_server_of_the_name_of_the_host_leaves_the_file_of_the_host() {
    let dir = scratch("host");
    assert_eq!(
        types(&dir, "mcp-host", &["--out", "."]).status.code(),
        Some(0)
    );
    assert!(dir.join("mcp-host.tools.d.ts").exists());
    let host = fs::read_to_string(dir.join("mcp-host.d.ts")).unwrap();
    assert!(host.contains("declare module \"mcp-host\" {"), "{host}");
}

#[test]
fn json_is_one_object_on_stdout() {
    let dir = scratch("json");
    let out = types(&dir, "store", &["--format", "json"]);
    let mut said: Value = serde_json::from_slice(&out.stdout).unwrap();
    let alone = types(&dir, "store", &[]);
    assert_eq!(said["declarations"].take(), text(&alone.stdout));
    let reason = "its inputSchema allows no object, and the arguments of a tool are one";
    let expected = json!({
        "server": "store", "module": "mcp-server:store/tools", "tools": ["getBox", "find-box"],
        "refused": [{"tool": "broken", "reason": reason}], "declarations": null,
    });
    assert_eq!(said, expected);
}
