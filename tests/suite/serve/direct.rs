//! `serve --direct`: the tools of the servers themselves.

use std::process::Command;
use std::time::Instant;

use mcp_tests::binary;
use serde_json::{Value, json};

use super::http::Served;
use super::{PATIENCE, Session, configure, host, scripted};
use crate::cli::{Host, ran};

fn listed(session: &mut Session) -> Vec<Value> {
    let mut answer = session.request("tools/list", &json!({}));
    let tools = answer["result"]["tools"].take();
    tools
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .clone()
}

/// The entry of a server with these tools, which only read.
fn server_with(host: &Host, file: &str, tools: impl Iterator<Item = String>) -> Value {
    let tools: Vec<_> = tools
        .map(|name| {
            json!({
                "name": name,
                "description": "Looks at it.",
                "inputSchema": { "type": "object", "properties": { "at": { "type": "integer", "minimum": 3 } } },
                "annotations": { "readOnlyHint": true },
            })
        })
        .collect();
    let path = host.file(file, json!({ "tools": tools }).to_string());
    json!({
        "command": binary("examples/scripted-server"),
        "args": ["listed"],
        "env": { "SCRIPTED_TOOLS": path },
    })
}

fn serve(host: &Host, more: &[&str]) -> Command {
    host.command(&[&["serve", "--direct"][..], more].concat())
}

#[test]
fn tools_are_passed_on_with_their_schemas_under_the_name_of_their_server() {
    let host = Host::new();
    let server = server_with(
        &host,
        "tools.json",
        ["look.at", "peek"].map(str::to_owned).into_iter(),
    );
    configure(&host, &json!({ "my server": server }));
    let mut session = Session::with(&host, &["--direct"]);
    let tools = listed(&mut session);
    let names: Vec<_> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["my_server_look_at", "my_server_peek"]);
    assert_eq!(tools[0]["description"], "Looks at it.");
    assert_eq!(tools[0]["inputSchema"]["properties"]["at"]["minimum"], 3);
    let call = json!({ "name": "my_server_peek", "arguments": { "at": 7 } });
    let answer = session.request("tools/call", &call);
    assert_eq!(
        answer["result"]["structuredContent"],
        json!({ "at": 7 }),
        "{answer}"
    );
}

#[test]
fn policy_decides_what_is_listed_and_what_is_called() {
    let host = host();
    let mut session = Session::with(&host, &["--direct"]);
    let tools = listed(&mut session);
    let has = |name: &str| tools.iter().any(|tool| tool["name"] == name);
    assert!(
        has("scripted_echo") && has("scripted_read-die-once"),
        "{tools:?}"
    );
    assert!(!has("scripted_die"), "{tools:?}");
    let denied = session.request(
        "tools/call",
        &json!({ "name": "scripted_die", "arguments": {} }),
    );
    let message = denied["error"]["message"].as_str().unwrap();
    assert!(message.contains("policy does not allow it"), "{message}");
    let call = json!({ "name": "scripted_fail", "arguments": {} });
    let failed = session.request("tools/call", &call);
    assert_eq!(failed["result"]["isError"], true, "{failed}");
    assert_eq!(
        failed["result"]["content"][0]["text"], "the disk is full",
        "{failed}"
    );
}

#[test]
fn a_call_that_takes_too_long_meets_the_limit_of_time() {
    let host = host();
    let mut session = Session::with(&host, &["--direct", "--timeout", "500ms"]);
    let call = json!({ "name": "scripted_sleep", "arguments": { "ms": 20_000 } });
    let answer = session.request("tools/call", &call);
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("error limit_time  "), "{text}");
}

#[test]
fn more_than_40_tools_are_refused_unless_they_are_forced() {
    let host = Host::new();
    let server = server_with(&host, "tools.json", (0..41).map(|at| format!("look{at}")));
    configure(&host, &json!({ "s": server }));
    host.settings("[policy]\ndeny = [\"s/compose\"]\n");
    let output = serve(&host, &[]).output().unwrap();
    ran(&output).fails_with(
        2,
        &[
            "41 tools are more than the 40",
            " tokens (estimated)",
            "--force-direct",
        ],
    );
    let mut session = Session::with(&host, &["--direct", "--force-direct"]);
    assert_eq!(listed(&mut session).len(), 41);
    let forced = host.run(&["serve", "--direct", "--force-direct"]);
    assert!(
        forced
            .stderr
            .contains("direct mode: 41 tools of 1 server, about "),
        "{}",
        forced.stderr
    );
}

