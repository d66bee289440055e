//! One run inside a process that is up: a fresh instance, two typed calls to a server in the same process,
//! the result and the report, and the instance gone again. All limits are on, except in bare Wasmtime.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_benches::{Bare, Guards, SLOT, TWO_NAMES, component, run_two_calls, take_turns, two_calls};
use mcp_host::{Allocation, Engine, Linked};

fn run(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("run");
    let pooling = Allocation::Pooling {
        slots: 16,
        memory: SLOT,
    };
    let linked = |allocation| two_calls(&Engine::new(allocation).unwrap());
    let on_demand = linked(Allocation::OnDemand);
    let pooled = linked(pooling);
    let bare = Bare::pooled(&component("two-calls"), Guards::default());
    take_turns(
        &mut group,
        100,
        &mut [
            ("pooling", &mut |runs| {
                runtime.block_on(in_host(&pooled, runs))
            }),
            ("bare", &mut |runs| {
                runtime.block_on(async {
                    for _ in 0..runs {
                        assert_eq!(bare.run("{}").await, TWO_NAMES);
                    }
                });
            }),
        ],
    );
    // On its own: it takes memory from the system and gives it back, which the others would feel.
    take_turns(
        &mut group,
        100,
        &mut [("on-demand", &mut |runs| {
            runtime.block_on(in_host(&on_demand, runs));
        })],
    );
    group.finish();
}

async fn in_host(linked: &Linked, runs: u32) {
    for _ in 0..runs {
        run_two_calls(linked).await;
    }
}

criterion_group!(benches, run);
criterion_main!(benches);
