//! An MCP server that behaves, or misbehaves, as its first argument says. Plain lines of JSON on
//! std, so that it can do what no MCP library would let it do.
#![allow(clippy::unwrap_used, reason = "a test server may panic")]

use std::env;
use std::io::{self, BufRead, Write};
use std::process::{Command, exit};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

mod composed;
mod hostile;
mod questions;

const FOREVER: Duration = Duration::from_secs(3600);

fn main() {
    let mode = env::args().nth(1).unwrap_or_default();
    match mode.as_str() {
        "exit-at-start" => {
            (1..=30).for_each(|line| eprintln!("line {line}"));
            eprintln!("\u{1b}[31mno API key\u{202e} given");
            exit(3);
        }
        "never-answers" => {
            eprintln!("thinking");
            thread::sleep(FOREVER);
        }
        "exits-with-escapee" => {
            eprintln!("bye");
            spawn_escapee();
            exit(0);
        }
        "noise" => say("Starting up..."),
        "marked" | "modern-marked" => io::stdout().write_all("\u{feff}".as_bytes()).unwrap(),
        "grandchild" | "stubborn" => {
            write_pids(&[Command::new("sleep").arg("3600").spawn().unwrap().id()]);
        }
        "escapee" => spawn_escapee(),
        _ => {}
    }
    for line in io::stdin().lock().lines() {
        let message: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if message.get("method").is_none() {
            questions::answered(&message);
            continue;
        }
        note(&message);
        if mode == "logs" {
            say(&json!({"level": 30, "id": 7, "req": message, "msg": "request"}).to_string());
        }
        if let Some(answer) = answer(&mode, &message) {
            say(&answer.to_string());
            if mode == "twice" {
                say(&answer.to_string());
            }
        }
    }
    // Stays although its stdin is closed.
    if mode == "stubborn" {
        thread::sleep(FOREVER);
    }
}

/// Writes down what came.
fn note(message: &Value) {
    let Some(log) = env::var_os("SCRIPTED_LOG") else {
        return;
    };
    let mut log = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(log)
        .unwrap();
    writeln!(log, "{message}").unwrap();
}

/// Writes down that it ends now.
fn stamp() {
    if let Some(file) = env::var_os("SCRIPTED_DIED") {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        std::fs::write(file, now.as_micros().to_string()).unwrap();
    }
}

/// Starts a process that keeps the pipes open for a while and, in a group of its own, is not found.
fn spawn_escapee() {
    let pid = Command::new("setsid")
        .args(["sleep", "3"])
        .spawn()
        .unwrap()
        .id();
    // The group is the third field after the name.
    let group = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        fields.split(' ').nth(2).unwrap().to_owned()
    };
    while group() != pid.to_string() {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Answers may come from several threads, and a line is written as one.
fn say(line: &str) {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}").unwrap();
    stdout.flush().unwrap();
}

fn write_pids(others: &[u32]) {
    let pids: Vec<u32> = others.iter().copied().chain([std::process::id()]).collect();
    std::fs::write(
        env::var_os("SCRIPTED_PIDS").unwrap(),
        json!(pids).to_string(),
    )
    .unwrap();
}

