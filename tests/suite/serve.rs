//! `mcp-host serve` as the client of an agent sees it: lines of JSON-RPC over stdio and requests over HTTP, written by
//! hand, and the clients of other authors.

mod approvals;
mod attachments;
mod audit;
mod authorized;
mod clients;
mod configuration;
mod crowd;
mod direct;
mod ends;
mod golden;
mod http;
mod learned;
mod limits;
mod load;
mod neighbours;
mod offered;
mod page;
mod refusals;
mod runs;
mod sessions;
mod settings;
mod skills;
mod surface;
mod task_extension;
mod tasks;
mod traced;
mod unread;
mod warnings;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use mcp_tests::binary;
use serde_json::{Value, json};

use crate::cli::Host;
pub(crate) use http::Served;

/// A generous bound for one answer, so that a test fails instead of hanging. The first script compiles the engine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The policy under which the scripts of these tests may call the tools that change something.
const ALLOWED: &str =
    "[policy]\nallow = [\"scripted/echo\", \"scripted/sleep\", \"scripted/fail\"]\n";

/// A client of `mcp-host serve`, after the handshake.
struct Session {
    child: Child,
    /// `None`: the client has closed it.
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    last: u64,
    /// The result of `initialize`.
    opened: Value,
}

/// What a tool answered.
#[derive(Debug)]
struct Answer {
    text: String,
    is_error: bool,
}

/// A host with the scripted server, and the policy that lets scripts call its tools.
fn host() -> Host {
    let host = Host::new();
    host.scripted("ok");
    host.settings(ALLOWED);
    host
}

/// The entry of the scripted server.
fn scripted() -> Value {
    json!({ "command": binary("examples/scripted-server"), "args": ["ok"] })
}

/// Writes an `mcp.json` with these servers.
fn configure(host: &Host, servers: &Value) {
    host.file("mcp.json", json!({ "mcpServers": servers }).to_string());
}

impl Session {
    fn open(host: &Host) -> Self {
        Self::with(host, &[])
    }

    /// Starts `serve` with these options, and shakes hands.
    fn with(host: &Host, more: &[&str]) -> Self {
        Self::of(host, more, "2025-11-25", &json!({}))
    }

    /// A client of 2026-07-28, which shakes no hands.
    fn modern(host: &Host) -> Self {
        Self::start(host, &[])
    }

    /// The same as a client of this revision that can do this.
    fn of(host: &Host, more: &[&str], version: &str, capabilities: &Value) -> Self {
        let mut session = Self::start(host, more);
        let hello = json!({
            "protocolVersion": version,
            "capabilities": capabilities,
            "clientInfo": { "name": "test", "version": "1" }
        });
        session.opened = session.request("initialize", &hello)["result"].take();
        session.notify("notifications/initialized", &json!({}));
        session
    }

    fn start(host: &Host, more: &[&str]) -> Self {
        let args = [&["serve"][..], more].concat();
        let mut child = host
            .command(&args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        // A thread, because a read of a pipe has no time limit.
        std::thread::spawn(move || {
            for line in stdout.lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            stdin: child.stdin.take(),
            child,
            lines,
            last: 0,
            opened: Value::Null,
        }
    }

    /// Ends the process as `kill -9` does.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The next message of the server with this method.
    #[track_caller]
    fn wait_for(&mut self, method: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) => line,
                Err(error) => panic!("no `{method}`: {error}"),
            };
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["method"] == method {
                return message;
            }
        }
    }

    fn instructions(&self) -> &str {
        self.opened["instructions"].as_str().unwrap()
    }

    /// Sends a request and gives its id.
    fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.last += 1;
        let id = self.last;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn write(&mut self, message: &Value) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{message}").unwrap();
        stdin.flush().unwrap();
    }

    /// The message that answers this request. Everything else that comes before it is passed over.
    #[track_caller]
    fn wait(&mut self, id: u64) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) => line,
                Err(error) => panic!("no answer to request {id}: {error}"),
            };
            let message: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(message["jsonrpc"], "2.0", "{line}");
            if message["id"].as_u64() == Some(id) {
                return message;
            }
        }
    }

    #[track_caller]
    fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.send(method, params);
        self.wait(id)
    }

    /// Sends a call of a tool and gives its id.
    fn send_call(&mut self, tool: &str, arguments: &Value) -> u64 {
        self.send(
            "tools/call",
            &json!({ "name": tool, "arguments": arguments }),
        )
    }

    #[track_caller]
    fn answer(&mut self, id: u64) -> Answer {
        let message = self.wait(id);
        let result = &message["result"];
        let content = result["content"].as_array();
        let content = content.unwrap_or_else(|| panic!("no result: {message}"));
        // Clients show the model only one of several forms: there is one.
        assert_eq!(content.len(), 1, "{message}");
        assert!(result.get("structuredContent").is_none(), "{message}");
        Answer {
            text: content[0]["text"].as_str().unwrap().to_owned(),
            is_error: result["isError"] == true,
        }
    }

    #[track_caller]
    fn call(&mut self, tool: &str, arguments: &Value) -> Answer {
        let id = self.send_call(tool, arguments);
        self.answer(id)
    }

    #[track_caller]
    fn search(&mut self, query: &str) -> String {
        let answer = self.call("search_tools", &json!({ "query": query }));
        assert!(!answer.is_error, "{answer:?}");
        answer.text
    }

    /// Searches until the answer has this text: servers start beside the session.
    #[track_caller]
    fn search_until(&mut self, query: &str, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.search(query);
            if text.contains(part) {
                return text;
            }
            assert!(Instant::now() < deadline, "no `{part}` in:\n{text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    #[track_caller]
    fn run(&mut self, code: &str) -> Answer {
        self.call("run_script", &json!({ "code": code }))
    }

    /// Runs a script that finishes, and gives its id and what follows the first line.
    #[track_caller]
    fn result(&mut self, code: &str) -> (String, String) {
        let answer = self.run(code);
        assert!(!answer.is_error, "{}", answer.text);
        let (first, rest) = answer.text.split_once('\n').unwrap();
        assert!(first.starts_with("ok  run r_"), "{first}");
        (run_id(first), rest.to_owned())
    }

    /// Closes stdin, and gives the exit code.
    fn close(mut self) -> Option<i32> {
        self.stdin = None;
        ended(&mut self.child)
    }
}

/// A test that fails leaves no process.
impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// Asserts that it is an error with this code and these parts.
    #[track_caller]
    fn fails_with(&self, code: &str, parts: &[&str]) {
        assert!(self.is_error, "{}", self.text);
        let start = format!("error {code}  run r_");
        assert!(self.text.starts_with(&start), "{}", self.text);
        for part in parts {
            assert!(self.text.contains(part), "no `{part}` in:\n{}", self.text);
        }
    }
}

/// The id in the first line of an answer: `r_` and 8 characters.
#[track_caller]
fn run_id(text: &str) -> String {
    let (_, after) = text.split_once("  run ").unwrap();
    let id = after.split_whitespace().next().unwrap();
    assert!(id.starts_with("r_") && id.len() == 10, "{text}");
    id.to_owned()
}

/// Waits for the end of a process, and gives its exit code.
fn ended(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(Instant::now() < deadline, "the process does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn terminate(child: &Child) {
    let kill = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}