#[test]
fn two_tools_of_one_name_are_refused_with_both_named() {
    let host = Host::new();
    let first = server_with(&host, "first.json", std::iter::once("b_c".to_owned()));
    let second = server_with(&host, "second.json", std::iter::once("c".to_owned()));
    configure(&host, &json!({ "a": first, "a_b": second }));
    let output = serve(&host, &[]).output().unwrap();
    ran(&output).fails_with(
        2,
        &["tools `b_c` of server `a` and `c` of server `a_b` would both be `a_b_c`"],
    );
}

#[test]
fn over_http_it_has_its_own_path_beside_the_three_tools() {
    let host = Host::new();
    configure(&host, &json!({ "scripted": scripted() }));
    let plain = Served::start(&host, &[]);
    assert_eq!(plain.post("/mcp/direct", &[]).status, 404);
    let served = Served::start(&host, &["--direct"]);
    assert!(served.hello(&[]).body.contains("Connected: scripted"));
    let hello = served.post("/mcp/direct", &[]);
    assert_eq!(hello.status, 200, "{}", hello.body);
    let id = hello.head.split_once("mcp-session-id: ").unwrap().1;
    let session = format!("Mcp-Session-Id: {}", id.lines().next().unwrap());
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    served.send("/mcp/direct", &[&session], &initialized);
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let body = served.send("/mcp/direct", &[&session], &list).body;
    assert!(
        body.contains("scripted_read-die-once") && !body.contains("run_script"),
        "{body}"
    );
}

#[test]
fn a_tool_that_changed_since_it_was_pinned_is_not_passed_on() {
    let host = Host::new();
    let server = server_with(
        &host,
        "tools.json",
        ["look", "peek"].map(str::to_owned).into_iter(),
    );
    configure(&host, &json!({ "s": server }));
    // The list is kept, so that the next session knows the tool before the server starts.
    let mut session = Session::with(&host, &["--direct"]);
    assert_eq!(listed(&mut session).len(), 2);
    drop(session);
    assert_eq!(host.run(&["server", "pin"]).code, Some(0));
    let path = host.dir.path().join("tools.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = text.replacen("Looks at it.", "Sends it to another server.", 1);
    std::fs::write(&path, changed).unwrap();
    let mut session = Session::with(&host, &["--direct"]);
    let call = |name: &str| json!({ "name": name, "arguments": {} });
    let refused = session.request("tools/call", &call("s_look"));
    let text = refused["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("error import_denied  "), "{text}");
    assert!(
        text.contains("changed since the server was pinned"),
        "{text}"
    );
    let peeked = session.request("tools/call", &call("s_peek"));
    assert!(
        peeked["result"].get("structuredContent").is_some(),
        "{peeked}"
    );
    let names = listed(&mut session);
    assert!(
        names.iter().all(|tool| tool["name"] != "s_look"),
        "{names:?}"
    );
}

/// The next message of the server that has this method.
fn heard(session: &Session, method: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = session.lines.recv_timeout(left);
        let line = line.unwrap_or_else(|error| panic!("no {method}: {error}"));
        let message: Value = serde_json::from_str(&line).unwrap();
        if message["method"] == method {
            return message;
        }
    }
}

#[test]
fn a_client_hears_of_the_tools_of_a_server_that_is_slow_to_start() {
    let host = Host::new();
    let mut slow = server_with(&host, "tools.json", std::iter::once("look".to_owned()));
    let program = slow["command"].take();
    slow["command"] = "sh".into();
    slow["args"] = json!(["-c", "sleep 12; exec \"$0\" listed", program]);
    configure(&host, &json!({ "s": slow }));
    let mut session = Session::with(&host, &["--direct"]);
    let capabilities = &session.opened["capabilities"];
    assert_eq!(capabilities["tools"]["listChanged"], true, "{capabilities}");
    assert!(listed(&mut session).is_empty());
    heard(&session, "notifications/tools/list_changed");
    let names: Vec<_> = listed(&mut session)
        .iter()
        .map(|tool| tool["name"].clone())
        .collect();
    assert_eq!(names, ["s_look"]);
}

#[test]
fn a_client_hears_that_a_tool_works() {
    let host = host();
    let mut session = Session::with(&host, &["--direct"]);
    let call = json!({
        "name": "scripted_sleep", "arguments": { "ms": 15_000 }, "_meta": { "progressToken": 7 },
    });
    let id = session.send("tools/call", &call);
    let progress = heard(&session, "notifications/progress");
    assert_eq!(progress["params"]["progressToken"], 7, "{progress}");
    assert_eq!(progress["params"]["message"], "the tool works (10 s)");
    let answer = session.wait(id);
    assert_eq!(answer["result"]["content"][0]["text"], "slept", "{answer}");
}
