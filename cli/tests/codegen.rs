//! The binary: wiring, exit codes and wording. What it generates is tested with the library.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const TOOLS: &str = r#"{"tools": [
    {"name": "getIssue", "inputSchema": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}},
    {"name": "search", "inputSchema": {"type": "object", "properties": {"filter": {}}}},
    {"name": "broken", "inputSchema": {"type": "string"}}
]}"#;

/// A directory of its own for one test, with `tools.json` in it.
fn scratch(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("tools.json"), TOOLS).unwrap();
    dir
}

fn codegen(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-codegen"));
    // No configuration of the person who runs the test.
    command
        .args(args)
        .current_dir(dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("HOME", dir)
        .stdin(Stdio::null());
    command.output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn the_package_goes_to_stdout_and_everything_else_to_stderr() {
    let dir = scratch("stdout");
    let out = codegen(&dir, &["wit", "tracker", "--from", "tools.json"]);
    assert_eq!(out.status.code(), Some(0));
    assert!(stdout(&out).starts_with("// The tools of the MCP server `tracker`, written by `mcp-codegen`. Do not edit.\npackage mcp-server:tracker;\n"));
    assert_eq!(
        stderr(&out),
        "warning: tool `broken` is left out: its inputSchema allows no object, and the arguments of a tool are one\n\
         1 part of the schemas of 1 tool could not be typed (-v lists them)\n"
    );
    let verbose = codegen(&dir, &["wit", "tracker", "--from", "tools.json", "-v"]);
    assert!(
        stderr(&verbose).ends_with(
            "  search /inputSchema/properties/filter: a value of any type; it is `json`\n"
        )
    );
}

#[test]
fn stdin_is_a_file_called_dash() {
    let dir = scratch("stdin");
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcp-codegen"))
        .args(["wit", "tracker", "--from", "-", "--async"])
        .current_dir(&dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let response = format!(r#"{{"jsonrpc": "2.0", "id": 1, "result": {TOOLS}}}"#);
    child
        .stdin
        .take()
        .unwrap()
        .write_all(response.as_bytes())
        .unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(
        stdout(&out).contains("get-issue: async func(params: get-issue-params)"),
        "{out:?}"
    );
}

#[test]
fn files_are_written_once_and_checked_afterwards() {
    let dir = scratch("files");
    let wit = ["wit", "tracker", "--from", "tools.json", "--out", "wit"];
    let with = |more: &[&'static str]| codegen(&dir, &[&wit[..], more].concat());
    let package = dir.join("wit/deps/mcp-server-tracker/tools.wit");

    let dry = with(&["--dry-run"]);
    assert_eq!(dry.status.code(), Some(0));
    assert!(
        stdout(&dry).contains("new")
            && stdout(&dry).contains("wit/deps/mcp-server-tracker/tools.wit"),
        "{dry:?}"
    );
    let stale = with(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(!dir.join("wit").exists());

    let written = with(&[]);
    assert_eq!(written.status.code(), Some(0));
    assert_eq!(stdout(&written), "");
    assert!(
        stderr(&written).contains("2 functions for tracker: 7 files written"),
        "{written:?}"
    );
    let contract: Vec<String> = sorted(&dir.join("wit/deps/mcp-tools"));
    assert_eq!(
        contract,
        [
            "files.wit",
            "log.wit",
            "skill.wit",
            "state.wit",
            "tools.wit",
            "types.wit"
        ]
    );
    assert_eq!(
        sorted(&dir.join("wit/deps/mcp-server-tracker")),
        ["tools.wit"]
    );
    assert_eq!(with(&["--check"]).status.code(), Some(0));

    let modified = fs::metadata(&package).unwrap().modified().unwrap();
    assert!(stderr(&with(&[])).contains("0 files written"));
    assert_eq!(
        fs::metadata(&package).unwrap().modified().unwrap(),
        modified
    );

    let edited = fs::read_to_string(&package)
        .unwrap()
        .replace("number: s64", "number: u8");
    fs::write(&package, edited).unwrap();
    let stale = with(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(
        stdout(&stale).contains("-    number: u8,\n+    number: s64,\n"),
        "{stale:?}"
    );
}

fn sorted(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn only_the_tools_that_were_asked_for_have_functions() {
    let dir = scratch("tools");
    let run = |tools: &str| {
        codegen(
            &dir,
            &["wit", "tracker", "--from", "tools.json", "--tools", tools],
        )
    };
    let one = run("get-issue");
    assert!(
        stdout(&one).contains("get-issue: func") && !stdout(&one).contains("search"),
        "{one:?}"
    );
    let unknown = run("getIssue,nope");
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(
        stderr(&unknown),
        "error: server `tracker` has no tool `nope`; it has getIssue, search, broken\n"
    );
}

#[test]
fn json_is_one_object_on_stdout() {
    let dir = scratch("json");
    let wit: Value = serde_json::from_slice(
        &codegen(
            &dir,
            &["wit", "tracker", "--from", "tools.json", "--format", "json"],
        )
        .stdout,
    )
    .unwrap();
    assert_eq!(wit["package"], "mcp-server:tracker");
    assert_eq!(
        wit["functions"][1]["losses"][0]["at"],
        "/inputSchema/properties/filter"
    );
    assert_eq!(wit["refused"][0]["tool"], "broken");
    let inspect: Value = serde_json::from_slice(
        &codegen(
            &dir,
            &[
                "inspect",
                "tracker",
                "--from",
                "tools.json",
                "--format",
                "json",
            ],
        )
        .stdout,
    )
    .unwrap();
    assert_eq!(
        inspect["tools"][0]["signature"],
        "get-issue(number: s64) -> tool-result"
    );
}

#[test]
fn inspect_shows_signatures_and_what_they_do_not_say() {
    let dir = scratch("inspect");
    let out = codegen(&dir, &["inspect", "tracker", "--from", "tools.json"]);
    assert_eq!(
        stdout(&out),
        "tracker: 3 tools, about 42 tokens of definitions\n\
         \n\
         get-issue(number: s64) -> tool-result\n    about 23 tokens, `getIssue` on the wire\n\
         \n\
         search(filter: option<json>) -> tool-result\n    about 13 tokens\n    \
         ! /inputSchema/properties/filter: a value of any type; it is `json`\n\
         \n\
         tool `broken` is left out: its inputSchema allows no object, and the arguments of a tool are one\n"
    );
}

#[test]
fn report_counts_tools_of_many_catalogs() {
    let dir = scratch("report");
    fs::write(
        dir.join("other.tools.json"),
        r#"[{"name": "a", "inputSchema": {"type": "object"}}]"#,
    )
    .unwrap();
    let out = codegen(&dir, &["report", "tools.json", "other.tools.json"]);
    assert_eq!(out.status.code(), Some(0));
    let lines: Vec<&str> = stdout(&out).lines().collect();
    assert_eq!(
        lines[1].split_whitespace().collect::<Vec<_>>(),
        ["tools", "3", "1", "33", "%", "1"]
    );
    assert_eq!(
        lines[2].split_whitespace().collect::<Vec<_>>(),
        ["other", "1", "1", "100", "%", "0"]
    );
    assert_eq!(
        lines[3].split_whitespace().collect::<Vec<_>>(),
        ["all", "4", "2", "50", "%", "1"]
    );
}

#[test]
fn what_cannot_be_read_says_so_with_the_exit_code_of_bad_usage() {
    let dir = scratch("unreadable");
    fs::write(dir.join("broken.json"), "{\"tools\": [\n  {\"name\": }\n]}").unwrap();
    fs::write(dir.join("other.json"), "{\"resources\": []}").unwrap();
    fs::write(
        dir.join("error.json"),
        r#"{"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "no"}}"#,
    )
    .unwrap();
    let run = |file: &str| {
        let out = codegen(&dir, &["wit", "x", "--from", file]);
        assert_eq!(out.status.code(), Some(2), "{out:?}");
        stderr(&out).to_owned()
    };
    assert_eq!(
        run("missing.json"),
        "error: failed to read the tools from `missing.json`: No such file or directory (os error 2)\n"
    );
    assert!(run("broken.json").contains("line 2 column 12"));
    assert!(run("other.json").contains("no `tools` in it"));
    assert!(
        run("error.json")
            .contains("the server answered tools/list with an error: no (JSON-RPC error -1)")
    );
    let unknown = codegen(&dir, &["wit", "unknown"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("`unknown`"), "{unknown:?}");
}

#[test]
fn bad_usage_and_a_place_that_cannot_be_written_have_their_own_exit_codes() {
    let dir = scratch("usage");
    for args in [
        &["wit"][..],
        &["wit", "x", "--check"],
        &["wit", "x", "--from", "a", "--", "b"],
        &["wit", "", "--from", "tools.json"],
    ] {
        assert_eq!(codegen(&dir, args).status.code(), Some(2), "{args:?}");
    }
    fs::write(dir.join("file"), "").unwrap();
    let out = codegen(&dir, &["wit", "x", "--from", "tools.json", "--out", "file"]);
    assert_eq!(out.status.code(), Some(6), "{out:?}");
}

#[test]
fn a_live_server_is_asked_and_ended() {
    let dir = scratch("live");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server.sh");
    let out = codegen(&dir, &["wit", "small", "--", "sh", script]);
    assert!(
        stdout(&out).contains("say-hello: func(params: say-hello-params)"),
        "{out:?}"
    );
    // Nothing but the result and the warnings: a spinner is for terminals.
    assert_eq!(stderr(&out), "");

    let config =
        format!(r#"{{"mcpServers": {{"small": {{"command": "sh", "args": ["{script}"]}}}}}}"#);
    fs::write(dir.join("mcp.json"), config).unwrap();
    let configured = codegen(&dir, &["wit", "small"]);
    assert_eq!(stdout(&configured), stdout(&out));
}

#[test]
fn a_signal_ends_the_server_and_exits_with_130() {
    for signal in ["INT", "TERM", "HUP"] {
        ends_the_server(signal);
    }
}

fn ends_the_server(signal: &str) {
    let dir = scratch(&format!("signal-{signal}"));
    let command = "echo $$ > pid; exec sleep 600";
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcp-codegen"))
        .args(["wit", "slow", "--", "sh", "-c", command])
        .current_dir(&dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = wait_for(|| {
        fs::read_to_string(dir.join("pid"))
            .ok()
            .filter(|pid| pid.ends_with('\n'))
    });
    let interrupted = Command::new("kill")
        .args([&format!("-{signal}"), &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let alive = || {
        Path::new("/proc")
            .join(server.trim())
            .join("cmdline")
            .exists()
    };
    wait_for(|| (!alive()).then_some(()));
}

/// The value, as soon as there is one.
fn wait_for<T>(mut value: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(value) = value() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited for too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_package_of_another_server_is_not_overwritten() {
    let dir = scratch("another");
    let of = |server| {
        codegen(
            &dir,
            &["wit", server, "--from", "tools.json", "--out", "wit"],
        )
    };
    assert!(of("My_Server").status.success());
    let refused = of("my-server");
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(
        stderr(&refused).lines().last().unwrap(),
        "error: `wit/deps/mcp-server-my-server/tools.wit` has the tools of server `My_Server`, and those of `my-server` would be \
         the same package; rename one of them in the configuration, or use another --out"
    );
    // Its own it may write again.
    fs::write(dir.join("tools.json"), r#"{"tools": []}"#).unwrap();
    assert!(of("My_Server").status.success());
}
