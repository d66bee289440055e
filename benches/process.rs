//! Whole processes, from start to exit: `mcp-host run` of a trivial component without servers, with an empty
//! cache and with a warm one; the same in `bare-run`, which is Wasmtime with its own cache, warm, and nothing around
//! it. `true` is what it costs on this machine to start anything at all.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_tests::{binary, guest, root};

fn process(criterion: &mut Criterion) {
    build_host();
    let home = tempfile::tempdir().unwrap();
    let skill = guest("echo");
    let mut group = criterion.benchmark_group("process");

    group.bench_function("true", |bencher| {
        bencher.iter(|| assert!(Command::new("true").status().unwrap().success()));
    });
    run_echo(&skill, home.path());
    group.bench_function("warm", |bencher| {
        bencher.iter(|| run_echo(&skill, home.path()));
    });
    let cache = tempfile::tempdir().unwrap();
    run_bare(&skill, cache.path());
    group.bench_function("bare", |bencher| {
        bencher.iter(|| run_bare(&skill, cache.path()));
    });
    group.sample_size(10);
    group.bench_function("cold", |bencher| {
        bencher.iter_custom(|runs| (0..runs).map(|_| cold(&skill)).sum());
    });
    group.finish();
}

/// One run in a home that nothing has run in. Making and removing the home is not measured.
fn cold(skill: &Path) -> Duration {
    let home = tempfile::tempdir().unwrap();
    let start = Instant::now();
    run_echo(skill, home.path());
    start.elapsed()
}

fn run_bare(skill: &Path, cache: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_bare-run"))
        .arg(skill)
        .arg(r#"{"a":1}"#)
        .arg(cache)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"{\"a\":1}\n");
}

fn run_echo(skill: &Path, home: &Path) {
    let output = Command::new(binary("mcp-host"))
        .arg("run")
        .arg(skill)
        .args(["--input", r#"{"a":1}"#])
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"{\"a\":1}\n");
}

/// `cargo bench -p mcp-benches` builds no other package's binaries.
fn build_host() {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--release", "-p", "mcp-host"])
        .current_dir(root())
        .status()
        .unwrap();
    assert!(built.success(), "failed to build `mcp-host`");
}

criterion_group!(benches, process);
criterion_main!(benches);
