//! `mcp-host serve` as the client of an agent sees it, by lines of JSON-RPC over stdio: from the start of the process
//! to the answer of `tools/list` with 20 servers configured, to the first result of a script with one call, and many
//! calls of one script beside those of a bare rmcp client.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_benches::{Agent, take_turns};
use mcp_tests::root;
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _, RoleClient, RunningService};
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};

const SERVER: &str = env!("CARGO_BIN_EXE_stdio-server");

/// Calls of one script: the cost of the run is small beside them.
const CALLS: u32 = 1_000;

const ONE_CALL: &str =
    r#"import { wait } from "mcp:fake"; return (await wait({ name: "a" })).name"#;

fn serve(criterion: &mut Criterion) {
    let home = tempfile::tempdir().unwrap();
    configure(home.path(), 20);
    let mut group = criterion.benchmark_group("serve");
    group.sample_size(20);
    // The first start lists the tools of all servers, and keeps the lists.
    Agent::start(home.path()).wait_for_servers(20);
    group.bench_function("tools-list", |bencher| {
        bencher.iter_custom(|runs| {
            (0..runs)
                .map(|_| from_start(home.path(), |agent| drop(agent.tools())))
                .sum()
        });
    });
    group.bench_function("first-script", |bencher| {
        bencher.iter_custom(|runs| {
            let first = |agent: &mut Agent| assert!(agent.script(ONE_CALL).contains("a"));
            (0..runs).map(|_| from_start(home.path(), first)).sum()
        });
    });
    calls(&mut group);
    group.finish();
}

/// From the start of the process to the end of `work`. Its end is not measured.
fn from_start(home: &Path, work: impl FnOnce(&mut Agent)) -> Duration {
    let start = Instant::now();
    let mut agent = Agent::start(home);
    work(&mut agent);
    start.elapsed()
}

fn calls(group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // In a test run, each bench only has to work.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let calls = if quick { 10 } else { CALLS };
    let home = tempfile::tempdir().unwrap();
    configure(home.path(), 1);
    let mut agent = Agent::start(home.path());
    let script = format!(
        r#"import {{ wait }} from "mcp:fake";
        let calls = 0;
        for (; calls < {calls}; calls += 1) await wait({{ name: "a" }});
        return `made ${{calls}}`;"#
    );
    let client = runtime.block_on(bare());
    group.sample_size(10);
    take_turns(
        group,
        1,
        &mut [
            ("calls/script", &mut |runs| {
                for _ in 0..runs {
                    let answer = agent.script(&script);
                    assert!(answer.contains(&format!("made {calls}")), "{answer}");
                }
            }),
            ("calls/bare", &mut |runs| {
                runtime.block_on(call(&client, runs * calls));
            }),
        ],
    );
}

/// This many servers, the first of which is called `fake`. The policy lets scripts call it.
fn configure(home: &Path, count: usize) {
    let entry = json!({"command": SERVER, "args": [tools()]});
    let names = (0..count).map(|number| match number {
        0 => "fake".to_owned(),
        number => format!("other-{number}"),
    });
    let servers: serde_json::Map<_, _> = names.map(|name| (name, entry.clone())).collect();
    let servers = json!({ "mcpServers": Value::Object(servers) });
    std::fs::write(home.join("mcp.json"), servers.to_string()).unwrap();
    let settings = home.join(".config/mcp-host");
    std::fs::create_dir_all(&settings).unwrap();
    let policy = "[policy]\nallow = [\"fake/wait\"]\n[limits]\ncalls = 100000\n";
    std::fs::write(settings.join("mcp-host.toml"), policy).unwrap();
}

fn tools() -> PathBuf {
    root().join("tests/guests/fake.tools.json")
}

/// rmcp on its own.
async fn bare() -> RunningService<RoleClient, ()> {
    let mut command = tokio::process::Command::new(SERVER);
    command.arg(tools());
    let preferred_versions = vec![ProtocolVersion::LATEST];
    let lifecycle = ClientLifecycleMode::Discover { preferred_versions };
    ().serve_with_lifecycle(TokioChildProcess::new(command).unwrap(), lifecycle)
        .await
        .unwrap()
}

async fn call(client: &RunningService<RoleClient, ()>, calls: u32) {
    for _ in 0..calls {
        let arguments = json!({"name": "a"}).as_object().unwrap().clone();
        let params = CallToolRequestParams::new("wait").with_arguments(arguments);
        let answer = client.call_tool(params).await.unwrap();
        assert!(answer.structured_content.is_some());
    }
}

fn benches_with_host(criterion: &mut Criterion) {
    // `cargo bench -p mcp-benches` builds no other package's binaries.
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--release", "-p", "mcp-cli"])
        .current_dir(root())
        .status()
        .unwrap();
    assert!(built.success(), "failed to build `mcp-host`");
    serve(criterion);
}

criterion_group!(benches, benches_with_host);
criterion_main!(benches);
