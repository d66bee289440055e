//! An MCP server whose tools are the array in the file that its first argument names, read again for each
//! `tools/list`. Every call is a line in the file that its second argument names, and is answered with the
//! number of that line, so that a test sees which answer it got.
//!
//! What a call does is in its arguments: `ms` to wait, `fail` for `isError`, `leak` to answer with the
//! environment, `shout` to write it to stderr, `die` to end.
#![allow(clippy::unwrap_used, reason = "a test server may panic")]

use std::env;
use std::fs;
use std::io::{self, BufRead, Write};
use std::process::exit;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

fn main() {
    let args: Vec<String> = env::args().collect();
    let (tools, log) = (&args[1], &args[2]);
    let mut calls = 0;
    for line in io::stdin().lock().lines() {
        let message: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let Some(id) = message.get("id").cloned() else {
            continue;
        };
        let result = match message["method"].as_str().unwrap() {
            "initialize" => json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "file", "version": "1"},
            }),
            "tools/list" => {
                let tools: Value = serde_json::from_slice(&fs::read(tools).unwrap()).unwrap();
                json!({ "tools": tools })
            }
            "tools/call" => {
                calls += 1;
                let params = message["params"].clone();
                let mut log = fs::OpenOptions::new()
                    .append(true)
                    .create(true)
                    .open(log)
                    .unwrap();
                writeln!(log, "{} {}", params["name"], params["arguments"]).unwrap();
                thread::spawn(move || say(&id, &call(&params["arguments"], calls)));
                continue;
            }
            _ => {
                let error = json!({"code": -32601, "message": "no such method"});
                write(&json!({"jsonrpc": "2.0", "id": id, "error": error}));
                continue;
            }
        };
        say(&id, &result);
    }
}

fn call(arguments: &Value, number: u32) -> Value {
    let environment = || env::vars().map(|(name, value)| format!("{name}={value} "));
    if arguments["shout"].as_bool() == Some(true) {
        eprintln!("{}", environment().collect::<String>());
    }
    if arguments["die"].as_bool() == Some(true) {
        thread::sleep(Duration::from_millis(20));
        exit(3);
    }
    thread::sleep(Duration::from_millis(arguments["ms"].as_u64().unwrap_or(0)));
    let text = match arguments["leak"].as_bool() {
        Some(true) => environment().collect(),
        _ => format!("answer {number}"),
    };
    json!({
        "content": [{"type": "text", "text": text}],
        "isError": arguments["fail"].as_bool().unwrap_or(false),
    })
}

fn say(id: &Value, result: &Value) {
    write(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
}

/// Answers come from several threads, and a line is written as one.
fn write(message: &Value) {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{message}").unwrap();
    stdout.flush().unwrap();
}
