//! Text from outside is safe wherever it is displayed.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::attack;
use crate::cli::Host;

const PATIENCE: Duration = Duration::from_secs(60);

/// A forged log line, after characters that end a line, and that colour and reorder it.
const FORGED: &str =
    "x\n2026-01-01T00:00:00Z ERROR fake: pwned\u{1b}[31m\r\u{9b}1m\u{202e}\u{2028}\u{200b}";

/// A server of these tools, which first sends `before` as it is called, and answers with `answer`.
pub(super) fn server(host: &Host, tools: &Value, before: &Value, answer: &Value) {
    const SCRIPT: &str = r#"
answer() { printf '{"jsonrpc":"2.0","id":%s,"%s":' "$id" "$1"; cat "$2"; printf '}\n'; }
while IFS= read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    case "$line" in
        *'"method":"initialize"'*) answer result init.json ;;
        *'"method":"tools/list"'*) answer result tools.json ;;
        *'"method":"tools/call"'*) cat before.json; sleep 0.3; answer result answer.json ;;
        *'"method":"server/discover"'*) answer error unknown.json ;;
    esac
done
"#;
    let line = |name: &str, value: &Value| {
        let text = if value.is_null() {
            String::new()
        } else {
            value.to_string()
        };
        host.file(name, text);
    };
    line(
        "init.json",
        &json!({
            "protocolVersion": "2025-06-18", "capabilities": { "tools": {} },
            "serverInfo": { "name": "x", "version": "1" }
        }),
    );
    line("tools.json", &json!({ "tools": tools }));
    line("answer.json", answer);
    line("unknown.json", &json!({ "code": -32601, "message": "no" }));
    host.file(
        "before.json",
        match before {
            Value::Null => String::new(),
            message => format!("{message}\n"),
        },
    );
    host.file("server.sh", SCRIPT);
    host.config(&json!({ "command": "sh", "args": ["server.sh"] }));
}

pub(super) fn tool(name: &str) -> Value {
    json!({ "name": name, "inputSchema": { "type": "object" } })
}

pub(super) fn answer(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

/// A component whose `f` returns this text.
pub(super) fn says(text: &str) -> Vec<u8> {
    let data: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let length = text.len();
    wat::parse_str(format!(
        r#"(component
            (core module $m
                (memory (export "memory") 64)
                (data (i32.const 16) "{data}")
                (func (export "f") (result i32)
                    (i32.store (i32.const 0) (i32.const 16))
                    (i32.store (i32.const 4) (i32.const {length}))
                    (i32.const 0)))
            (core instance $i (instantiate $m))
            (func (export "f") (result string)
                (canon lift (core func $i "f") (memory (core memory $i "memory")))))"#
    ))
    .unwrap()
}

/// The text contains nothing that controls a terminal or hides text, and no line begins as the attacker wants.
#[track_caller]
fn is_safe(shown: &str) {
    let hidden = |c: char| c.is_control() && c != '\n' && c != '\t';
    let reorders = |c: char| matches!(c, '\u{202e}' | '\u{2028}' | '\u{200b}' | '\u{e0041}');
    assert!(
        !shown.contains(|c: char| hidden(c) || reorders(c)),
        "{}",
        shown.escape_debug()
    );
    let forged = |line: &str| line.starts_with("2026-01-01T00:00:00Z ERROR");
    assert!(!shown.lines().any(forged), "{shown}");
}

#[test]
fn a_tool_listed_twice_is_one_line_of_the_log_whatever_its_name() {
    let host = Host::new();
    server(
        &host,
        &json!([tool(FORGED), tool(FORGED)]),
        &Value::Null,
        &answer(""),
    );
    for format in ["text", "json"] {
        for level in [&[][..], &["-v"], &["-vv"]] {
            let args = [
                &["server", "check", "scripted", "--log-format", format],
                level,
            ]
            .concat();
            let ran = attack(&host, &args, PATIENCE);
            assert!(ran.stderr.contains("pwned\\"), "{}", ran.stderr);
            is_safe(&ran.stderr);
            is_safe(&ran.stdout);
        }
    }
}

#[test]
fn what_a_library_logs_of_a_request_is_one_line() {
    let host = Host::new();
    let before = json!({
        "jsonrpc": "2.0", "id": FORGED, "method": "sampling/createMessage",
        "params": { "messages": [], "maxTokens": 1 }
    });
    server(&host, &json!([tool("t")]), &before, &answer("ok"));
    for format in ["text", "json"] {
        for level in [&[][..], &["-v"], &["-vv"]] {
            let args = [
                &["call", "scripted", "t", "{}", "--log-format", format],
                level,
            ]
            .concat();
            let ran = attack(&host, &args, PATIENCE);
            assert_eq!(
                (ran.code, &*ran.stdout),
                (Some(0), "ok\n"),
                "{}",
                ran.stderr
            );
            is_safe(&ran.stderr);
        }
    }
    // In JSON too, a value is safe where a program prints it.
    let args = ["call", "scripted", "t", "{}", "--log-format", "json", "-vv"];
    let ran = attack(&host, &args, PATIENCE);
    let events: Vec<Value> = ran
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!events.is_empty());
    for event in &events {
        let fields = event["fields"].as_object().unwrap();
        fields.values().filter_map(Value::as_str).for_each(is_safe);
        assert!(event["timestamp"].is_string() && event["level"].is_string());
    }
}

