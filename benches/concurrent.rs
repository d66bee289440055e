//! A thousand concurrent runs on two threads. In `waiting`, each waits 50 ms in its first tool call. In `instant`, none
//! waits, so it is the work of a thousand runs. The ideal for `waiting`, with perfect overlap, is the work and 50 ms.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::future::join_all;
use mcp_benches::{SLOT, run_two_calls, take_turns, two_calls_waiting};
use mcp_host::{Allocation, Engine, Linked};

const RUNS: u32 = 1_000;
const WAIT: Duration = Duration::from_millis(50);

fn concurrent(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let engine = Engine::new(Allocation::Pooling {
        slots: RUNS,
        memory: SLOT,
    })
    .unwrap();
    let mut group = criterion.benchmark_group("concurrent");
    group.sample_size(20);
    let instant = Arc::new(two_calls_waiting(&engine, Duration::ZERO));
    let waiting = Arc::new(two_calls_waiting(&engine, WAIT));
    take_turns(
        &mut group,
        1,
        &mut [
            ("instant", &mut |times| {
                runtime.block_on(at_once(&instant, times));
            }),
            ("waiting", &mut |times| {
                runtime.block_on(at_once(&waiting, times));
            }),
        ],
    );
    group.finish();
}

async fn at_once(linked: &Arc<Linked>, times: u32) {
    for _ in 0..times {
        let runs = (0..RUNS).map(|_| {
            let linked = Arc::clone(linked);
            tokio::spawn(async move { run_two_calls(&linked).await })
        });
        for run in join_all(runs).await {
            run.unwrap();
        }
    }
}

criterion_group!(benches, concurrent);
criterion_main!(benches);
