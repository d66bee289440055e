//! From the bytes of a component to a skill that can be linked: compiled from scratch, and from the cache.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_benches::component;
use mcp_host::{Allocation, Cache, Engine, Skill};

fn load(criterion: &mut Criterion) {
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let bytes = component("two-calls");
    let dir = tempfile::tempdir().unwrap();
    let compiled = dir.path().join("compiled");
    let cache = Cache::open(&compiled, &dir.path().join("key")).unwrap();
    Skill::load(&engine, &bytes, Some(&cache)).unwrap();
    assert_eq!(std::fs::read_dir(&compiled).unwrap().count(), 1);

    let mut group = criterion.benchmark_group("load");
    group.bench_function("cached", |bencher| {
        bencher.iter(|| Skill::load(&engine, &bytes, Some(&cache)).unwrap());
    });
    group.sample_size(10);
    group.bench_function("compile", |bencher| {
        bencher.iter(|| Skill::load(&engine, &bytes, None).unwrap());
    });
    group.finish();
}

criterion_group!(benches, load);
criterion_main!(benches);
