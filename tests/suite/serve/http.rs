//! `serve --http`: who may ask, and what the others read. Requests are written by hand, so that every header
//! can be wrong.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{PATIENCE, ended, host, terminate};
use crate::cli::{Host, ran};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A process that serves over HTTP.
pub(crate) struct Served {
    pub(super) child: Child,
    /// Kept open: a process that writes into a closed pipe fails.
    _stderr: BufReader<ChildStderr>,
    /// `127.0.0.1:PORT`
    pub(super) address: String,
}

pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Served {
    pub(crate) fn start(host: &Host, more: &[&str]) -> Self {
        Self::at(host, "127.0.0.1:0", more)
    }

    /// The same on this address.
    pub(super) fn at(host: &Host, address: &str, more: &[&str]) -> Self {
        let args = [&["serve", "--http", address][..], more].concat();
        let mut child = host
            .command(&args)
            .env_remove("MCP_HOST_TOKEN")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended");
            let url = line.trim().strip_prefix("serving on http://");
            if let Some(address) = url.and_then(|url| url.strip_suffix("/mcp")) {
                break address.to_owned();
            }
        };
        Self {
            child,
            _stderr: stderr,
            address,
        }
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Asks for a handshake with these further headers.
    pub(super) fn hello(&self, headers: &[&str]) -> Response {
        self.post("/mcp", headers)
    }

    pub(super) fn post(&self, path: &str, headers: &[&str]) -> Response {
        let hello = json!({
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" }
            }
        });
        self.send(path, headers, &hello)
    }

    pub(super) fn send(&self, path: &str, headers: &[&str], message: &Value) -> Response {
        let accept = "Accept: application/json, text/event-stream";
        let headers = [headers, &[accept]].concat();
        self.request("POST", path, &headers, &message.to_string())
    }

    pub(super) fn get(&self, path: &str, headers: &[&str]) -> Response {
        self.request("GET", path, headers, "")
    }

    pub(super) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &str,
    ) -> Response {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n",
            body.len()
        );
        if !headers.iter().any(|header| header.starts_with("Host:")) {
            request.push_str(&format!("Host: {}\r\n", self.address));
        }
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        request.push_str(body);
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        Response::read(&mut stream)
    }
}

