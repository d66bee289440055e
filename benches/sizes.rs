//! Large answers, pinned catalogs and calls at once, each beside what it is compared with.
//!
//! - `records`: ten megabytes of structured content as a guest's value, beside the tree that `serde_json` makes of
//!   them.
//! - `pins`: connecting a server of 2,000 tools of which one is used, with and without pins.
//! - `at-once`: a thousand calls of one async skill whose tool takes 50 ms, beside one such call.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_benches::{component, take_turns};
use mcp_bridge::{Client, Config, ConnectOptions, Lock, Tool};
use mcp_codec::ToolCodec;
use mcp_codec::account::Spend;
use mcp_host::{
    Allocation, Catalog, Engine, Environment, Limits, Linked, Outcome, Skill, ToolServer, execute,
    link,
};
use mcp_tests::{Fake, root, structured};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use wasmtime::component::Component;

const SERVER: &str = env!("CARGO_BIN_EXE_stdio-server");
const RECORD: &str = r#"{"id":184467,"name":"Ada Lovelace","email":"ada@example.org","active":true,"score":0.75,"city":"London","created":"2026-01-31T12:00:00Z","tag":"a","count":42,"note":null}"#;
const TOOLS: usize = 2_000;
const CALLS: u32 = 1_000;
const WAIT: Duration = Duration::from_millis(50);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn records(criterion: &mut Criterion) {
    let bytes = component("records");
    let built = Component::new(&wasmtime::Engine::default(), &bytes).unwrap();
    let listed = std::fs::read(root().join("tests/guests/records.tools.json")).unwrap();
    let mut listed: Value = serde_json::from_slice(&listed).unwrap();
    let tools: Vec<Tool> = serde_json::from_value(listed["tools"].take()).unwrap();
    let codec = ToolCodec::of(&built, &bytes, "version", &tools[0]).unwrap();
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let length = if quick { 10_000 } else { 10_000_000 };
    let records = vec![RECORD; length / RECORD.len()].join(",");
    let text = format!(r#"{{"records":[{records}]}}"#);
    let mut group = criterion.benchmark_group("records");
    group.sample_size(10);
    take_turns(
        &mut group,
        1,
        &mut [
            ("tree", &mut |times| {
                for _ in 0..times {
                    black_box(serde_json::from_str::<Value>(&text).unwrap());
                }
            }),
            ("guest", &mut |times| {
                for _ in 0..times {
                    black_box(codec.result(&text, &mut Spend::free()).unwrap());
                }
            }),
        ],
    );
    group.finish();
}

/// A configuration with a server of many tools, in a directory of its own.
fn catalog(dir: &Path) -> (Config, PathBuf) {
    let tool = |at: usize| {
        let property = json!({"type": "string", "description": "A value of ordinary length."});
        json!({"name": format!("tool-{at}"), "description": "Does something with three values.",
            "inputSchema": {"type": "object", "properties": {"a": property, "b": property, "c": property}}})
    };
    let tools: Vec<Value> = (0..TOOLS).map(tool).collect();
    let file = dir.join("tools.json");
    std::fs::write(&file, json!({"tools": tools}).to_string()).unwrap();
    let config = json!({"mcpServers": {"many": {"command": SERVER, "args": [file]}}}).to_string();
    let path = dir.join("mcp.json");
    (Config::parse(&config, &path).unwrap(), path)
}

async fn connect(config: &Config, lock: Option<&Lock>) {
    let mut options = ConnectOptions::default();
    options.lock = lock;
    let client = Client::connect(config.server("many").unwrap(), options)
        .await
        .unwrap();
    assert!(client.tool("tool-7").is_some());
    client.close().await;
}

fn pins(criterion: &mut Criterion) {
    let runtime = runtime();
    let dir = tempfile::tempdir().unwrap();
    let (config, path) = catalog(dir.path());
    runtime.block_on(async {
        let server = config.server("many").unwrap();
        let client = Client::connect(server, ConnectOptions::default())
            .await
            .unwrap();
        let mut lock = Lock::of(&path).unwrap();
        lock.pin("many", client.listed());
        lock.write().unwrap();
        client.close().await;
    });
    let mut group = criterion.benchmark_group("pins");
    group.sample_size(10);
    take_turns(
        &mut group,
        1,
        &mut [
            ("without", &mut |times| {
                for _ in 0..times {
                    runtime.block_on(connect(&config, None));
                }
            }),
            ("with", &mut |times| {
                for _ in 0..times {
                    let lock = Lock::of(&path).unwrap();
                    runtime.block_on(connect(&config, Some(&lock)));
                }
            }),
        ],
    );
    group.finish();
}

/// The skill `subtasks` with a server that takes 50 ms for each call.
fn subtasks() -> Linked {
    let server = Fake::new("fake", Fake::standard_tools(), |_, arguments| {
        Box::pin(async move {
            tokio::time::sleep(WAIT).await;
            Ok(structured(arguments.into()))
        })
    });
    let server: Arc<dyn ToolServer> = Arc::new(server.forgetful());
    let environment = Environment {
        catalog: Arc::new(Catalog::of([server]).unwrap()),
        ..Environment::default()
    };
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let skill = Arc::new(Skill::load(&engine, &component("subtasks"), None).unwrap());
    link(&skill, &environment).unwrap()
}

async fn call_at_once(linked: &Linked, calls: u32) {
    let limits = Limits {
        calls,
        ..Limits::default()
    };
    let report = execute(linked, &calls.to_string(), &limits).await.unwrap();
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(report.calls(), calls);
}

fn at_once(criterion: &mut Criterion) {
    let runtime = runtime();
    let linked = subtasks();
    let mut group = criterion.benchmark_group("at-once");
    group.sample_size(10);
    take_turns(
        &mut group,
        1,
        &mut [
            ("one", &mut |times| {
                for _ in 0..times {
                    runtime.block_on(call_at_once(&linked, 1));
                }
            }),
            ("thousand", &mut |times| {
                for _ in 0..times {
                    runtime.block_on(call_at_once(&linked, CALLS));
                }
            }),
        ],
    );
    group.finish();
}

criterion_group!(benches, records, pins, at_once);
criterion_main!(benches);
