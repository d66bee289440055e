//! The host bounds a server as a whole, not only each message.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{MIB, attack};
use crate::cli::Host;

/// The bound of a server: its longest message, 16 MiB besides, and the memory of the program without it.
const BOUND: u64 = (16 + 16 + 64) * MIB;
const PATIENCE: Duration = Duration::from_secs(60);

/// The scripted server in this mode, with these keys in its entry.
fn scripted(host: &Host, mode: &str, more: Value) {
    let server = mcp_tests::binary("examples/scripted-server");
    let mut entry = json!({"command": server, "args": [mode]});
    entry
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    host.config(&entry);
}

#[test]
fn pages_of_a_list_of_tools_are_bounded_together() {
    let host = Host::new();
    host.scripted("heavy-pages");
    let ran = attack(&host, &["call", "scripted", "tool-0", "{}"], PATIENCE);
    assert!(
        ran.stderr.contains(
            "all pages of its list of tools take more than 32 MiB of memory together: raise \
             `max_message_bytes` in its `limits`"
        ),
        "{}",
        ran.stderr
    );
    assert!(!ran.killed && ran.code != Some(0), "{ran:?}");
    assert!(ran.peak < BOUND, "{} MiB", ran.peak / MIB);
}

#[test]
fn list_that_is_small_at_first_and_heavy_later_is_bounded_too() {
    let host = Host::new();
    let marker = host.dir.path().join("broken");
    scripted(
        &host,
        "changes-to-heavy-pages",
        json!({"env": {"SCRIPTED_BROKEN": marker}, "tool_timeout_sec": 20}),
    );
    // The tool creates the marker and ends its server: the next process lists otherwise.
    attack(&host, &["call", "scripted", "die-again", "{}"], PATIENCE);
    assert!(marker.exists());
    let ran = attack(&host, &["call", "scripted", "echo", "{}"], PATIENCE);
    assert!(
        ran.stderr.contains("all pages of its list of tools"),
        "{}",
        ran.stderr
    );
    assert!(ran.peak < BOUND, "{} MiB", ran.peak / MIB);
}

#[test]
fn long_ids_of_requests_of_a_server_that_reads_nothing_are_not_kept() {
    let host = Host::new();
    scripted(&host, "ok", json!({"tool_timeout_sec": 5}));
    let ran = attack(&host, &["call", "scripted", "long-ids", "{}"], PATIENCE);
    assert!(!ran.killed, "{ran:?}");
    assert!(ran.peak < BOUND, "{} MiB", ran.peak / MIB);
    assert!(ran.wall < Duration::from_secs(15), "{:?}", ran.wall);
    assert!(
        ran.stderr.contains("its id is longer than 256 bytes"),
        "{}",
        ran.stderr
    );
}

#[test]
fn endless_responses_of_status_1xx_end_the_call_and_cost_little() {
    let host = Host::new();
    let address = serve_http(|stream| {
        let early = b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n".repeat(1000);
        while stream.write_all(&early).is_ok() {}
    });
    host.config(&json!({"url": address, "tool_timeout_sec": 6}));
    let ran = attack(&host, &["call", "scripted", "t", "{}"], PATIENCE);
    assert!(
        ran.stderr.contains("more than 32 responses of status 1xx"),
        "{}",
        ran.stderr
    );
    assert!(ran.wall < Duration::from_secs(6), "{:?}", ran.wall);
    assert!(ran.cpu < Duration::from_secs(3), "{:?}", ran.cpu);
    assert!(ran.peak < BOUND, "{} MiB", ran.peak / MIB);
}

#[test]
fn head_that_never_ends_ends_with_the_deadline_of_the_call() {
    let host = Host::new();
    let address = serve_http(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-A: b\r\n").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    });
    host.config(&json!({"url": address, "tool_timeout_sec": 2}));
    let ran = attack(&host, &["call", "scripted", "t", "{}"], PATIENCE);
    assert!(ran.stderr.contains("no answer after 2 s"), "{}", ran.stderr);
    // Two seconds for the call, and two at most for the end of the session.
    assert!(ran.wall < Duration::from_secs(8), "{:?}", ran.wall);
}

/// An MCP server over HTTP whose answer to `tools/call` is written by `answer`, byte for byte.
fn serve_http(answer: fn(&mut TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/mcp", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || converse(stream.unwrap(), answer));
        }
    });
    address
}

fn converse(mut stream: TcpStream, answer: fn(&mut TcpStream)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let length = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, length)| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let message: Value = serde_json::from_slice(&body).unwrap_or_default();
        let result = match message["method"].as_str() {
            Some("initialize") => {
                json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                "serverInfo": {"name": "x", "version": "1"}})
            }
            Some("tools/list") => {
                json!({"tools": [{"name": "t", "inputSchema": {"type": "object"}}]})
            }
            Some("tools/call") => return answer(&mut stream),
            _ => Value::Null,
        };
        let (status, text) = if result.is_null() {
            let status = if message.get("id").is_some() {
                400
            } else {
                202
            };
            (status, String::new())
        } else {
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
            (200, answer.to_string())
        };
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        if stream.write_all((head + &text).as_bytes()).is_err() {
            return;
        }
    }
}
