//! The codec alone: arguments from the guest's values to JSON and back, beside `serde_json` parsing and writing the
//! same bytes. A host that passes text to the guest does at least that.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench that cannot run has nothing to say but why"
)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mcp_benches::component;
use mcp_bridge::Tool;
use mcp_codec::ToolCodec;
use mcp_codec::account::Spend;
use mcp_tests::Fake;
use serde_json::{Value, json};
use wasmtime::component::{Component, Val};

/// Arguments of the tool `echo` with this many points and labels.
fn arguments(length: usize) -> Value {
    let points = (0..length).map(|at| json!({"x": at, "y": 0.5}));
    let labels = (0..length).map(|at| (format!("label-{at}"), json!(at)));
    json!({
        "text": "a title of ordinary length", "big": 18_446_744_073_709_551_615_u64, "small": -7, "flag": true,
        "level": "veryHigh", "points": points.collect::<Value>(), "shape": {"x": 1},
        "labels": labels.collect::<Value>(), "pair": ["a", false], "nothing": null, "anything": {"k": [1, 2]},
    })
}

fn written(codec: &ToolCodec, guest: &Val) -> Value {
    let params = std::slice::from_ref(guest);
    codec
        .arguments(params, &mut Spend::free())
        .unwrap()
        .unwrap()
}

fn codec(criterion: &mut Criterion) {
    let bytes = component("typed-sync");
    let component = Component::new(&wasmtime::Engine::default(), &bytes).unwrap();
    let tools: Vec<Tool> = serde_json::from_value(Fake::standard_tools()).unwrap();
    let echo = tools.iter().find(|tool| tool.name == "echo").unwrap();
    let codec = ToolCodec::of(&component, &bytes, "echo", echo).unwrap();
    for (size, length) in [("small", 1), ("large", 1_000)] {
        let value = arguments(length);
        let text = value.to_string();
        let guest = codec.read_arguments(value.clone()).unwrap().unwrap();
        assert_eq!(written(&codec, &guest), value);

        let mut group = criterion.benchmark_group(format!("codec/{size}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("guest-to-json", |bench| {
            bench.iter(|| written(&codec, black_box(&guest)))
        });
        group.bench_function("json-to-guest", |bench| {
            bench.iter_batched(
                || value.clone(),
                |value| codec.read_arguments(value).unwrap().unwrap(),
                BatchSize::SmallInput,
            );
        });
        group.bench_function("serde_json-parse", |bench| {
            bench.iter(|| serde_json::from_str::<Value>(black_box(&text)).unwrap());
        });
        group.bench_function("serde_json-write", |bench| {
            bench.iter(|| black_box(&value).to_string())
        });
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
