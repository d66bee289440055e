//! The memory of one waiting instance: starts runs that all wait in a tool call, and divides the growth of the process
//! by their number. Linux only, because it reads `/proc`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement may panic, and prints its result"
)]

use std::sync::Arc;
use std::time::Duration;

use mcp_benches::{SLOT, run_two_calls, two_calls_waiting};
use mcp_host::{Allocation, Engine};

const RUNS: u32 = 1_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let engine = Engine::new(Allocation::Pooling {
        slots: RUNS,
        memory: SLOT,
    })
    .unwrap();
    // The first run creates everything that is created once.
    run_two_calls(&two_calls_waiting(&engine, Duration::ZERO)).await;
    let linked = Arc::new(two_calls_waiting(&engine, Duration::from_secs(20)));

    let before = resident();
    let runs: Vec<_> = (0..RUNS)
        .map(|_| {
            let linked = Arc::clone(&linked);
            tokio::spawn(async move { run_two_calls(&linked).await })
        })
        .collect();
    // Starting them takes a tenth of a second.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let during = resident();
    for run in runs {
        run.await.unwrap();
    }
    println!(
        "{RUNS} runs that wait in a tool call: {} KiB each, with the pages of linear memory that the guest has touched",
        (during - before) / u64::from(RUNS) / 1024
    );
}

/// Bytes of the process's private memory.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let kib = |name: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    (kib("Private_Clean:") + kib("Private_Dirty:")) * 1024
}
