//! Spans, events and metrics of a run, as a collector gets them. Needs the feature `otlp`, and what
//! `cargo test --workspace` has built.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "otlp/collector.rs"]
mod collector;
#[path = "otlp/decision.rs"]
mod decision;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "it is a part of another crate, whose tests use the rest of it"
)]
#[path = "../../tests/support/guests.rs"]
mod guests;
#[path = "otlp/login.rs"]
mod login;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use collector::{Collector, Span};

const CANARY: &str = "canary-5d21c8";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// A directory with a server that has been given a secret.
fn workplace() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let program =
        Path::new(env!("CARGO_BIN_EXE_mcp-host")).with_file_name("examples/scripted-server");
    assert!(program.exists(), "run `cargo test --workspace` first");
    let server = serde_json::json!({
        "command": program, "args": ["ok", CANARY],
        "env": { "API_TOKEN": CANARY, "SCRIPTED_PIDS": dir.path().join("pids") },
    });
    let config = serde_json::json!({ "mcpServers": { "scripted": server } });
    std::fs::write(dir.path().join("mcp.json"), config.to_string()).unwrap();
    dir
}

/// One run of a skill that calls one tool, with a secret in its arguments.
fn run(tool: &str, collector: Option<&str>) -> Output {
    let dir = workplace();
    let input = serde_json::json!({
        "server": "scripted", "tool": tool, "arguments": { "text": CANARY }, "surface": true,
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-host"));
    command
        .args(["run".as_ref(), guests::guest("one-call").as_os_str()])
        .args(["--input", &input.to_string(), "--allow", "scripted/*"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .env("XDG_STATE_HOME", dir.path().join("state"))
        .env("XDG_CONFIG_HOME", dir.path().join("config"))
        .env("XDG_CACHE_HOME", root().join("target/test-cache/otlp"))
        .env("MCP_HOST_TEST_SECRET", CANARY);
    if let Some(address) = collector {
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", address)
            .env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue");
    }
    command.output().unwrap()
}

/// The same of a script with this text.
fn run_script(script: &str, collector: &str) -> Output {
    let dir = workplace();
    std::fs::write(dir.path().join("script.ts"), script).unwrap();
    Command::new(env!("CARGO_BIN_EXE_mcp-host"))
        .args(["run", "script.ts"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .env("XDG_STATE_HOME", dir.path().join("state"))
        .env("XDG_CONFIG_HOME", dir.path().join("config"))
        .env("XDG_CACHE_HOME", root().join("target/test-cache/otlp"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector)
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| panic!("no `{name}` in {spans:?}"))
}

#[test]
fn a_run_its_linking_and_its_tool_calls_are_spans_of_one_trace() {
    let collector = Collector::start();
    let output = run("echo", Some(&collector.address));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let spans = collector.spans();
    let [whole, link, run, call] =
        ["mcp-host run", "link", "run", "tools/call echo"].map(|name| named(&spans, name));
    assert!(whole.parent.is_empty());
    assert_eq!((&link.parent, &run.parent), (&whole.id, &whole.id));
    assert_eq!(call.parent, run.id);
    assert!(spans.iter().all(|span| span.trace == whole.trace));

    const CLIENT: u64 = 3;
    assert_eq!(call.kind, CLIENT);
    assert_eq!(call.status, 0, "no status is one of success");
    let attributes: Vec<_> = call.attributes.iter().collect();
    assert_eq!(
        attributes,
        [
            (
                &"gen_ai.operation.name".to_owned(),
                &"execute_tool".to_owned()
            ),
            (&"gen_ai.tool.name".to_owned(), &"echo".to_owned()),
            (&"mcp.method.name".to_owned(), &"tools/call".to_owned()),
            (&"mcp_host.server.name".to_owned(), &"scripted".to_owned()),
        ]
    );
    assert_eq!(run.attributes["mcp_host.outcome"], "finished");
    assert_eq!(run.attributes["mcp_host.tool_calls"], "1");
    assert!(run.attributes.contains_key("mcp_host.fuel"));
    assert_eq!(link.attributes["mcp_host.skill.digest"].len(), 64);
}

#[test]
fn a_script_has_the_spans_of_a_run_and_nothing_of_its_text() {
    let collector = Collector::start();
    let script = format!(
        "import {{ echo, fail }} from \"mcp:scripted\";\nawait fail({{}}).catch(() => {{}});\n\
         export default await Promise.all([1, 2].map((n) => echo({{ n, text: \"{CANARY}\" }})));"
    );
    let output = run_script(&script, &collector.address);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let spans = collector.spans();
    let [whole, link, run] = ["mcp-host run", "link", "run"].map(|name| named(&spans, name));
    assert_eq!((&link.parent, &run.parent), (&whole.id, &whole.id));
    let calls: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "tools/call echo")
        .collect();
    assert_eq!(calls.len(), 2, "{spans:?}");
    assert!(calls.iter().all(|call| call.parent == run.id));
    assert_eq!(
        named(&spans, "tools/call fail").attributes["error.type"],
        "tool_error"
    );
    assert_eq!(run.attributes["mcp_host.outcome"], "finished");
    assert_eq!(run.attributes["mcp_host.tool_calls"], "3");
    for (_, body) in &collector.requests() {
        let text = String::from_utf8_lossy(body);
        assert!(
            !text.contains(CANARY) && !text.contains("Promise.all"),
            "{text}"
        );
    }
}

#[test]
fn a_failure_is_an_error_with_its_type() {
    let collector = Collector::start();
    let output = run("fail", Some(&collector.address));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let spans = collector.spans();
    const ERROR: u64 = 2;
    for (name, kind) in [("tools/call fail", "tool_error"), ("run", "failed")] {
        let span = named(&spans, name);
        assert_eq!(
            (span.status, span.attributes["error.type"].as_str()),
            (ERROR, kind)
        );
    }
    assert_eq!(named(&spans, "link").status, 0);
}

#[test]
fn a_run_and_its_calls_are_events_and_metrics_of_the_same_trace() {
    let collector = Collector::start();
    let output = run("fail", Some(&collector.address));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let trace = named(&collector.spans(), "run").trace.clone();
    let events = collector.events();
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "mcp_host.run",
            "mcp_host.sent",
            "mcp_host.call",
            "mcp_host.end"
        ]
    );
    assert!(
        events.iter().all(|event| event.trace == trace),
        "{events:?}"
    );
    let call = &events[2].attributes;
    for (key, value) in [
        ("gen_ai.tool.name", "fail"),
        ("mcp_host.server.name", "scripted"),
        ("mcp_host.decision", "allow"),
        ("mcp_host.outcome", "tool-error"),
    ] {
        assert_eq!(call[key], value, "{call:?}");
    }
    let run = &events[0].attributes["mcp_host.run.id"];
    assert!(run.starts_with("r_"), "{run}");
    assert_eq!(events[3].attributes["mcp_host.run.id"], *run);
    let points = collector.points();
    let point = |metric: &str| {
        let found = points.iter().find(|point| point.metric == metric);
        found.unwrap_or_else(|| panic!("no `{metric}` in {points:?}"))
    };
    let calls = point("mcp.client.operation.duration");
    assert_eq!((calls.unit.as_str(), calls.count), ("s", 1));
    assert_eq!(calls.attributes["mcp.method.name"], "tools/call");
    assert_eq!(calls.attributes["error.type"], "tool_error");
    let runs = point("mcp_host.run.duration");
    assert_eq!(
        (runs.count, runs.attributes["mcp_host.outcome"].as_str()),
        (1, "failed")
    );
    let decisions = point("mcp_host.decisions");
    assert_eq!(
        (
            decisions.count,
            decisions.attributes["mcp_host.decision.channel"].as_str()
        ),
        (1, "policy")
    );
}

#[test]
fn a_kind_of_signal_that_is_not_wanted_is_not_sent() {
    let collector = Collector::start();
    let dir = workplace();
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-host"))
        .args(["call", "scripted", "echo"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .env("XDG_STATE_HOME", dir.path().join("state"))
        .env("XDG_CONFIG_HOME", dir.path().join("config"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address)
        .env("OTEL_LOGS_EXPORTER", "none")
        .env("OTEL_METRICS_EXPORTER", "none")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(collector.events().is_empty() && collector.points().is_empty());
}

#[test]
fn a_server_gets_the_place_of_its_call_in_the_trace() {
    let collector = Collector::start();
    let dir = workplace();
    let config = dir.path().join("mcp.json");
    let mut json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    let log = dir.path().join("seen.jsonl");
    json["mcpServers"]["scripted"]["env"]["SCRIPTED_LOG"] = log.to_str().unwrap().into();
    std::fs::write(&config, json.to_string()).unwrap();
    let script = "import { echo } from \"mcp:scripted\"; export default await echo({ n: 1 });";
    std::fs::write(dir.path().join("script.ts"), script).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-host"))
        .args(["run", "script.ts"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .env("XDG_STATE_HOME", dir.path().join("state"))
        .env("XDG_CONFIG_HOME", dir.path().join("config"))
        .env("XDG_CACHE_HOME", root().join("target/test-cache/otlp"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let spans = collector.spans();
    let call = named(&spans, "tools/call echo");
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let expected = format!("00-{}-{}-01", hex(&call.trace), hex(&call.id));
    let seen = std::fs::read_to_string(log).unwrap();
    let calls = seen.lines().filter(|line| line.contains("tools/call"));
    let calls: Vec<serde_json::Value> = calls
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(calls.len(), 1, "{seen}");
    assert_eq!(
        calls[0]["params"]["_meta"]["traceparent"],
        expected.as_str()
    );
}

#[test]
fn headers_are_sent_and_secrets_are_not() {
    let collector = Collector::start();
    for tool in ["echo", "fail"] {
        run(tool, Some(&collector.address));
    }
    let requests = collector.requests();
    assert!(!requests.is_empty());
    for (head, body) in &requests {
        let paths = ["/v1/traces", "/v1/logs", "/v1/metrics"];
        let is_known = paths
            .iter()
            .any(|path| head.starts_with(&format!("POST {path} ")));
        assert!(is_known, "{head}");
        assert!(head.contains("x-tenant: blue"), "{head}");
        let text = String::from_utf8_lossy(body);
        assert!(
            text.contains("scripted") && text.contains("mcp-host"),
            "{text}"
        );
        // Where this program was made, and the words of skill and server, are in it as little.
        for secret in [CANARY, ".rs", "one_call.wasm"] {
            assert!(
                !head.contains(secret) && !text.contains(secret),
                "{secret}: {text}"
            );
        }
    }
}

#[test]
fn without_a_collector_nothing_is_printed_or_sent() {
    let output = run("echo", None);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        !stderr(&output).contains("collector"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_collector_that_is_dead_or_silent_costs_a_warning_and_little_time() {
    let quiet = run("echo", None);
    // The first address has no listener any more; the second one listens and never answers.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for (address, says) in [
        (gone, "did not take everything"),
        (silent.local_addr().unwrap(), "did not answer within 2s"),
    ] {
        let endpoint = format!("http://user:{CANARY}@{address}");
        let started = Instant::now();
        let output = run("echo", Some(&endpoint));
        assert!(
            started.elapsed() < Duration::from_secs(8),
            "{:?}",
            started.elapsed()
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(output.stdout, quiet.stdout);
        let said = stderr(&output);
        assert!(said.contains(says), "{said}");
        assert!(!said.contains(CANARY), "{said}");
    }
}
