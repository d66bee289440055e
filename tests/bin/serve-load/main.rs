//! Loads `mcp-host serve --http` with many clients at once, and says whether an answer went to another client, an idle
//! client was cut off, or memory grew.
//!
//! ```text
//! cargo build --release -p mcp-cli -p mcp-bridge --example scripted-server --bin mcp-host
//! ulimit -n 20000; cargo run --release -p mcp-tests --bin serve-load -- 64 10000 10000
//! ```
//!
//! All clients count their requests from 1, so that every id is in use many times at once. Half of them have a session
//! of 2025-11-25, half send requests of 2026-07-28. An idle client has a session and listens to its stream of events.
//! Exit code 1 if something went wrong.
#![allow(clippy::unwrap_used, reason = "a test program may panic")]

mod client;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, Era, Idle};

/// Growth of resident memory that is noise of the allocator: a twentieth, and this.
const NOISE: u64 = 8 << 20;

/// Connections beyond those of the idle clients.
const ROOM: usize = 256;

fn main() -> ExitCode {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok())
        .collect();
    let [clients, requests, idle] = numbers[..] else {
        eprintln!("usage: serve-load CLIENTS REQUESTS IDLE");
        return ExitCode::from(2);
    };
    let files = open_files();
    if files < idle + ROOM {
        eprintln!(
            "{idle} idle clients need {} open files, and {files} are allowed: `ulimit -n`",
            idle + ROOM
        );
        return ExitCode::from(2);
    }
    let served = Served::start(idle + ROOM);
    // The first script loads the engine, and the first call starts the server.
    asked(&served, clients, (requests / 10).max(clients));
    let warm = served.memory();
    let start = Instant::now();
    let misrouted = asked(&served, clients, requests);
    let took = start.elapsed();
    let end = served.memory();
    let rate = f64::from(u32::try_from(requests).unwrap()) / took.as_secs_f64();
    eprintln!(
        "{requests} requests of {clients} clients in {:.1} s, {rate:.0} per second",
        took.as_secs_f64()
    );
    eprintln!("misrouted: {misrouted}");
    let grew = end > warm + warm / 20 + NOISE;
    let verdict = if grew { ", it grew" } else { "" };
    eprintln!(
        "memory: {} KiB warm, {} KiB at the end{verdict}",
        warm >> 10,
        end >> 10
    );
    let lost = idle_clients(&served, idle, end);
    ExitCode::from(u8::from(misrouted > 0 || grew || lost > 0))
}

/// Sends that many requests, spread over the clients, and counts the answers that are not of their request.
fn asked(served: &Served, clients: usize, requests: usize) -> usize {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..clients)
            .map(|number| {
                let mine = requests / clients + usize::from(number < requests % clients);
                scope.spawn(move || ask(served, number, mine))
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum()
    })
}

fn ask(served: &Served, number: usize, requests: usize) -> usize {
    let era = if number.is_multiple_of(2) {
        Era::Session
    } else {
        Era::Stateless
    };
    let mut client = Client::open(&served.address, era);
    let mut misrouted = 0;
    for id in 1..=requests {
        let mark = format!("client {number}, request {id}");
        let code = "import { input } from \"mcp-host\";\nimport { echo } from \"mcp:scripted\";\n\
            export default await echo({ mark: input.mark });";
        let arguments = json!({ "code": code, "input": { "mark": mark } });
        let answer = client.call(id, "run_script", &arguments);
        let text = answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_default();
        // The tool answers with the text of its arguments, which the result quotes.
        let is_mine = answer["id"] == id && text.contains(&format!("{mark}\\\""));
        if !is_mine {
            misrouted += 1;
            eprintln!("request {id} of client {number} got: {answer}");
        }
    }
    client.close();
    misrouted
}

/// Lets that many clients listen, asks beside them, and counts those that were cut off.
fn idle_clients(served: &Served, count: usize, before: u64) -> usize {
    let start = Instant::now();
    let mut idle: Vec<Idle> = (0..count)
        .map(|_| Client::open(&served.address, Era::Session).listen())
        .collect();
    let took = start.elapsed().as_secs_f64();
    let with = served.memory();
    // Longer than a connection may take for its headers.
    std::thread::sleep(Duration::from_secs(11));
    let misrouted = asked(served, 4, 40);
    let kept = idle.iter_mut().map(Idle::is_open);
    let lost = kept.filter(|is_open| !is_open).count();
    let each = with.saturating_sub(before) / u64::try_from(count.max(1)).unwrap();
    eprintln!(
        "{count} idle clients after {took:.1} s: {} KiB, {each} bytes each; cut off: {lost}",
        with >> 10
    );
    lost + misrouted
}

/// `mcp-host serve --http`, with one server behind it.
struct Served {
    child: Child,
    address: String,
    _home: tempfile::TempDir,
}

impl Served {
    fn start(connections: usize) -> Self {
        let home = tempfile::tempdir().unwrap();
        let server = json!({ "command": beside("examples/scripted-server"), "args": ["ok"] });
        let config = json!({ "mcpServers": { "scripted": server } });
        let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
        write("mcp.json", &config.to_string());
        write("mcp-host.toml", "[policy]\nallow = [\"scripted/echo\"]\n");
        let mut child = Command::new(beside("mcp-host"))
            .args([
                "serve",
                "--settings",
                "mcp-host.toml",
                "--http",
                "127.0.0.1:0",
                "--connections",
            ])
            .arg(connections.to_string())
            .current_dir(home.path())
            .env_remove("MCP_HOST_TOKEN")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let url = line.strip_prefix("serving on http://")?;
            Some(url.strip_suffix("/mcp")?.to_owned())
        });
        // A process that writes into a full or a closed pipe waits, or fails.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            address: address.unwrap(),
            _home: home,
        }
    }

    /// Resident memory, in bytes.
    fn memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 = line
            .unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap();
        kib << 10
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that cargo puts beside this one.
fn beside(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().map(Path::new).unwrap().join(name);
    assert!(path.exists(), "`{}` is not built", path.display());
    path
}

/// How many files this process may have open, and the server, too.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next());
    soft.and_then(|soft| soft.parse().ok())
        .unwrap_or(usize::MAX)
}

/// A message of JSON-RPC.
fn request(id: usize, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}
