//! Answers and catalogs of the documented sizes: they come through, in a bounded amount of memory.

use std::time::Duration;

use mcp_tests::{Measured, binary, root};
use serde_json::{Value, json};

use crate::attacks::{MIB, attack};
use crate::cli::{Host, guest};

/// A record of ten small fields, as an API answers with.
const RECORD: &str = r#"{"id":184467,"name":"Ada Lovelace","email":"ada@example.org","active":true,"score":0.75,"city":"London","created":"2026-01-31T12:00:00Z","tag":"a","count":42,"note":null}"#;
/// How long a message may be, in bytes.
const LONGEST: usize = 16 << 20;
/// A debug build needs many times the time of a release.
const PATIENCE: Duration = Duration::from_secs(240);

/// A host with the server `records`, whose tool `version` answers with a head, a unit so many times, and a tail.
fn host(head: &str, unit: &str, count: usize, tail: &str) -> Host {
    let host = Host::new();
    let answer = json!({"head": head, "unit": unit, "count": count, "tail": tail});
    let entry = json!({
        "command": binary("examples/scripted-server"),
        "args": ["listed"],
        "env": {
            "SCRIPTED_TOOLS": root().join("tests/guests/records.tools.json"),
            "SCRIPTED_ANSWER": answer.to_string(),
        },
    });
    let config = json!({"mcpServers": {"records": entry}});
    host.file("mcp.json", config.to_string());
    host
}

/// A host whose server answers with so many bytes of records, and how many records those are.
fn records(bytes: usize) -> (Host, usize) {
    let unit = format!("{RECORD},");
    let count = bytes / unit.len();
    let head = r#"{"content":[],"structuredContent":{"records":["#;
    let tail = format!("{RECORD}]}}}}");
    (host(head, &unit, count, &tail), count + 1)
}

fn run(host: &Host, how: &str) -> Measured {
    let input = format!("\"{how}\"");
    let skill = guest("records");
    let args = [
        "run",
        &skill,
        "--input",
        &input,
        "--allow",
        "records/version",
    ];
    attack(
        host,
        &[&args[..], &["--timeout", "200s"]].concat(),
        PATIENCE,
    )
}

/// What the skill counted.
fn counted(ran: &Measured) -> Vec<usize> {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn fifteen_mebibytes_of_records_come_through_a_typed_call() {
    let (host, count) = records(15 << 20);
    let ran = run(&host, "typed");
    assert_eq!(counted(&ran), [count]);
    // The memory of a run by default, and a tenth.
    assert!(ran.peak < 256 * MIB * 11 / 10, "{} MiB", ran.peak / MIB);
}

#[test]
fn fifteen_mebibytes_of_records_come_through_a_call_by_name_and_a_batch() {
    let (host, count) = records(15 << 20);
    let content = count * (RECORD.len() + 1) - 1 + r#"{"records":[]}"#.len();
    let by_name = run(&host, "name");
    assert_eq!(counted(&by_name), [content]);
    assert!(by_name.peak < 160 * MIB, "{} MiB", by_name.peak / MIB);
    let batch = run(&host, "batch");
    assert_eq!(counted(&batch), [content; 3]);
    assert!(batch.peak < 282 * MIB, "{} MiB", batch.peak / MIB);
}

#[test]
fn text_of_sixteen_mebibytes_with_newlines_comes_through() {
    let (head, unit, tail) = (
        r#"{"content":[{"type":"text","text":""#,
        r"a line\n",
        r#""}]}"#,
    );
    let count = (LONGEST - 200) / unit.len();
    let host = host(head, unit, count, tail);
    let ran = run(&host, "name");
    assert_eq!(counted(&ran), [count * "a line\n".len()]);
    assert!(ran.peak < 160 * MIB, "{} MiB", ran.peak / MIB);
}

#[test]
fn answer_that_is_longer_than_a_message_may_be_is_refused_by_that_limit() {
    let (host, _) = records(LONGEST + 1);
    let ran = run(&host, "typed");
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("max_message_bytes"), "{}", ran.stderr);
}

/// Lists a catalog of so many tools, one of which is called.
fn listed(count: usize, tool: impl Fn(usize) -> Value) -> Measured {
    let host = Host::new();
    let tools: Vec<Value> = (0..count).map(tool).collect();
    let listed = host.file("tools.json", json!({"tools": tools}).to_string());
    host.config(&json!({
        "command": binary("examples/scripted-server"),
        "args": ["listed"],
        "env": {"SCRIPTED_TOOLS": listed},
    }));
    let parts = json!({"head": "{\"content\":[]", "unit": "", "count": 0, "tail": "}"});
    let arguments = parts.to_string();
    let call = ["call", "--unchecked", "scripted", "compose", &arguments];
    attack(&host, &call, PATIENCE)
}

#[test]
fn catalog_of_ten_thousand_small_tools_is_listed() {
    // The scripted server adds one.
    let ran = listed(9_999, |at| {
        json!({"name": format!("tool-{at}"), "description": "Reads a file.", "inputSchema":
            {"type": "object", "properties": {"path": {"type": "string"}}}})
    });
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.peak < (32 + 64) * MIB, "{} MiB", ran.peak / MIB);
}

#[test]
fn catalog_of_three_thousand_tools_of_ordinary_size_is_listed() {
    let text = |name: &str| {
        let what = format!("The {name} of what is looked for, as the service writes it.");
        json!({"type": "string", "description": what})
    };
    let names = [
        "owner",
        "repository",
        "path",
        "branch",
        "author",
        "since",
        "until",
        "label",
    ];
    let properties: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), text(name)))
        .collect();
    let schema =
        json!({"type": "object", "properties": properties, "required": ["owner", "repository"]});
    let described =
        "Looks for what matches all of the given values, and lists it page by page. ".repeat(4);
    let ran = listed(
        3_000,
        |at| json!({"name": format!("find-{at}"), "description": described, "inputSchema": schema}),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.peak < (32 + 64) * MIB, "{} MiB", ran.peak / MIB);
}
