//! `serve --http` under clients that send too much, too slowly or from too many connections, and under those
//! that go away.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Response, Served};
use super::{PATIENCE, ended, host, terminate};

/// A little more than a request may have, in bytes.
const TOO_LONG: usize = (4 << 20) + 1;

const ENDLESS: [&str; 6] = [
    "--fuel",
    "999999999999999",
    "--timeout",
    "10m",
    "--slots",
    "1",
];

fn connect(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(&served.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The head of a request for `/mcp`, with these further lines.
fn head(served: &Served, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n{lines}\r\n",
        served.address
    )
}

/// Sends the head of a request and nothing else, and reads the answer.
fn only_head(served: &Served, lines: &[&str]) -> Response {
    let mut stream = connect(served);
    let head = head(served, lines);
    stream.write_all(head.as_bytes()).unwrap();
    Response::read(&mut stream)
}

pub(super) fn call(code: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {
            "name": "run_script", "arguments": { "code": code },
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" }
            }
        }
    })
}

/// The headers of a request of 2026-07-28.
pub(super) const STATELESS: [&str; 3] = [
    "MCP-Protocol-Version: 2026-07-28",
    "Mcp-Method: tools/call",
    "Mcp-Name: run_script",
];

/// Sends a call and leaves the connection open.
pub(super) fn leave_open(served: &Served, headers: &[&str], message: &Value) -> TcpStream {
    let body = message.to_string();
    let length = format!("Content-Length: {}", body.len());
    let lines = [headers, &[length.as_str()]].concat();
    let mut stream = connect(served);
    let request = head(served, &lines) + &body;
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn session(served: &Served) -> String {
    let hello = served.hello(&[]);
    let id = hello.head.split_once("mcp-session-id: ").unwrap().1;
    let session = format!("Mcp-Session-Id: {}", id.lines().next().unwrap());
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    served.send("/mcp", &[&session], &initialized);
    session
}

#[test]
fn a_body_that_is_too_long_is_refused_before_it_comes() {
    let host = host();
    let served = Served::start(&host, &[]);
    let length = format!("Content-Length: {TOO_LONG}");
    let answer = only_head(&served, &[&length]);
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert!(answer.body.contains("4 MiB"), "{}", answer.body);
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
}

#[test]
fn a_body_without_a_length_is_bounded_as_it_comes() {
    let host = host();
    let served = Served::start(&host, &[]);
    let mut stream = connect(&served);
    let head = head(&served, &["Transfer-Encoding: chunked"]);
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    for _ in 0..5 {
        // The server may have answered, and read no more.
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[test]
fn a_length_that_is_wrong_is_refused() {
    let host = host();
    let served = Served::start(&host, &[]);
    for lengths in [
        &["Content-Length: many"][..],
        &["Content-Length: -1"],
        &["Content-Length: 2", "Content-Length: 3"],
    ] {
        let answer = only_head(&served, lengths);
        assert_eq!(answer.status, 400, "{lengths:?}: {}", answer.body);
    }
    // A body that is shorter than its length, of a client that goes.
    let mut stream = connect(&served);
    let request = head(&served, &["Content-Length: 100"]) + "{}";
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
        "{answer}"
    );
    assert_eq!(served.hello(&[]).status, 200);
}

#[test]
fn headers_that_are_too_long_are_refused() {
    let host = host();
    let served = Served::start(&host, &[]);
    let mut stream = connect(&served);
    let long = format!("X-Long: {}", "x".repeat(256 << 10));
    let head = head(&served, &[&long]);
    // The server may close the connection before all of it was sent, and the OS throws the answer away then.
    let _ = stream.write_all(head.as_bytes());
    let mut answer = [0; 12];
    if stream.read_exact(&mut answer).is_ok() {
        assert_eq!(&answer, b"HTTP/1.1 431");
    }
    assert_eq!(served.hello(&[]).status, 200);
}

#[test]
fn slow_headers_and_idle_connections_are_closed() {
    let host = host();
    let served = Served::start(&host, &[]);
    let idle = connect(&served);
    let mut slow = connect(&served);
    slow.write_all(b"POST /mcp HTTP/1.1\r\nHost: ").unwrap();
    let begun = Instant::now();
    for mut stream in [slow, idle] {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(
            rest.is_empty() || rest.starts_with("HTTP/1.1 408"),
            "{rest}"
        );
    }
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_body_that_does_not_come_is_an_answer() {
    let host = host();
    let served = Served::start(&host, &[]);
    let answer = only_head(&served, &["Content-Length: 100"]);
    assert_eq!(answer.status, 408, "{}", answer.body);
}

#[test]
fn a_connection_too_many_is_told_so_before_it_sends_anything() {
    let host = host();
    let served = Served::start(&host, &["--connections", "1"]);
    let mut held = connect(&served);
    let unfinished = head(&served, &["Content-Length: 10"]);
    held.write_all(unfinished.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let mut stream = connect(&served);
    let asked = Instant::now();
    let answer = Response::read(&mut stream);
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    assert!(answer.body.contains("\"busy\""), "{}", answer.body);
    // The connection that is held lasts longer than that.
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
    drop(held);
}

/// Lists the tools in this session, and gives the status of the answer.
fn list(served: &Served, session: &str) -> u16 {
    let message = json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/list" });
    served.send("/mcp", &[session], &message).status
}

/// A session too many ends an idle one whose client asked nothing.
#[test]
fn sessions_without_end_are_bounded() {
    let host = host();
    // 4 sessions for each connection.
    let served = Served::start(&host, &["--connections", "2"]);
    let used = session(&served);
    assert_eq!(list(&served, &used), 200);
    let idle: Vec<_> = (0..7).map(|_| session(&served)).collect();
    for _ in 0..3 {
        let next = session(&served);
        assert_eq!(list(&served, &next), 200);
    }
    // The client of an ended session begins a new one, as MCP wants it.
    assert_eq!(list(&served, &idle[0]), 404);
    assert_eq!(list(&served, &idle[2]), 404);
    assert_eq!(list(&served, &idle[3]), 200);
    assert_eq!(list(&served, &used), 200);
}

#[test]
fn sessions_with_open_requests_are_bounded_and_none_of_them_ends() {
    let host = host();
    let served = Served::start(&host, &["--connections", "6"]);
    let sessions: Vec<_> = (0..24).map(|_| session(&served)).collect();
    // 4 clients listen on a stream of one session each, and the other connections ask.
    let listening: Vec<_> = sessions[..4]
        .iter()
        .map(|session| listen(&served, session))
        .collect();
    for _ in 0..21 {
        let next = session(&served);
        assert_eq!(list(&served, &next), 200);
    }
    for session in &sessions[..4] {
        assert_eq!(list(&served, session), 200, "{session}");
    }
    drop(listening);
}

/// Opens the stream of a session on which its server speaks of its own accord.
fn listen(served: &Served, session: &str) -> TcpStream {
    let mut stream = connect(served);
    let request = format!(
        "GET /mcp HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n{session}\r\n\r\n",
        served.address
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    stream
}

#[test]
fn a_client_without_a_session_that_goes_away_ends_its_run() {
    let host = host();
    let served = Served::start(&host, &ENDLESS);
    let first = served.send("/mcp", &STATELESS, &call("export default 1;"));
    assert!(first.body.contains("ok  run r_"), "{}", first.body);
    let stream = leave_open(&served, &STATELESS, &call("while (true) {}"));
    std::thread::sleep(Duration::from_millis(500));
    drop(stream);
    let next = served.send("/mcp", &STATELESS, &call("export default 2;"));
    assert!(next.body.contains("ok  run r_"), "{}", next.body);
}

#[test]
fn a_session_whose_client_goes_away_ends_its_runs() {
    let host = host();
    let served = Served::start(&host, &ENDLESS);
    let (one, other) = (session(&served), session(&served));
    let mut message = call("export default 1;");
    message["params"].as_object_mut().unwrap().remove("_meta");
    let first = served.send("/mcp", &[&one], &message);
    assert!(first.body.contains("ok  run r_"), "{}", first.body);
    message["params"]["arguments"]["code"] = "while (true) {}".into();
    let stream = leave_open(&served, &[&one], &message);
    std::thread::sleep(Duration::from_millis(500));
    drop(stream);
    // It waits for the slot: 30 s at most, and the client is gone for good after 10 s.
    message["params"]["arguments"]["code"] = "export default 2;".into();
    let next = served.send("/mcp", &[&other], &message);
    assert!(next.body.contains("ok  run r_"), "{}", next.body);
}

#[test]
fn a_signal_lets_a_request_under_way_end() {
    let host = host();
    let mut served = Served::start(&host, &[]);
    let slow = "import { sleep } from \"mcp:scripted\";\nexport default await sleep({ ms: 3000 });";
    let mut stream = leave_open(&served, &STATELESS, &call(slow));
    std::thread::sleep(Duration::from_millis(1_500));
    terminate(&served.child);
    let answer = Response::read(&mut stream);
    assert!(answer.body.contains("slept"), "{}", answer.body);
    assert_eq!(ended(&mut served.child), Some(0));
}

#[test]
fn a_signal_ends_a_run_that_takes_too_long_with_an_answer() {
    let host = host();
    let mut served = Served::start(&host, &ENDLESS);
    let first = served.send("/mcp", &STATELESS, &call("export default 1;"));
    assert!(first.body.contains("ok  run r_"), "{}", first.body);
    let mut stream = leave_open(&served, &STATELESS, &call("while (true) {}"));
    std::thread::sleep(Duration::from_millis(500));
    terminate(&served.child);
    let answer = Response::read(&mut stream);
    assert!(answer.body.contains("error cancelled"), "{}", answer.body);
    assert!(
        answer.body.contains("`mcp-host serve` ends"),
        "{}",
        answer.body
    );
    assert_eq!(ended(&mut served.child), Some(0));
}