// Long: one arm for each method and mode.
fn answer(mode: &str, message: &Value) -> Option<Value> {
    let id = message.get("id")?.clone();
    let result = |result: Value| Some(json!({"jsonrpc": "2.0", "id": id, "result": result}));
    let error = |code: i64, text: &str| {
        Some(json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}}))
    };
    match (message["method"].as_str().unwrap(), mode) {
        ("server/discover", "strict") => {
            eprintln!("expected initialize");
            exit(1)
        }
        ("server/discover", "silent" | "modern-late") => None,
        ("initialize", "modern-late") => {
            // It was busy until now, and answers in order.
            thread::sleep(Duration::from_millis(100));
            say(
                &json!({"jsonrpc": "2.0", "id": 2_000_000_000, "result": discovered()}).to_string(),
            );
            error(-32601, "no such method: initialize")
        }
        ("initialize", "opens-oddly") => {
            let opening = env::args().nth(2).unwrap();
            result(serde_json::from_str(&opening).unwrap())
        }
        ("initialize", "modern" | "modern-marked" | "changes-modern" | "refuses") => {
            error(-32601, "no such method: initialize")
        }
        ("initialize", _) => result(json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "scripted", "version": "1"},
        })),
        ("server/discover", "modern" | "modern-marked" | "changes-modern") => result(discovered()),
        ("subscriptions/listen", "changes-modern") => {
            let meta = json!({"io.modelcontextprotocol/subscriptionId": id});
            let notice = |method: &str, more: Value| {
                let mut params = json!({"_meta": meta});
                params
                    .as_object_mut()
                    .unwrap()
                    .extend(more.as_object().unwrap().clone());
                say(&json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string());
            };
            let filter = json!({"notifications": {"toolsListChanged": true}});
            notice("notifications/subscriptions/acknowledged", filter);
            thread::sleep(Duration::from_millis(1500));
            std::fs::write(env::var_os("SCRIPTED_BROKEN").unwrap(), "").unwrap();
            notice("notifications/tools/list_changed", json!({}));
            None
        }
        ("server/discover", "future") => Some(json!({"jsonrpc": "2.0", "id": id, "error": {
            "code": -32022,
            "message": "unsupported protocol version",
            "data": {"supported": ["2030-01-01"], "requested": "2026-07-28"},
        }})),
        ("tools/list", mode) if hostile::lists(mode) => {
            hostile::list(mode, &message["params"]["cursor"], &id)
        }
        ("tools/list", "listed") => result(composed::list()),
        ("tools/list", "no-tools") => error(-32601, "no such method: tools/list"),
        ("tools/list", "cyclic") => result(json!({"tools": [tool("one")], "nextCursor": "again"})),
        ("tools/list", "refused-page") => match message["params"]["cursor"].as_str() {
            None => result(json!({"tools": [tool("one")], "nextCursor": "2"})),
            Some(_) => error(-32602, "bad cursor"),
        },
        ("tools/list", "bare-list") => result(json!([tool("one")])),
        ("tools/list", "text-list") => result(json!("one")),
        ("tools/list", "surrogates") => {
            let mut odd = tool("odd");
            odd["description"] = "cut HALF".into();
            let page = result(json!({"tools": [odd, tool("bad HALF"), tool("plain")]}));
            say(&page.unwrap().to_string().replace("HALF", r"\ud83d"));
            None
        }
        ("tools/list", "endless-pages") => {
            let page = message["params"]["cursor"].as_str().unwrap_or_default();
            result(json!({"tools": [], "nextCursor": format!("{page}+")}))
        }
        ("tools/list", "pages") => match message["params"]["cursor"].as_str() {
            None => result(json!({"tools": [tool("one"), tool("two")], "nextCursor": "2"})),
            Some(_) => result(json!({"tools": [tool("two"), tool("three")]})),
        },
        ("tools/list", "bad-tool") => {
            let odd = json!({"name": "odd", "inputSchema": "none", "title": 1});
            result(json!({"tools": [tool("good"), {"name": "bad", "inputSchema": false}, odd, 1]}))
        }
        ("tools/list", _) => {
            let names = [
                "echo",
                "sleep",
                "die",
                "fail",
                "large",
                "deep",
                "strange",
                "refuse",
                "broken",
                "environment",
                "directory",
                "pid",
                "quit-output",
            ];
            let names = names.iter().chain(&hostile::TOOLS).chain(&questions::TOOLS);
            let tools: Vec<Value> = names.map(|name| tool(name)).collect();
            result(json!({"tools": tools}))
        }
        ("tools/call", "listed") => {
            composed::call(message, &id);
            None
        }
        ("tools/call", _) => call(message, &id),
        ("tasks/get" | "tasks/update" | "tasks/cancel", _) => questions::task(message, &id),
        (method, _) => error(-32601, &format!("no such method: {method}")),
    }
}

fn discovered() -> Value {
    json!({
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {"listChanged": true}},
        "serverInfo": {"name": "scripted", "version": "1"},
        "ttlMs": 0,
        "cacheScope": "private",
    })
}

fn tool(name: &str) -> Value {
    let reads = name.starts_with("read");
    json!({"name": name, "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": reads}})
}

fn call(message: &Value, id: &Value) -> Option<Value> {
    let id = id.clone();
    let result = |result: Value| Some(json!({"jsonrpc": "2.0", "id": id, "result": result}));
    let text = |text: &str| json!({"content": [{"type": "text", "text": text}]});
    let error = |code: i64, text: &str| {
        Some(json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}}))
    };
    match message["params"]["name"].as_str().unwrap() {
        "echo" => result(text(&message["params"]["arguments"].to_string())),
        "sleep" => {
            let milliseconds = message["params"]["arguments"]["ms"].as_u64().unwrap();
            let answer = result(text("slept"))?;
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(milliseconds));
                say(&answer.to_string());
            });
            None
        }
        "die" => {
            eprintln!("out of luck");
            stamp();
            exit(7)
        }
        "fail" => {
            let mut answer = text("the disk is full");
            answer["isError"] = json!(true);
            result(answer)
        }
        "large" => result(text(&"x".repeat(20 * 1024 * 1024))),
        "deep" => {
            let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
            say(&format!(
                r#"{{"id":{id},"jsonrpc":"2.0","result":{{"structuredContent":{open}{close}}}}}"#
            ));
            None
        }
        "strange" => result(json!({"tools": []})),
        "refuse" => error(-32602, "`city` is missing"),
        "broken" => error(-32603, "internal error"),
        "environment" => {
            let mut names: Vec<String> = env::vars().map(|(name, _)| name).collect();
            names.sort();
            result(json!({"content": [], "structuredContent": names}))
        }
        "directory" => result(text(&env::current_dir().unwrap().display().to_string())),
        "pid" => result(text(&std::process::id().to_string())),
        "quit-output" => {
            // Leaves by a signal, without a word.
            Command::new("kill")
                .args(["-9", &std::process::id().to_string()])
                .status()
                .unwrap();
            None
        }
        name if hostile::TOOLS.contains(&name) => hostile::call(name, message, &id),
        name if questions::TOOLS.contains(&name) => questions::call(name, message, &id),
        _ => error(-32602, "unknown tool"),
    }
}
