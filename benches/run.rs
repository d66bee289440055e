//! One run inside a running process: a fresh instance, two typed calls to a server in the same process, the result and
//! the report, and dropping the instance. All limits are on, except in bare Wasmtime.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_benches::{Bare, Guards, SLOT, SLOTS, component, run_two_calls, take_turns, two_calls};
use mcp_host::{Allocation, Engine, Linked};

/// The number of hosts, and of bare Wasmtimes, each with its own pool and code, that take turns: their placement in
/// memory makes a difference of some per cent.
const SETUPS: usize = 4;

fn run(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("run");
    let pooling = Allocation::Pooling {
        slots: SLOTS,
        memory: SLOT,
    };
    let linked = |allocation| two_calls(&Engine::new(allocation).unwrap());
    let pooled: [_; SETUPS] = std::array::from_fn(|_| linked(pooling));
    let bare: [_; SETUPS] =
        std::array::from_fn(|_| Bare::pooled(&component("two-calls"), Guards::default()));
    let (mut pooled, mut bare) = (pooled.iter().cycle(), bare.iter().cycle());
    take_turns(
        &mut group,
        100,
        &mut [
            ("pooling", &mut |runs| {
                runtime.block_on(in_host(pooled.next().unwrap(), runs));
            }),
            ("bare", &mut |runs| {
                runtime.block_on(bare.next().unwrap().run_two_calls(runs));
            }),
        ],
    );
    let on_demand = linked(Allocation::OnDemand);
    // On its own: it takes memory from the OS and returns it, which would affect the others.
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
