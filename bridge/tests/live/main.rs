//! The bridge against a scripted server: what each kind of behaviour turns into, and that no process
//! survives it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use mcp_bridge::{CallError, CallToolResult, Config, ConnectError, JsonObject, Server};
use serde_json::{Value, json};

mod dying;
mod events;
mod hostile;
mod http;
mod http_faults;
mod http_noise;
mod memory;
mod noise;
mod questions;
mod starting;
mod tls;
mod web;

/// Starts the scripted server in `mode`, with more keys for its entry.
async fn connect(mode: &str, more: Value) -> Result<Server, ConnectError> {
    let mut entry = json!({"command": scripted(), "args": [mode]});
    entry
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let text = json!({"mcpServers": {"scripted": entry}}).to_string();
    let config = Config::parse(&text, Path::new("mcp.json")).unwrap();
    Server::connect(config.server("scripted").unwrap()).await
}

async fn ok() -> Server {
    connect("ok", json!({})).await.unwrap()
}

/// Cargo builds the examples of a package with its tests.
fn scripted() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let path = deps
        .parent()
        .unwrap()
        .with_file_name("examples")
        .join("scripted-server");
    assert!(
        path.exists(),
        "build it with `cargo build -p mcp-bridge --examples`"
    );
    path
}

fn arguments(value: &Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn text(result: &CallToolResult) -> &str {
    &result.content[0].as_text().unwrap().text
}

/// Whether the process exists. A zombie does as long as it is ours to reap; one whose parent is gone
/// is left to the system's first process, which takes its time.
fn exists(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let (_, after_name) = stat.rsplit_once(") ").unwrap();
    let mut fields = after_name.split(' ');
    let (state, parent) = (fields.next().unwrap(), fields.next().unwrap());
    state != "Z" || parent == std::process::id().to_string()
}

/// Fails if a process stays; most are gone before this is called. A busy machine takes its time.
fn assert_gone(pids: &[u32]) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while pids.iter().any(|pid| exists(*pid)) {
        assert!(Instant::now() < deadline, "still there: {pids:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn call_passes_arguments_and_answer_unchanged() {
    let server = ok().await;
    assert_eq!(server.name(), "scripted");
    assert_eq!(server.tool("echo").unwrap().name, "echo");
    let given = json!({"z": 1, "a": [null, "é\n"], "big": u64::MAX});
    let answer = server.call("echo", arguments(&given)).await.unwrap();
    assert_eq!(text(&answer), given.to_string());
    server.close().await;
}

#[tokio::test]
async fn calls_in_flight_are_answered_out_of_order() {
    let server = Arc::new(ok().await);
    let slow = tokio::spawn({
        let server = Arc::clone(&server);
        async move { server.call("sleep", arguments(&json!({"ms": 300}))).await }
    });
    let quick = server.call("echo", JsonObject::new()).await.unwrap();
    assert_eq!(text(&quick), "{}");
    assert!(!slow.is_finished(), "the quick answer came first");
    assert_eq!(text(&slow.await.unwrap().unwrap()), "slept");
}

#[tokio::test]
async fn is_error_is_an_answer() {
    let answer = ok().await.call("fail", JsonObject::new()).await.unwrap();
    assert_eq!(answer.is_error, Some(true));
    assert_eq!(text(&answer), "the disk is full");
}

#[tokio::test]
async fn each_bad_answer_is_an_error_of_its_call_only() {
    let server = ok().await;
    let call = async |tool| server.call(tool, JsonObject::new()).await.unwrap_err();

    assert_eq!(
        call("refuse").await,
        CallError::InvalidArguments("`city` is missing".to_owned())
    );
    assert_eq!(
        call("broken").await,
        CallError::Protocol("internal error (JSON-RPC error -32603)".to_owned())
    );
    assert_eq!(
        call("strange").await,
        CallError::Protocol(
            "the answer to `strange` is not a tool result: it has none of `content`, `structuredContent` \
             and `isError`"
                .to_owned()
        )
    );
    let CallError::Protocol(deep) = call("deep").await else {
        panic!("wrong kind")
    };
    assert!(deep.contains("recursion limit"), "{deep}");
    assert_eq!(call("large").await, CallError::TooLarge(16 * 1024 * 1024));
    assert_eq!(
        call("ecko").await,
        CallError::NotFound(
            "server `scripted` has no tool `ecko`; did you mean `echo`?".to_owned()
        )
    );

    server.call("echo", JsonObject::new()).await.unwrap();
}

#[tokio::test]
async fn call_times_out_and_is_cancelled_at_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let more = json!({"tool_timeout_sec": 0.2, "env": {"SCRIPTED_LOG": log}});
    let server = connect("ok", more).await.unwrap();

    let begun = Instant::now();
    let error = server
        .call("sleep", arguments(&json!({"ms": 60_000})))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        CallError::TimedOut(Duration::from_millis(200).into())
    );
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );

    assert!(
        cancelled(&server, &log).await,
        "no `notifications/cancelled` came"
    );
}

#[tokio::test]
async fn silent_call_is_cancelled_and_one_with_progress_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let more = json!({"idle_timeout_sec": 1, "env": {"SCRIPTED_LOG": log}});
    let server = connect("ok", more).await.unwrap();
    let answer = server.call("progress", JsonObject::new()).await.unwrap();
    assert_eq!(text(&answer), "done");

    let silent = arguments(&json!({"ms": 60_000}));
    let error = server.call("sleep", silent.clone()).await.unwrap_err();
    assert_eq!(error, CallError::Silent(Duration::from_secs(1).into()));
    assert!(
        cancelled(&server, &log).await,
        "the server got no cancellation"
    );

    fs::remove_file(&log).unwrap();
    let call = server.call("sleep", silent);
    tokio::time::timeout(Duration::from_millis(100), call)
        .await
        .unwrap_err();
    assert!(
        cancelled(&server, &log).await,
        "the server got no cancellation of a dropped call"
    );
}

#[tokio::test]
async fn dropped_call_is_cancelled_at_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let server = connect("ok", json!({"env": {"SCRIPTED_LOG": log}}))
        .await
        .unwrap();
    let call = server.call("sleep", arguments(&json!({"ms": 60_000})));
    tokio::time::timeout(Duration::from_millis(100), call)
        .await
        .unwrap_err();
    assert!(
        cancelled(&server, &log).await,
        "no `notifications/cancelled` came"
    );
}

async fn cancelled(server: &Server, log: &Path) -> bool {
    logged(server, log, "notifications/cancelled").await
}

/// Waits until the server has logged a message with this in it.
async fn logged(server: &Server, log: &Path, what: &str) -> bool {
    for _ in 0..100 {
        // Messages are handled in order, so a call after the notification waits for it.
        server.call("echo", JsonObject::new()).await.unwrap();
        if fs::read_to_string(log).unwrap_or_default().contains(what) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}
