//! Memory of what waits. `idle`: starts runs of a skill that all wait in a tool call, and divides the growth of the
//! process by their number. `idle scripts`: the same with runs of a script. `idle serve`: a serving process before and
//! after its first script. Linux only, because it reads `/proc`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement may panic, and prints its result"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mcp_benches::{
    Agent, SLOT, TWO_NAMES, catalog_of, fake, run_script, script_engine, scripted,
    two_calls_waiting,
};
use mcp_host::{Allocation, Engine, Limits, Linked};
use serde_json::json;

const RUNS: u32 = 1_000;

/// Longer than it takes to start all of them, which is a tenth of a second for a skill.
const WAIT: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    match std::env::args().nth(1).as_deref() {
        None => skills().await,
        Some("scripts") => scripts().await,
        Some("serve") => serve(),
        Some(other) => panic!("`{other}` is neither `scripts` nor `serve`"),
    }
}

fn engine() -> Engine {
    Engine::new(Allocation::Pooling {
        slots: RUNS,
        memory: SLOT,
    })
    .unwrap()
}

async fn skills() {
    let engine = engine();
    let linked = |wait| two_calls_waiting(&engine, wait);
    let bytes = growth(linked(Duration::ZERO), linked(WAIT), TWO_NAMES).await;
    println!(
        "{RUNS} runs that wait in a tool call: {} KiB each, with the pages of linear memory that the guest has touched",
        bytes / 1024
    );
}

async fn scripts() {
    let source = r#"
        import { wait } from "mcp:fake";
        export default (await wait({ name: "a" })).name;
    "#;
    let scripts = script_engine(&engine());
    let linked = |wait| scripted(&scripts, source, catalog_of(fake(wait)));
    let bytes = growth(linked(Duration::ZERO), linked(WAIT), "\"a\"").await;
    println!(
        "{RUNS} scripts that wait in a tool call: {} KiB each",
        bytes / 1024
    );
}

/// Bytes of the process for each run that waits.
async fn growth(at_once: Linked, waiting: Linked, result: &'static str) -> u64 {
    let limits = Limits::default();
    // The first run creates everything that is created once.
    run_script(&at_once, &limits, result).await;
    let waiting = Arc::new(waiting);
    let before = private("self");
    let runs: Vec<_> = (0..RUNS)
        .map(|_| {
            let (waiting, limits) = (Arc::clone(&waiting), limits.clone());
            tokio::spawn(async move { run_script(&waiting, &limits, result).await })
        })
        .collect();
    tokio::time::sleep(WAIT / 4).await;
    let during = private("self");
    for run in runs {
        run.await.unwrap();
    }
    (during - before) / u64::from(RUNS)
}

fn serve() {
    let home = tempfile::tempdir().unwrap();
    let tools = mcp_tests::root().join("tests/guests/fake.tools.json");
    let entry = json!({"command": mcp_tests::binary("stdio-server"), "args": [tools]});
    let servers = json!({"mcpServers": {"fake": entry}});
    std::fs::write(home.path().join("mcp.json"), servers.to_string()).unwrap();
    // This process has the lists that it keeps for the next one.
    Agent::start(home.path()).wait_for_servers(1);
    let mut agent = Agent::start(home.path());
    agent.tools();
    let process = agent.process().to_string();
    let shown = |when: &str| {
        std::thread::sleep(Duration::from_secs(1));
        let (resident, private) = (memory(&process, &["Rss:"]), private(&process));
        println!(
            "`mcp-host serve` {when}: {} KiB resident, {} KiB of them private",
            resident / 1024,
            private / 1024
        );
    };
    shown("after its start");
    agent.script("return 1");
    shown("after a script");
}

/// Bytes of the process's private memory.
fn private(process: &str) -> u64 {
    memory(process, &["Private_Clean:", "Private_Dirty:"])
}

/// The sum of these lines of the process's memory, in bytes.
fn memory(process: &str, names: &[&str]) -> u64 {
    let path = Path::new("/proc").join(process).join("smaps_rollup");
    let text = std::fs::read_to_string(path).unwrap();
    let kib = |name: &&str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(*name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    names.iter().map(kib).sum::<u64>() * 1024
}
