//! The tools of a server are bounded together: the code generated from them, and `/mcp-tools`.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use mcp_tests::{Measured, binary, guest, measured};
use serde_json::{Map, Value, json};

use super::{MIB, attack};
use crate::cli::Host;

const PATIENCE: Duration = Duration::from_secs(100);
/// An unoptimised build takes a second or two.
const PROCESSOR: Duration = Duration::from_secs(12);
/// The memory of `mcp-codegen` for any list of two megabytes.
const GENERATOR: u64 = 128 * MIB;
/// The memory of `mcp-host` for one: its engine, the list as read, and what is made from it.
const HOST: u64 = 192 * MIB;

/// The name of a schema, and a function that makes it.
type Named = (&'static str, fn() -> Value);

/// Schemas of some kilobytes whose definitions use each other again and again: each has ten thousand parts.
const SCHEMAS: [Named; 5] = [
    ("tuples", || {
        chain(|next| json!({"type": "array", "prefixItems": [next, next, next]}))
    }),
    ("records", || {
        chain(|next| json!({"type": "object", "properties": {"a": next, "b": next, "c": next}}))
    }),
    ("maps", || {
        chain(
            |next| json!({"type": "object", "properties": {"a": next, "b": next}, "additionalProperties": next}),
        )
    }),
    ("alternatives", || {
        let arm = |key: &str, next: &Value| json!({"type": "object", "properties": {key: next}, "required": [key]});
        chain(|next| json!({"anyOf": [arm("a", &next), arm("b", &next)]}))
    }),
    ("definitions that use all others", || {
        let uses: Map<String, Value> = (0..10)
            .map(|at| (format!("p{at}"), json!({"$ref": format!("#/$defs/d{at}")})))
            .collect();
        let defs: Map<String, Value> = (0..10)
            .map(|at| {
                (
                    format!("d{at}"),
                    json!({"type": "object", "properties": uses}),
                )
            })
            .collect();
        using(defs)
    }),
];

fn chain(level: impl Fn(Value) -> Value) -> Value {
    let levels = (0..25).map(|at| {
        let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
        (format!("d{at}"), level(next))
    });
    let last = ("d25".to_owned(), json!({"type": "string"}));
    using(levels.chain([last]).collect())
}

fn using(defs: Map<String, Value>) -> Value {
    json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": defs})
}

/// This many tools with this schema, and a plain one after them.
fn tools(count: usize, schema: &Value) -> Value {
    let heavy =
        |at| json!({"name": format!("heavy{at}"), "inputSchema": schema, "outputSchema": schema});
    let plain = json!({"name": "plain", "inputSchema": {"type": "object", "properties": {"q": {"type": "string"}}}});
    let tools: Vec<Value> = (0..count).map(heavy).chain([plain]).collect();
    json!({ "tools": tools })
}

fn generator(host: &Host, args: &[&str]) -> Measured {
    let mut command = Command::new(binary("mcp-codegen"));
    measured(command.args(args).current_dir(host.dir.path()), PATIENCE)
}

#[track_caller]
fn is_bounded(ran: &Measured, what: &str, peak: u64) {
    assert!(!ran.killed && ran.code == Some(0), "{what}: {ran:?}");
    assert!(ran.peak < peak, "{what}: {} MiB", ran.peak / MIB);
    assert!(ran.cpu < PROCESSOR, "{what}: {:?}", ran.cpu);
}

#[test]
fn three_hundred_tools_that_explode_together_fall_out_of_the_package_and_others_come_out() {
    let host = Host::new();
    for (name, schema) in SCHEMAS {
        host.file("many.json", tools(300, &schema()).to_string());
        let ran = generator(&host, &["wit", "x", "--from", "many.json"]);
        is_bounded(&ran, name, GENERATOR);
        assert!(
            ran.stdout.contains("  plain: func("),
            "{name}: {}",
            ran.stderr
        );
        assert!(
            ran.stdout.contains("  heavy0: func("),
            "{name}: {}",
            ran.stderr
        );
        let said = "warning: tool `heavy299` is left out: the types of its schemas take more";
        assert!(ran.stderr.contains(said), "{name}: {}", ran.stderr);
        assert!(!ran.stderr.contains("`plain`"), "{name}: {}", ran.stderr);
    }
}

#[test]
fn every_command_of_the_generator_leaves_out_the_same_tools() {
    let host = Host::new();
    let (_, schema) = SCHEMAS[0];
    host.file("many.json", tools(300, &schema()).to_string());
    let wit = generator(
        &host,
        &["wit", "x", "--from", "many.json", "--format", "json"],
    );
    let inspect = generator(
        &host,
        &["inspect", "x", "--from", "many.json", "--format", "json"],
    );
    let report = generator(&host, &["report", "many.json", "--format", "json"]);
    let refused = |ran: &Measured, of: fn(&Value) -> &Value| {
        is_bounded(ran, "a command", GENERATOR);
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        of(&said)["refused"].as_array().unwrap().len()
    };
    let left_out = refused(&wit, |said| said);
    assert!((200..300).contains(&left_out), "{left_out}");
    assert_eq!(refused(&inspect, |said| said), left_out);
    assert_eq!(refused(&report, |said| &said["servers"][0]), left_out);
}

/// A server that lists the contents of a file.
fn serve(host: &Host, tools: &Value) -> PathBuf {
    host.file("tools.json", tools.to_string());
    let script = r#"while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9][0-9]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"evil","version":"1"}}}\n' "$id" ;;
    *'"method":"tools/list"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":' "$id"; cat tools.json; printf '}\n' ;;
    *'"id":'*)
      printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no such method"}}\n' "$id" ;;
  esac
done"#;
    // As values of the host it is more than what a server may list without this.
    let limits = json!({ "max_message_bytes": 64 << 20 });
    host.config(&json!({"command": "sh", "args": ["-c", script], "limits": limits}));
    host.dir.path().join("mcp.json")
}

