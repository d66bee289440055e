//! Servers that cannot start, and tools that fail: seen through the binary.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Host, guest};

const ALLOW: [&str; 2] = ["--allow", "scripted/*"];

fn one_call(host: &Host, tool: &str, surface: bool) -> super::Ran {
    let input = json!({ "server": "scripted", "tool": tool, "surface": surface }).to_string();
    let skill = guest("one-call");
    host.run(&[&["run", &skill, "--input", &input], ALLOW.as_slice()].concat())
}

#[test]
fn a_command_that_is_not_there() {
    let host = Host::new();
    host.config(&json!({ "command": "mcp-no-such-command" }));
    one_call(&host, "echo", false).fails_with(
        6,
        &["server `scripted`: command `mcp-no-such-command` was not found on PATH"],
    );
}

#[test]
fn a_server_that_exits_at_start_is_heard_to_the_end() {
    let host = Host::new();
    host.scripted("exit-at-start");
    let ran = one_call(&host, "echo", false);
    ran.fails_with(6, &["scripted", "exit status: 3", "no API key", "line 30"]);
    assert!(!ran.stderr.contains('\u{1b}'), "escapes are neutralised");
}

#[test]
fn a_server_that_never_answers() {
    let host = Host::new();
    host.scripted("never-answers");
    let path = host.dir.path().join("mcp.json");
    let mut config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    config["mcpServers"]["scripted"]["startup_timeout_sec"] = json!(0.3);
    host.file("mcp.json", config.to_string());
    one_call(&host, "echo", false).fails_with(6, &["scripted", "startup_timeout_sec", "thinking"]);
}

#[test]
fn a_server_that_is_granted_and_not_configured() {
    let host = Host::new();
    host.file("mcp.json", r#"{ "mcpServers": {} }"#);
    one_call(&host, "echo", false).fails_with(2, &["scripted", "mcp.json"]);
}

#[test]
fn a_variable_that_is_not_set() {
    let host = Host::new();
    host.config(&json!({ "command": "x", "env": { "TOKEN": "${MCP_HOST_TEST_UNSET}" } }));
    one_call(&host, "echo", false).fails_with(2, &["scripted", "TOKEN", "MCP_HOST_TEST_UNSET"]);
}

#[test]
fn a_tool_that_fails_is_seen_by_the_skill() {
    let host = Host::new();
    host.scripted("ok");
    let ran = one_call(&host, "fail", false);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains(r#""error":"failed""#), "{}", ran.stdout);

    one_call(&host, "fail", true).fails_with(1, &["the skill failed: a tool failed"]);
}

#[test]
fn a_call_without_a_grant_is_refused_with_the_flag_to_add() {
    let host = Host::new();
    host.scripted("ok");
    let input = r#"{"server":"scripted","tool":"echo","surface":true}"#;
    host.run(&["run", &guest("one-call"), "--input", input]).fails_with(
        4,
        &["refused by policy: call-tool `scripted/echo` is not granted; add `--allow scripted/echo`"],
    );
}

#[test]
fn a_server_that_the_skill_does_not_name_is_not_started() {
    let host = Host::new();
    let marker = host.dir.path().join("started");
    host.config(&json!({ "command": "touch", "args": [marker] }));
    let ran = host.run(&["run", &guest("echo"), "--allow", "scripted/*"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!marker.exists());
}

#[test]
fn a_server_may_finish_what_it_does_when_the_run_is_over() {
    let host = Host::new();
    let server = mcp_tests::binary("examples/scripted-server");
    let last = host.dir.path().join("last-words");
    let script = format!("{} ok; echo bye > {}", server.display(), last.display());
    host.config(&json!({ "command": "sh", "args": ["-c", script] }));
    let ran = one_call(&host, "echo", false);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(last).unwrap(), "bye\n");
}

#[test]
fn a_server_starts_while_the_skill_is_compiled() {
    let host = Host::new();
    let server = mcp_tests::binary("examples/scripted-server");
    let (cache, seen) = (host.dir.path().join("cache"), host.dir.path().join("seen"));
    let script = format!(
        "find {}/mcp-host/compiled -type f > {}; exec {} ok",
        cache.display(),
        seen.display(),
        server.display()
    );
    std::fs::create_dir(&cache).unwrap();
    host.config(&json!({ "command": "sh", "args": ["-c", script] }));
    let input = json!({ "server": "scripted", "tool": "echo" }).to_string();
    let run = || {
        let ran = host
            .command(&[
                "run",
                &guest("one-call"),
                "--input",
                &input,
                ALLOW[0],
                ALLOW[1],
            ])
            .env("XDG_CACHE_HOME", &cache)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        std::fs::read_to_string(&seen).unwrap()
    };
    // The first run learns which input the skill takes, and only then starts a server.
    assert_ne!(run(), "");
    std::fs::remove_dir_all(cache.join("mcp-host/compiled")).unwrap();
    // The compiled form was not cached before, and is now.
    assert_eq!(run(), "");
    assert!(cache.join("mcp-host/compiled").is_dir());
}

#[test]
fn errors_of_a_skill_are_reported_although_its_server_starts() {
    let host = Host::new();
    let server = format!("sleep 3600; echo {}", host.dir.path().display());
    host.config(&json!({ "command": "sh", "args": ["-c", server] }));
    let mut component = std::fs::read(guest("one-call")).unwrap();
    // Its imports come before its code and can be read; the code cannot.
    let types = component.len() / 2;
    component[types..types + 64].fill(0xff);
    let broken = host.file("broken.wasm", component);
    let broken = broken.to_str().unwrap();
    let input = json!({ "server": "scripted", "tool": "echo" }).to_string();
    let ran = host.run(&[&["run", broken, "--input", &input], ALLOW.as_slice()].concat());
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("failed to load skill"),
        "{}",
        ran.stderr
    );
    // It gets the signal to end before the host ends, and needs a moment.
    let deadline = Instant::now() + Duration::from_secs(10);
    while !processes_of(host.dir.path()).is_empty() {
        assert!(Instant::now() < deadline, "the server goes on running");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The processes that have this path in an argument, and have not ended.
fn processes_of(path: &Path) -> Vec<PathBuf> {
    let path = path.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .map(|process| process.path())
        .filter(|process| {
            // Empty for one that has ended.
            std::fs::read(process.join("cmdline"))
                .is_ok_and(|arguments| String::from_utf8_lossy(&arguments).contains(path))
        })
        .collect()
}