impl Response {
    /// The response that comes on this connection until the server closes it.
    pub(super) fn read(stream: &mut TcpStream) -> Self {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            status,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_client_of_this_machine_needs_no_token() {
    let host = host();
    let served = Served::start(&host, &[]);
    let answer = served.hello(&[]);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("mcp-session-id: "), "{}", answer.head);
    assert!(
        answer.body.contains("Connected: scripted"),
        "{}",
        answer.body
    );
}

#[test]
fn with_a_token_no_request_goes_without_it() {
    let host = host();
    host.file("token", format!("{TOKEN}\n"));
    let served = Served::start(&host, &["--token-file", "token"]);
    let right = format!("Authorization: Bearer {TOKEN}");
    assert_eq!(served.hello(&[&right]).status, 200);
    let basic = format!("Authorization: Basic {TOKEN}");
    let longer = format!("{right}0");
    let wrong: [&[&str]; 5] = [
        &[],
        &["Authorization: Bearer wrong"],
        &["Authorization: Bearer "],
        &[&basic],
        &[&longer],
    ];
    for headers in wrong {
        let answer = served.hello(headers);
        assert_eq!(answer.status, 401, "{headers:?}: {}", answer.body);
        assert!(
            answer.head.contains("www-authenticate: bearer"),
            "{}",
            answer.head
        );
        assert!(!answer.body.contains("scripted"), "{}", answer.body);
    }
    // Nor does the answer say which paths there are.
    assert_eq!(served.post("/other", &[]).status, 401);
}

#[test]
fn pages_of_other_origins_are_refused() {
    let host = host();
    let served = Served::start(&host, &["--allow-origin", "https://app.example.com:443"]);
    for origin in [
        "https://evil.example",
        "http://localhost:3000",
        "null",
        "https://app.example.com.evil.example",
    ] {
        let answer = served.hello(&[&format!("Origin: {origin}")]);
        assert_eq!(answer.status, 403, "{origin}: {}", answer.body);
    }
    let allowed = served.hello(&["Origin: https://app.example.com"]);
    assert_eq!(allowed.status, 200, "{}", allowed.body);
}

#[test]
fn the_address_of_the_server_itself_is_an_origin_that_may_ask() {
    let host = host();
    let served = Served::start(&host, &[]);
    let (_, port) = served.address.split_once(':').unwrap();
    for name in ["localhost", "127.0.0.1", "[::1]"] {
        let answer = served.hello(&[&format!("Origin: http://{name}:{port}")]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    }
    // A name that was bound to this machine is another origin.
    let answer = served.hello(&[&format!("Origin: http://evil.example:{port}")]);
    assert_eq!(answer.status, 403, "{}", answer.body);
}

#[test]
fn names_of_other_machines_are_refused() {
    let host = host();
    let served = Served::start(&host, &[]);
    // A page whose name was bound to this machine sends its own name.
    let answer = served.hello(&["Host: evil.example"]);
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(served.hello(&["Host: localhost"]).status, 200);
}

#[test]
fn other_paths_are_not_found() {
    let host = host();
    let served = Served::start(&host, &[]);
    for path in ["/", "/other", "/mcp/", "/MCP"] {
        let answer = served.post(path, &[]);
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(answer.body.contains("`/mcp`"), "{path}: {}", answer.body);
    }
}

#[test]
fn an_address_for_others_needs_a_token() {
    let host = host();
    let output = host
        .command(&["serve", "--http", "0.0.0.0:0"])
        .env_remove("MCP_HOST_TOKEN")
        .output()
        .unwrap();
    ran(&output).fails_with(2, &["every request needs a token", "--token-file"]);
    host.file("token", "short");
    let args = ["serve", "--http", "0.0.0.0:0", "--token-file", "token"];
    host.run(&args)
        .fails_with(2, &["the token has fewer than 16 characters"]);
}

#[test]
fn a_client_that_listens_does_not_delay_the_end() {
    let host = host();
    let mut served = Served::start(&host, &[]);
    let hello = served.hello(&[]);
    let id = hello.head.split_once("mcp-session-id: ").unwrap().1;
    let id = id.lines().next().unwrap();
    let mut stream = TcpStream::connect(&served.address).unwrap();
    let listen = format!(
        "GET /mcp HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\nMcp-Session-Id: {id}\r\n\r\n",
        served.address
    );
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(listen.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(first, *b"HTTP/1.1 200");
    let asked = Instant::now();
    terminate(&served.child);
    assert_eq!(ended(&mut served.child), Some(0));
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
}

#[test]
fn a_session_does_not_see_the_results_of_another() {
    let host = host();
    let served = Served::start(&host, &[]);
    let run = |code: &str| {
        let hello = served.hello(&[]);
        let id = hello.head.split_once("mcp-session-id: ").unwrap().1;
        let session = format!("Mcp-Session-Id: {}", id.lines().next().unwrap());
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        served.send("/mcp", &[&session], &initialized);
        let call = json!({
            "jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": { "name": "run_script", "arguments": { "code": code } }
        });
        served.send("/mcp", &[&session], &call).body
    };
    let body = run("export default 'a secret of one session';");
    assert!(body.contains("a secret of one session"), "{body}");
    let (_, after) = body.split_once("run r_").unwrap();
    let id = after.split(' ').next().unwrap();
    let body = run(&format!("import r from 'run:r_{id}';\nexport default r;"));
    assert!(body.contains("error run_not_found"), "{body}");
}

#[test]
fn a_signal_ends_it() {
    let host = host();
    let mut served = Served::start(&host, &[]);
    assert_eq!(served.hello(&[]).status, 200);
    // The connection is closed: nothing has to be waited for.
    std::thread::sleep(Duration::from_millis(100));
    terminate(&served.child);
    assert_eq!(ended(&mut served.child), Some(0));
}
