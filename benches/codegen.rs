//! From the tools of a server to WIT. `text` starts from the JSON of `tools/list`, `render` from the parsed catalog.
//! `package` is `render` and `wit-parser`'s check of the output, which is what `mcp-codegen wit` does. All of them
//! include dropping the results.
//!
//! The sizes are those that the predecessor of this project published for its generator, with five properties to a
//! tool: 0.19 ms for 10 tools, 0.97 ms for 50, 1.96 ms for 100 and 22.8 ms for 1,000. Its schemas were not published.
//! It started from definitions in memory, so `render` is what compares with it.
//! 10,000 tools show whether the time grows with their number. Real catalogs are measured where they are present.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::fs;
use std::hint::black_box;

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use mcp_codegen::{Catalog, Flavour, Package, package, render};
use serde_json::{Value, json};

fn codegen(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codegen");
    for count in [10, 50, 100, 1_000, 10_000] {
        measure(&mut group, &count.to_string(), &five_properties(count));
    }
    for server in ["google-workspace", "github"] {
        let path = mcp_tests::root().join(format!("../shared/schemas/{server}.tools.json"));
        match fs::read_to_string(&path) {
            Ok(text) => measure(&mut group, server, &text),
            Err(error) => eprintln!("skipped `{}`: {error}", path.display()),
        }
    }
    group.finish();
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, text: &str) {
    let catalog = Catalog::parse(text).unwrap();
    let tools = catalog.tools.len();
    assert!(tools > 0 && catalog.refused.is_empty());
    let complete = |package: Package<'_>| {
        assert_eq!(package.functions.len(), tools);
        black_box(package);
    };
    group.throughput(Throughput::Elements(tools.try_into().unwrap()));
    if tools > 1_000 {
        group.sample_size(20);
    }
    group.bench_function(BenchmarkId::new("text", name), |bencher| {
        bencher.iter(|| {
            let catalog = Catalog::parse(black_box(text)).unwrap();
            complete(render("server", &catalog.tools, |_| true, Flavour::Sync).unwrap());
        });
    });
    group.bench_function(BenchmarkId::new("render", name), |bencher| {
        bencher.iter(|| {
            let tools = black_box(&catalog.tools);
            complete(render("server", tools, |_| true, Flavour::Sync).unwrap());
        });
    });
    group.bench_function(BenchmarkId::new("package", name), |bencher| {
        bencher.iter(|| {
            complete(package("server", black_box(&catalog.tools), Flavour::Sync).unwrap());
        });
    });
}

/// A `tools/list` response with this many tools: a string, an integer, a boolean, a list and an enum each.
fn five_properties(count: usize) -> String {
    let tool = |number: usize| {
        json!({
            "name": format!("search_issues_{number}"),
            "description": "Searches the issues of a repository.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "repository": {"type": "string", "description": "Owner and name."},
                    "perPage": {"type": "integer", "minimum": 1, "maximum": 100, "default": 30},
                    "include_closed": {"type": "boolean", "description": "Closed ones as well."},
                    "labels": {"type": "array", "items": {"type": "string"}},
                    "sort": {"type": "string", "enum": ["created", "updated", "comments"]},
                },
                "required": ["repository"],
            },
        })
    };
    let tools: Vec<Value> = (0..count).map(tool).collect();
    json!({"tools": tools}).to_string()
}

criterion_group!(benches, codegen);
criterion_main!(benches);
