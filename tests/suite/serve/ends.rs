//! Clients that go away and signals that come: what was asked is answered or ended, and no process is left.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{PATIENCE, Session, configure, ended, host, scripted, terminate};
use crate::cli::Host;

const ENDLESS: [&str; 4] = ["--fuel", "999999999999999", "--timeout", "10m"];

fn serve(host: &Host, more: &[&str]) -> Child {
    let mut command = host.command(&[&["serve"][..], more].concat());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a shell pipes into the program: a handshake and one script.
fn piped(code: &str) -> String {
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "printf", "version": "1" }
    });
    let messages = [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": { "name": "run_script", "arguments": { "code": code } } }),
    ];
    messages.map(|message| format!("{message}\n")).concat()
}

#[test]
fn what_came_before_the_end_of_stdin_is_answered() {
    let host = host();
    let mut child = serve(&host, &[]);
    let mut stdin = child.stdin.take().unwrap();
    let slow = "import { sleep } from \"mcp:scripted\";\nexport default await sleep({ ms: 7000 });";
    stdin.write_all(piped(slow).as_bytes()).unwrap();
    drop(stdin);
    let lines: Vec<Value> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    let answer = lines.iter().find(|line| line["id"] == 2).unwrap();
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.ends_with("\n\"slept\""), "{text}");
    assert_eq!(ended(&mut child), Some(0));
}

#[test]
fn a_request_of_a_line_that_is_too_long_gets_an_error_and_the_session_goes_on() {
    let host = host();
    let long = "x".repeat(5 << 20);
    let mut session = Session::open(&host);
    let id = session.send_call(
        "run_script",
        &json!({ "code": "return input;", "input": long }),
    );
    let error = &session.wait(id)["error"];
    assert_eq!(error["code"], -32600, "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("longer than the 4194304 bytes"),
        "{message}"
    );
    assert_eq!(session.result("export default 1;").1, "1");
    // The last line before the end.
    let mut child = serve(&host, &[]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(piped(&long).as_bytes()).unwrap();
    drop(stdin);
    let last = BufReader::new(child.stdout.take().unwrap()).lines().last();
    let last: Value = serde_json::from_str(&last.unwrap().unwrap()).unwrap();
    assert_eq!(
        (&last["id"], &last["error"]["code"]),
        (&json!(2), &json!(-32600))
    );
    assert_eq!(ended(&mut child), Some(0));
}

#[test]
fn a_client_that_reads_no_more_is_not_waited_for() {
    let host = host();
    // The engine is compiled by then, or the time of that would count.
    let mut session = Session::open(&host);
    assert_eq!(session.result("export default 1;").1, "1");
    let mut child = serve(&host, &ENDLESS);
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(piped("while (true) {}").as_bytes())
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    let gone = Instant::now();
    drop((stdin, stdout));
    ended(&mut child);
    assert!(
        gone.elapsed() < Duration::from_secs(20),
        "{:?}",
        gone.elapsed()
    );
}

#[test]
fn a_signal_ends_runs_with_an_answer_and_their_servers_with_them() {
    let host = host();
    let mut session = Session::with(&host, &ENDLESS);
    let code = "import { pid } from \"mcp:scripted\";\nexport default await pid({});";
    host.settings("[policy]\nallow = [\"scripted/pid\"]\n");
    let pid = session.result(code).1;
    let pid = pid.trim_matches('"').to_owned();
    assert!(runs(&pid), "{pid}");
    let endless = session.send_call("run_script", &json!({ "code": "while (true) {}" }));
    std::thread::sleep(Duration::from_millis(500));
    terminate(&session.child);
    let answer = session.answer(endless);
    answer.fails_with("cancelled", &["`mcp-host serve` ends"]);
    assert_eq!(ended(&mut session.child), Some(0));
    assert!(!runs(&pid), "{pid}");
}

#[test]
fn a_signal_is_heard_while_servers_start() {
    let host = Host::new();
    let mute = json!({ "command": scripted()["command"], "args": ["never-answers"] });
    configure(&host, &json!({ "mute": mute }));
    let mut session = Session::open(&host);
    let code = "import { a } from \"mcp:mute\";\nexport default await a({});";
    let waiting = session.send_call("run_script", &json!({ "code": code }));
    std::thread::sleep(Duration::from_millis(500));
    let asked = Instant::now();
    terminate(&session.child);
    session
        .answer(waiting)
        .fails_with("cancelled", &["0 calls made", "`mcp-host serve` ends"]);
    assert_eq!(ended(&mut session.child), Some(0));
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}",
        asked.elapsed()
    );
}

#[test]
fn a_client_hears_of_a_script_whose_servers_start() {
    let host = Host::new();
    let mute = json!({ "command": scripted()["command"], "args": ["never-answers"] });
    configure(&host, &json!({ "mute": mute }));
    let mut session = Session::open(&host);
    let code = "import { a } from \"mcp:mute\";\nexport default await a({});";
    let call = json!({
        "name": "run_script", "arguments": { "code": code }, "_meta": { "progressToken": "t" }
    });
    session.send("tools/call", &call);
    let line = session.lines.recv_timeout(PATIENCE).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(said["method"], "notifications/progress", "{line}");
    assert_eq!(said["params"]["progressToken"], "t", "{line}");
    let message = said["params"]["message"].as_str().unwrap();
    assert_eq!(message, "the servers of the script start (10 s)");
}

/// Whether a process of this id runs.
fn runs(pid: &str) -> bool {
    let status = std::process::Command::new("kill")
        .args(["-0", pid])
        .stderr(Stdio::null())
        .status();
    status.unwrap().success()
}
