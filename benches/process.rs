//! Whole processes, from start to exit: `mcp-host run` of a trivial component without servers, with an empty
//! cache and with a warm one; the same in `bare-run`, which is Wasmtime with its own cache, warm, and nothing around
//! it; and of a skill that makes one typed call to a server of its own, beside the same call from a bare rmcp client
//! (`bare_client.rs`); and of scripts, beside that client and beside one of the official TypeScript SDK
//! (`bare_client.mjs`) where the tests have installed it. `true` is what it costs on this machine to start anything at
//! all. Where the environment variable `WASMTIME` names a `wasmtime` command, an ordinary program runs in both.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_benches::take_turns;
use mcp_tests::{binary, guest, root};
use serde_json::json;

fn process(criterion: &mut Criterion) {
    build_host();
    let home = tempfile::tempdir().unwrap();
    let skill = guest("echo");
    let mut group = criterion.benchmark_group("process");

    // Each fills its cache in turns that are not measured.
    let cache = tempfile::tempdir().unwrap();
    take_turns(
        &mut group,
        10,
        &mut [
            ("true", &mut each(run_true)),
            ("warm", &mut each(|| run_echo(&skill, home.path()))),
            ("bare", &mut each(|| run_bare(&skill, cache.path()))),
        ],
    );
    if let Some(wasmtime) = std::env::var_os("WASMTIME") {
        let program = Program::new(wasmtime.into());
        take_turns(
            &mut group,
            10,
            &mut [
                ("program", &mut each(|| program.in_mcp_host(home.path()))),
                ("wasmtime", &mut each(|| program.in_wasmtime())),
            ],
        );
    }
    let skill_that_calls = guest("typed-call");
    let scripts = Scripts::new(home.path());
    take_turns(
        &mut group,
        10,
        &mut [
            (
                "call",
                &mut each(|| run_call(&skill_that_calls, home.path())),
            ),
            ("call-bare", &mut each(run_bare_call)),
            ("script", &mut each(|| scripts.run_empty())),
            ("script-call", &mut each(|| scripts.run_call())),
        ],
    );
    if let Some(sdk) = typescript_sdk() {
        take_turns(
            &mut group,
            2,
            &mut [("call-typescript", &mut each(|| run_typescript_call(&sdk)))],
        );
    }
    group.sample_size(10);
    group.bench_function("cold", |bencher| {
        bencher.iter_custom(|runs| (0..runs).map(|_| cold(&skill)).sum());
    });
    group.finish();
}

fn each(run: impl Fn()) -> impl Fn(u32) {
    move |runs| (0..runs).for_each(|_| run())
}

fn run_true() {
    assert!(Command::new("true").status().unwrap().success());
}

/// One run with a fresh home directory. Creating and removing the home is not measured.
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

/// A component of `wasi:cli/run`, which the `wasmtime` command runs too.
struct Program {
    wasmtime: PathBuf,
    component: PathBuf,
    /// The input, and Wasmtime's cache.
    dir: tempfile::TempDir,
}

impl Program {
    fn new(wasmtime: PathBuf) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cache = format!("[cache]\ndirectory = {:?}\n", dir.path().join("cache"));
        std::fs::write(dir.path().join("cache.toml"), cache).unwrap();
        std::fs::write(dir.path().join("input"), r#"{"a":1}"#).unwrap();
        let component = guest("command");
        Self {
            wasmtime,
            component,
            dir,
        }
    }

    fn in_mcp_host(&self, home: &Path) {
        let mut command = Command::new(binary("mcp-host"));
        command
            .arg("run")
            .arg(&self.component)
            .args(["--input", r#"{"a":1}"#]);
        Self::ran(command.env_clear().env("HOME", home).stdin(Stdio::null()));
    }

    fn in_wasmtime(&self) {
        let config = self.dir.path().join("cache.toml");
        let input = std::fs::File::open(self.dir.path().join("input")).unwrap();
        let mut command = Command::new(&self.wasmtime);
        command
            .args(["run", "-C", "cache=y", "-C"])
            .arg(format!("cache-config={}", config.display()))
            .arg(&self.component);
        Self::ran(
            command
                .env_clear()
                .env("HOME", self.dir.path())
                .stdin(input),
        );
    }

    fn ran(command: &mut Command) {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(output.stdout, b"{\"args\":[],\"input\":{\"a\":1}}\n");
    }
}

/// The server of both.
const SERVER: &str = env!("CARGO_BIN_EXE_stdio-server");

fn tools() -> PathBuf {
    root().join("tests/guests/fake.tools.json")
}

/// A configuration with the server.
fn config(home: &Path) -> PathBuf {
    let config = home.join("mcp.json");
    if !config.exists() {
        let entry = json!({"command": SERVER, "args": [tools()]});
        let servers = json!({"mcpServers": {"fake": entry}});
        std::fs::write(&config, servers.to_string()).unwrap();
    }
    config
}

fn run_call(skill: &Path, home: &Path) {
    let output = Command::new(binary("mcp-host"))
        .arg("run")
        .arg(skill)
        .args(["--input", "{}", "--config"])
        .arg(config(home))
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"a\n");
}

fn run_bare_call() {
    let output = Command::new(env!("CARGO_BIN_EXE_bare-client"))
        .arg(SERVER)
        .arg(tools())
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"a\n");
}

/// The official SDK, where the tests have installed the servers that use it, and `node` runs.
fn typescript_sdk() -> Option<PathBuf> {
    let sdk = root().join("target/servers/node/node_modules/@modelcontextprotocol/sdk");
    let node = Command::new("node").arg("--version").output();
    (sdk.is_dir() && node.is_ok_and(|output| output.status.success())).then_some(sdk)
}

fn run_typescript_call(sdk: &Path) {
    let output = Command::new("node")
        .arg(root().join("benches/bare_client.mjs"))
        .arg(sdk)
        .arg(SERVER)
        .arg(tools())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"a\n");
}

/// Two scripts: an empty one, and one with the same call as the others.
struct Scripts<'a> {
    home: &'a Path,
    empty: PathBuf,
    call: PathBuf,
}

impl<'a> Scripts<'a> {
    fn new(home: &'a Path) -> Self {
        let call = r#"
            import { wait } from "mcp:fake";
            export default (await wait({ name: "a" })).name;
        "#;
        let file = |name: &str, text: &str| {
            let path = home.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        Self {
            home,
            empty: file("empty.ts", "export default 1;\n"),
            call: file("call.ts", call),
        }
    }

    fn run_empty(&self) {
        self.run(
            Command::new(binary("mcp-host")).arg("run").arg(&self.empty),
            "1\n",
        );
    }

    fn run_call(&self) {
        let mut command = Command::new(binary("mcp-host"));
        let config = config(self.home);
        self.run(
            command
                .arg("run")
                .arg(&self.call)
                .arg("--config")
                .arg(config),
            "a\n",
        );
    }

    fn run(&self, command: &mut Command, result: &str) {
        let output = command
            .env_clear()
            .env("HOME", self.home)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), result);
    }
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
        .args(["build", "--locked", "--release", "-p", "mcp-cli"])
        .current_dir(root())
        .status()
        .unwrap();
    assert!(built.success(), "failed to build `mcp-host`");
}

criterion_group!(benches, process);
criterion_main!(benches);