#[test]
fn a_long_name_is_cut_where_it_is_logged() {
    let host = Host::new();
    let name = "n".repeat(1 << 20);
    server(
        &host,
        &json!([tool(&name), tool(&name)]),
        &Value::Null,
        &answer(""),
    );
    let ran = attack(&host, &["server", "check", "scripted"], PATIENCE);
    assert!(
        ran.stderr.contains("more bytes)"),
        "{} bytes",
        ran.stderr.len()
    );
    assert!(ran.stderr.len() < 64 << 10, "{} bytes", ran.stderr.len());
}

#[test]
fn an_error_of_a_tool_is_no_other_message_of_the_host() {
    let host = Host::new();
    let mut failed = answer(&format!("{FORGED}\nhint:  pwned\nerror: pwned"));
    failed["isError"] = true.into();
    server(&host, &json!([tool("t")]), &Value::Null, &failed);
    let ran = attack(&host, &["call", "scripted", "t", "{}"], PATIENCE);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    is_safe(&ran.stderr);
    let is_ours = |line: &&str| line.starts_with("error:") || line.starts_with("hint:");
    assert_eq!(
        ran.stderr.lines().filter(is_ours).count(),
        1,
        "{}",
        ran.stderr
    );
    failed["content"][0]["text"] = "e".repeat(4 << 20).into();
    server(&host, &json!([tool("t")]), &Value::Null, &failed);
    let ran = attack(&host, &["call", "scripted", "t", "{}"], PATIENCE);
    assert!(ran.stderr.len() < 64 << 10, "{} bytes", ran.stderr.len());
    assert!(ran.stderr.contains("more bytes)"));
}

#[test]
fn what_a_server_and_a_component_are_called_is_safe_in_every_listing() {
    let host = Host::new();
    let mut hostile = tool(FORGED);
    hostile["description"] = FORGED.into();
    hostile["title"] = FORGED.into();
    server(&host, &json!([hostile]), &Value::Null, &answer(""));
    let name: String = FORGED.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    host.file(
        "named.wasm",
        wat::parse_str(format!("(component $\"{name}\")")).unwrap(),
    );
    for args in [
        &["server", "list"][..],
        &["server", "check"],
        &["server", "inspect", "scripted"],
        &["server", "pin"],
        &["server", "diff", "scripted"],
        &["inspect", "named.wasm"],
        &["call", "scripted", FORGED, "[]"],
        &["run", "no-\u{1b}[31m.wasm"],
        &["run", "--no-\u{1b}[31m"],
    ] {
        let ran = attack(&host, args, PATIENCE);
        is_safe(&ran.stdout);
        is_safe(&ran.stderr);
    }
    let ran = attack(&host, &["inspect", "named.wasm"], PATIENCE);
    assert!(ran.stdout.contains("\\u{1b}[31m"), "{}", ran.stdout);
    let codegen = |args: &[&str]| {
        let output = Command::new(mcp_tests::binary("mcp-codegen"))
            .args(args)
            .current_dir(host.dir.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    for args in [
        &["inspect", "scripted"][..],
        &["wit", "scripted", "-v"],
        &["report", "tools.json"],
        &["wit", "scripted", "--tools", FORGED],
        &["inspect", "\u{1b}[31m"],
    ] {
        codegen(args).iter().for_each(|shown| is_safe(shown));
    }
}

#[test]
fn names_of_tools_forge_no_line_of_the_log_and_few_of_them_are_named() {
    let host = Host::new();
    host.scripted("forged-names");
    let ran = attack(&host, &["server", "check", "scripted"], PATIENCE);
    is_safe(&ran.stderr);
    assert!(ran.stderr.contains("it is listed twice"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("more tools are left out"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.lines().count() < 40, "{}", ran.stderr);
}

#[test]
fn ids_methods_and_errors_of_a_server_forge_no_line_of_the_log() {
    let host = Host::new();
    host.scripted("ok");
    for verbosity in [&[][..], &["-v"], &["-vv"]] {
        let args = [verbosity, &["call", "scripted", "forged-id", "{}"]].concat();
        let ran = attack(&host, &args, PATIENCE);
        assert!(
            ran.stderr.contains("x\\u{a}2026-01-01T00:00:00Z"),
            "{}",
            ran.stderr
        );
        is_safe(&ran.stderr);
    }
}

#[test]
fn flood_of_requests_of_a_server_is_thinned_in_the_log() {
    let host = Host::new();
    host.scripted("ok");
    let ran = attack(
        &host,
        &["call", "scripted", "request-flood", "{}"],
        PATIENCE,
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines = ran.stderr.lines().count();
    let seconds = usize::try_from(ran.wall.as_secs()).unwrap() + 2;
    assert!(lines <= 250 * seconds, "{lines} lines in {:?}", ran.wall);
    assert!(lines < 2500, "{lines} of 3000 are shown");
}
