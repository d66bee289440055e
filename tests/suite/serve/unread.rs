//! Clients that ask and do not read: what waits for them is bounded, and is there when they read again.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mcp_tests::binary;
use serde_json::{Value, json};

use super::http::Served;
use super::limits::{STATELESS, call, leave_open};
use super::{PATIENCE, configure, run_id};
use crate::cli::Host;

const MIB: u64 = 1 << 20;

/// Base64 of an image: 10 MB in an answer, and not more than an answer may attach.
const UNITS: usize = 2_500_000;

/// The most memory, in bytes, of a process that unread answers of 600 MB wait in.
const MOST: u64 = 360 * MIB;

/// A host whose server composes answers.
fn host() -> Host {
    let host = Host::new();
    let tools = host.file("tools.json", r#"{"tools":[]}"#);
    configure(
        &host,
        &json!({ "scripted": {
            "command": binary("examples/scripted-server"),
            "args": ["listed"],
            "env": { "SCRIPTED_TOOLS": tools },
        } }),
    );
    host.settings("[policy]\nallow = [\"scripted/compose\"]\n");
    host
}

/// What the server composes an image of.
fn image() -> Value {
    json!({
        "head": r#"{"content":[{"type":"image","mimeType":"image/png","data":""#,
        "unit": "AAAA", "count": UNITS, "tail": r#""}]}"#,
    })
}

fn script() -> String {
    format!(
        "const got: any = await scripted.compose({});\nexport default got.handle;",
        image()
    )
}

/// A client that reads when it wants to.
struct Lazy {
    child: Child,
    stdout: BufReader<ChildStdout>,
    last: u64,
}

impl Lazy {
    fn open(host: &Host, more: &[&str]) -> Self {
        let mut child = host
            .command(&[&["serve"][..], more].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut client = Self {
            child,
            stdout,
            last: 0,
        };
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": { "name": "lazy", "version": "1" }
        });
        client.send("initialize", &hello);
        client.answer();
        client.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn send(&mut self, method: &str, params: &Value) {
        self.last += 1;
        let id = self.last;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    }

    fn run(&mut self, code: &str) {
        let params = json!({ "name": "run_script", "arguments": { "code": code } });
        self.send("tools/call", &params);
    }

    fn write(&mut self, message: &Value) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{message}").unwrap();
    }

    /// The next answer.
    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// The most memory of the process, once it grows no more.
    fn settled_peak(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let peak = || {
            let status = std::fs::read_to_string(&status).unwrap();
            let line = status.lines().find(|line| line.starts_with("VmHWM:"));
            let kib = line.unwrap().split_whitespace().nth(1).unwrap();
            kib.parse::<u64>().unwrap() << 10
        };
        let deadline = Instant::now() + PATIENCE;
        let (mut last, mut since) = (peak(), Instant::now());
        while since.elapsed() < Duration::from_secs(6) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(100));
            if peak() > last {
                (last, since) = (peak(), Instant::now());
            }
        }
        last
    }
}

impl Drop for Lazy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text of an answer, and how many images stand beside it.
fn parts(answer: &Value) -> (String, usize) {
    let content = answer["result"]["content"].as_array();
    let content = content.unwrap_or_else(|| panic!("{answer}"));
    let text = content[0]["text"].as_str().unwrap_or_default().to_owned();
    let images = content.iter().filter(|block| block["type"] == "image");
    (text, images.count())
}

#[test]
fn images_that_a_client_does_not_read_are_bounded_together() {
    let host = host();
    let mut client = Lazy::open(&host, &[]);
    client.run(&script());
    let (text, images) = parts(&client.answer());
    assert_eq!(images, 1, "{text}");
    let (head, handle) = text.split_once('\n').unwrap();
    run_id(head);
    // 30 bytes each, and 10 MB of answer.
    for _ in 0..60 {
        client.run(&format!("export default {handle};"));
    }
    let peak = client.settled_peak();
    assert!(peak < MOST, "{} MiB", peak / MIB);
    // No answer is lost. Those without room say what they leave out.
    let (mut with, mut without) = (0, 0);
    for _ in 0..60 {
        let (text, images) = parts(&client.answer());
        assert!(text.contains(handle), "{text}");
        with += images;
        without += usize::from(text.contains("\n[not attached: blob:"));
    }
    assert_eq!(with + without, 60);
    assert!(with >= 5 && without >= 5, "{with} and {without}");
    // A client that reads has the bytes again.
    client.run(&format!("export default {handle};"));
    assert_eq!(parts(&client.answer()).1, 1);
}

#[test]
fn answers_of_direct_mode_that_a_client_does_not_read_are_bounded_together() {
    let host = host();
    let mut client = Lazy::open(&host, &["--direct"]);
    for _ in 0..60 {
        let params = json!({ "name": "scripted_compose", "arguments": image() });
        client.send("tools/call", &params);
    }
    let peak = client.settled_peak();
    assert!(peak < MOST, "{} MiB", peak / MIB);
    let mut all = 0;
    for _ in 0..60 {
        let (text, images) = parts(&client.answer());
        // Where the client reads late: a call that waited for a slot, or an answer that waited for room.
        assert!(images == 1 || text.starts_with("error busy  "), "{text}");
        all += images;
    }
    assert!(all >= 5, "{all}");
}

#[test]
fn requests_beyond_a_bound_are_not_read_until_the_client_reads() {
    const ALL: usize = 20_000;
    let host = host();
    let mut client = Lazy::open(&host, &[]);
    let mut stdin = client.child.stdin.take().unwrap();
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    // A thread, because a write into a full pipe waits.
    let writer = std::thread::spawn(move || {
        for id in 2..ALL + 2 {
            let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" });
            writeln!(stdin, "{message}").unwrap();
            counted.fetch_add(1, Ordering::Relaxed);
        }
        stdin
    });
    client.settled_peak();
    let before = sent.load(Ordering::Relaxed);
    // 1,024 wait for their answers, and the pipe has some more.
    assert!((1_000..8_000).contains(&before), "{before}");
    let mut ids: Vec<_> = (0..ALL)
        .map(|_| client.answer()["id"].as_u64().unwrap())
        .collect();
    ids.sort_unstable();
    assert!(ids.iter().copied().eq(2..ALL as u64 + 2));
    drop(writer.join().unwrap());
}

#[test]
fn a_client_over_http_that_reads_nothing_is_cut_off() {
    let host = host();
    let served = Served::start(&host, &[]);
    let mut stream = leave_open(&served, &STATELESS, &call(&script()));
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    // 30 s, and the time of the script.
    std::thread::sleep(Duration::from_secs(45));
    let mut rest = Vec::new();
    // The connection may end with a reset.
    let _ = stream.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "{} bytes", rest.len());
    assert!(rest.len() < 4 * UNITS, "{} bytes", rest.len());
    assert_eq!(served.hello(&[]).status, 200);
}
