//! Calls from a skill to a server in a process of its own, and the same calls from a bare rmcp client: ten thousand in
//! sequence, and ten thousand with 64 in flight. Both use the same revision, which the bridge negotiates. The
//! additional cost of a skill's call is the sandbox, the budget, the call stats, and the bridge's bounds.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::future::join_all;
use mcp_benches::{component, take_turns};
use mcp_bridge::{Config, JsonObject};
use mcp_host::{
    Allocation, Catalog, Engine, Environment, Grants, Limits, Linked, Outcome, Skill, execute, link,
};
use mcp_tests::root;
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _, RoleClient, RunningService};
use rmcp::transport::TokioChildProcess;
use serde_json::json;

const SERVER: &str = env!("CARGO_BIN_EXE_stdio-server");
const CALLS: u32 = 10_000;
const LANES: u32 = 64;

fn bridge(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    // In a test run, each bench only has to work.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let calls = if quick { 100 } else { CALLS };
    let in_lane = calls.div_ceil(LANES);
    let mut group = criterion.benchmark_group("bridge");
    group.sample_size(10);
    group.measurement_time(Duration::from_secs(20));

    let client = runtime.block_on(bare(&[]));
    let sequential = runtime.block_on(linked("call-loop", "echo", &[]));
    let tools = root().join("tests/guests/fake.tools.json");
    let of_lanes = runtime.block_on(bare(&[&tools]));
    let lanes = runtime.block_on(linked("lanes", "fake", &[&tools]));
    take_turns(
        &mut group,
        1,
        &mut [
            ("sequential/bare", &mut |runs| {
                runtime.block_on(call_loop(&client, runs * calls));
            }),
            ("sequential/skill", &mut |runs| {
                for _ in 0..runs {
                    runtime.block_on(run_call_loop(&sequential, calls));
                }
            }),
        ],
    );
    take_turns(
        &mut group,
        1,
        &mut [
            ("in-flight/bare", &mut |runs| {
                let calls = runs * in_lane;
                runtime.block_on(join_all((0..LANES).map(|_| lane(&of_lanes, calls))));
            }),
            ("in-flight/skill", &mut |runs| {
                for _ in 0..runs {
                    runtime.block_on(run_lanes(&lanes, in_lane));
                }
            }),
        ],
    );
    group.finish();
}

/// rmcp on its own: its client, and its transport for a child process.
async fn bare(arguments: &[&Path]) -> RunningService<RoleClient, ()> {
    let mut command = tokio::process::Command::new(SERVER);
    command.args(arguments);
    let preferred_versions = vec![ProtocolVersion::LATEST];
    let lifecycle = ClientLifecycleMode::Discover { preferred_versions };
    ().serve_with_lifecycle(TokioChildProcess::new(command).unwrap(), lifecycle)
        .await
        .unwrap()
}

fn arguments() -> JsonObject {
    json!({"text": "a line of text"})
        .as_object()
        .unwrap()
        .clone()
}

async fn call_loop(client: &RunningService<RoleClient, ()>, calls: u32) {
    for _ in 0..calls {
        let params = CallToolRequestParams::new("echo").with_arguments(arguments());
        let answer = client.call_tool(params).await.unwrap();
        assert!(answer.structured_content.is_some());
    }
}

async fn lane(client: &RunningService<RoleClient, ()>, calls: u32) {
    for _ in 0..calls {
        let arguments = json!({"name": "a"}).as_object().unwrap().clone();
        let params = CallToolRequestParams::new("wait").with_arguments(arguments);
        let answer = client.call_tool(params).await.unwrap();
        assert!(answer.structured_content.is_some());
    }
}

/// A skill with the server of a configuration, as `mcp-host run` links them.
async fn linked(skill: &str, server: &str, arguments: &[&Path]) -> Linked {
    let entry = json!({"command": SERVER, "args": arguments});
    let config = json!({"mcpServers": {server: entry}}).to_string();
    let config = Config::parse(&config, Path::new("mcp.json")).unwrap();
    let names = [server.to_owned()].into();
    let catalog = Catalog::open(&config, &names).await.unwrap();
    let mut grants = Grants::default();
    grants.tools.push("echo/*".parse().unwrap());
    let environment = Environment {
        catalog: Arc::new(catalog),
        grants: Arc::new(grants),
        ..Environment::default()
    };
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let skill = Arc::new(Skill::load(&engine, &component(skill), None).unwrap());
    link(&skill, &environment).unwrap()
}

/// The skill calls until its budget is used up.
async fn run_call_loop(linked: &Linked, calls: u32) {
    let limits = Limits {
        calls,
        ..Limits::default()
    };
    let input = json!({"server": "echo", "tool": "echo", "arguments": arguments()}).to_string();
    let report = execute(linked, &input, &limits).await.unwrap();
    assert_eq!(report.calls(), calls, "{:?}", report.outcome);
}

async fn run_lanes(linked: &Linked, calls: u32) {
    let limits = Limits {
        calls: LANES * calls,
        ..Limits::default()
    };
    let input = json!({"lanes": LANES, "calls": calls}).to_string();
    let report = execute(linked, &input, &limits).await.unwrap();
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(report.calls(), LANES * calls);
}

criterion_group!(benches, bridge);
criterion_main!(benches);