#[test]
fn inspecting_a_server_whose_tools_explode_together_is_bounded() {
    let host = Host::new();
    let (_, schema) = SCHEMAS[0];
    serve(&host, &tools(250, &schema()));
    let wit = attack(&host, &["server", "inspect", "scripted", "--wit"], PATIENCE);
    is_bounded(&wit, "inspect --wit", HOST);
    let typed = "plain(q: option<string>)";
    assert!(wit.stdout.contains(typed), "{}", wit.stderr);
    let inspect = attack(&host, &["server", "inspect", "scripted"], PATIENCE);
    is_bounded(&inspect, "inspect", HOST);
    assert!(inspect.stdout.contains("plain"), "{}", inspect.stderr);
    let said = "tool `heavy249` is left out: the types of its schemas take more";
    assert!(inspect.stdout.contains(said), "{}", inspect.stdout);
    let check = attack(&host, &["server", "check", "scripted"], PATIENCE);
    is_bounded(&check, "check", HOST);
    assert!(check.stdout.contains(said), "{}", check.stdout);
    let pin = attack(&host, &["server", "pin", "scripted"], PATIENCE);
    is_bounded(&pin, "pin", HOST);
}

fn run(host: &Host, operations: &Value, more: &[&str]) -> Measured {
    let skill = guest("files");
    let input = operations.to_string();
    let skill = skill.to_str().unwrap();
    let args = [
        "run",
        skill,
        "--input",
        &input,
        "--allow",
        "scripted/plain",
        "--format",
        "json",
    ];
    attack(host, &[&args[..], more].concat(), PATIENCE)
}

#[test]
fn a_run_that_lists_and_reads_the_catalog_of_such_a_server_stays_within_its_memory() {
    let host = Host::new();
    let (_, schema) = SCHEMAS[0];
    serve(&host, &tools(250, &schema()));
    let list = json!([
        {"list": {"path": "/mcp-tools/scripted"}},
        {"read": {"path": "/mcp-tools/scripted/plain.json"}},
        {"read": {"path": "/mcp-tools/scripted/tools.wit"}},
    ]);
    let ran = run(&host, &list, &["--memory", "24MiB"]);
    is_bounded(&ran, "run", HOST);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let result = &report["result"];
    assert_eq!(result[0]["entries"].as_array().unwrap().len(), 253);
    assert!(result[1]["text"].as_str().unwrap().contains("\"q\""));
    // It is made within the memory of the run, or is too large for it.
    let package = result[2].to_string();
    assert!(
        package.contains(" tools are left out, because") || package.contains("too-large"),
        "{}",
        &package[..package.len().min(500)]
    );
}

#[test]
fn listing_ten_thousand_tools_takes_a_moment_and_reading_one_less() {
    let host = Host::new();
    let tool = |at| json!({"name": format!("tool_{at}"), "inputSchema": {"type": "object"}});
    let all: Vec<Value> = (0..9_999).map(tool).chain([tool(0)]).collect();
    let mut all = json!({ "tools": all });
    all["tools"][0]["name"] = json!("plain");
    serve(&host, &all);
    let ran = run(
        &host,
        &json!([{"list": {"path": "/mcp-tools/scripted"}}]),
        &["--timeout", "40s"],
    );
    is_bounded(&ran, "list", HOST + 64 * MIB);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let entries = report["result"][0]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 10_002);
    assert!(
        entries
            .iter()
            .all(|entry| entry["size"].as_u64().unwrap() > 0)
    );
    let last = entries
        .iter()
        .filter_map(|entry| entry["name"].as_str())
        .find(|name| name.contains("9998"));
    let path = format!("/mcp-tools/scripted/{}", last.unwrap());
    let one = json!([{"read": {"path": path}}]);
    let ran = run(&host, &one, &["--timeout", "10s", "--memory", "8MiB"]);
    is_bounded(&ran, "read", HOST);
    assert!(ran.stdout.contains("tool_9998"), "{}", ran.stdout);
}
