//! One run inside a process that is up: a fresh instance, two typed calls to a server in the same process,
//! the result and the report, and the instance gone again. All limits are on, except in bare Wasmtime.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_benches::{Bare, Guards, SLOT, TWO_NAMES, component, run_two_calls, two_calls};
use mcp_host::{Allocation, Engine};

fn run(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("run");
    let pooling = Allocation::Pooling {
        slots: 16,
        memory: SLOT,
    };
    for (name, allocation) in [("on-demand", Allocation::OnDemand), ("pooling", pooling)] {
        let engine = Engine::new(allocation).unwrap();
        let linked = two_calls(&engine);
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| run_two_calls(&linked));
        });
    }
    let bare = Bare::pooled(&component("two-calls"), Guards::default());
    group.bench_function("bare", |bencher| {
        bencher
            .to_async(&runtime)
            .iter(async || assert_eq!(bare.run("{}").await, TWO_NAMES));
    });
    group.finish();
}

criterion_group!(benches, run);
criterion_main!(benches);
