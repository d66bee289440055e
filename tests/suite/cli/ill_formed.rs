//! Servers whose lists and results are not as MCP has them: what is usable is used, and the rest is named.

use std::process::Command;

use mcp_tests::{binary, skip};
use serde_json::{Value, json};

use super::{Host, Ran, ran};

/// A server in a shell script: it answers `tools/list` and `tools/call` with the text of two files.
const SERVER: &str = r#"
while IFS= read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9][0-9]*\).*/\1/p')
  [ -n "$id" ] || continue
  case $line in
    *'"method":"initialize"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}\n' "$id" ;;
    *'"method":"tools/list"'*)
      case $line in
        *'"cursor":'*) printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$(cat again.json)" ;;
        *) printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$(cat list.json)" ;;
      esac ;;
    *'"method":"tools/call"'*)
      printf '%s\n' "$line" >> calls
      printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$(cat result.json)" ;;
    *) printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"unknown method"}}\n' "$id" ;;
  esac
done
"#;

const LIST: &str = r#"{"tools":[{"name":"go","inputSchema":{}}]}"#;

fn host(list: &str, result: &str) -> Host {
    let host = Host::new();
    host.file("server.sh", SERVER);
    host.file("list.json", list);
    host.file("again.json", list);
    host.file("result.json", result);
    let script = host.dir.path().join("server.sh");
    host.config(&json!({"command": "sh", "args": [script], "cwd": host.dir.path()}));
    host
}

fn call(list: &str, result: &str, arguments: &[&str]) -> Ran {
    host(list, result).run(&[&["call", "scripted"], arguments].concat())
}

fn codegen(host: &Host, args: &[&str]) -> Ran {
    let mut command = Command::new(binary("mcp-codegen"));
    ran(&command
        .args(args)
        .current_dir(host.dir.path())
        .output()
        .unwrap())
}

#[test]
fn result_that_is_not_as_mcp_has_it_is_used_with_one_warning_or_says_what_is_wrong() {
    for (result, stdout, stderr, code) in [
        (
            r#"{"content":"plain"}"#,
            "plain\n",
            "`content` is a text, not a list",
            0,
        ),
        (
            r#"{"content":[{"type":"text"},{"type":"text","text":"rest"}]}"#,
            "rest\n",
            "`content/0` is left out: a text block without `text`",
            0,
        ),
        (
            r#"{"content":[{"type":"resource_link","uri":"file:///a"}]}"#,
            "{\"type\":\"resource_link\",\"uri\":\"file:///a\",\"name\":\"file:///a\"}\n",
            "`content/0` has no `name`",
            0,
        ),
        (
            r#"{"content":[{"type":"text","text":"a","annotations":{"audience":["robot"],"priority":"high"}}]}"#,
            "a\n",
            "`priority` of `content/0` is a text",
            0,
        ),
        (
            r#"{"content":[{"type":"text","text":"cut \udc00"}]}"#,
            "cut \u{fffd}\n",
            "U+FFFD",
            0,
        ),
        (
            r#"{"content":"plain"}"#,
            "plain\n",
            "answer is not as MCP has it: `content` is a text, not a list server=",
            0,
        ),
        (
            r#"{"content":7}"#,
            "",
            "error: the answer to `go` is not a tool result: `content` is a number, not a list of content blocks",
            6,
        ),
        (
            r#"{"content":[],"structuredContent":{"a":-Infinity}}"#,
            "",
            "error: server `scripted`: the answer is not an MCP message: it has the value `-Infinity`, which JSON does not have",
            6,
        ),
        (
            r#"{"isError":true,"content":[{"type":"text","text":"no disk"}],"structuredContent":{"code":5}}"#,
            "",
            "error: the tool failed: no disk\n",
            1,
        ),
        (
            r#"{"isError":true}"#,
            "",
            "error: the tool failed: its answer says `isError` and has no content",
            1,
        ),
    ] {
        let ran = call(LIST, result, &["go"]);
        assert_eq!(ran.stdout, stdout, "{result}: {}", ran.stderr);
        assert!(ran.stderr.contains(stderr), "{result}: {}", ran.stderr);
        assert!(ran.stderr.matches("WARN").count() <= 1, "{}", ran.stderr);
        assert_eq!(ran.code, Some(code), "{result}: {}", ran.stderr);
    }
}

#[test]
fn structured_content_of_a_failure_is_in_the_json_report() {
    let failed = r#"{"isError":true,"content":[{"type":"text","text":"no"}],"structuredContent":{"code":5}}"#;
    let ran = call(LIST, failed, &["go", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["result"]["structuredContent"], json!({"code": 5}));
}

#[test]
fn number_passes_through_a_call_as_it_was_written() {
    const NUMBERS: &str = "[123456789012345678901234567890,-0.10,0.12345678901234567890]";
    let result = format!(r#"{{"content":[],"structuredContent":{NUMBERS}}}"#);
    let host = host(LIST, &result);
    let arguments = format!(r#"{{"n":{NUMBERS}}}"#);
    let ran = host.run(&["call", "scripted", "go", &arguments]);
    assert_eq!(ran.stdout, format!("{NUMBERS}\n"), "{}", ran.stderr);
    let sent = std::fs::read_to_string(host.dir.path().join("calls")).unwrap();
    assert!(sent.contains(NUMBERS), "{sent}");
    let ran = host.run(&["call", "scripted", "go", &arguments, "--format", "json"]);
    assert!(
        ran.stdout.contains("123456789012345678901234567890"),
        "{}",
        ran.stdout
    );
}

#[test]
fn arguments_are_never_rounded_to_the_type_of_the_tool() {
    let list = r#"{"tools":[{"name":"go","inputSchema":{"type":"object","properties":{"n":{"type":"integer"}}}}]}"#;
    let ran = call(list, "{}", &["go", r#"{"n": 9223372036854775808}"#]);
    ran.fails_with(
        2,
        &["argument `/n`: `9223372036854775808` is not between -9223372036854775808 and 9223372036854775807"],
    );
}

#[test]
fn list_whose_cursor_comes_back_is_complete() {
    let list = r#"{"nextCursor":"n","tools":[{"name":"go","inputSchema":{}}]}"#;
    let host = host(list, r#"{"content":[{"type":"text","text":"done"}]}"#);
    host.file(
        "again.json",
        r#"{"nextCursor":"n","tools":[{"name":"more","inputSchema":{}}]}"#,
    );
    let ran = host.run(&["call", "scripted", "more"]);
    assert_eq!(ran.stdout, "done\n", "{}", ran.stderr);
    assert_eq!(
        ran.stderr.matches("comes back").count(),
        1,
        "{}",
        ran.stderr
    );
    // A user reads what happened, not where in the code of this program.
    assert!(!ran.stderr.contains("mcp_"), "{}", ran.stderr);
    let ran = host.run(&["-vv", "call", "scripted", "more"]);
    assert!(ran.stderr.contains("WARN mcp_bridge::"), "{}", ran.stderr);
}

#[test]
fn null_in_place_of_the_tools_is_said_by_both_programs() {
    let host = host(r#"{"tools":null}"#, "{}");
    let said = "`tools` is null: the list is empty";
    let ran = host.run(&["server", "check"]);
    assert!(ran.stderr.contains(said), "{}{}", ran.stdout, ran.stderr);
    let ran = codegen(&host, &["wit", "scripted", "--from", "list.json"]);
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn required_arguments_that_are_no_list_are_said_by_both_programs() {
    let list = r#"{"tools":[{"name":"go","inputSchema":{"type":"object","properties":{"a":{}},"required":"a"}}]}"#;
    let host = host(list, r#"{"content":[{"type":"text","text":"done"}]}"#);
    let said = "tool `go`: `required` of its `inputSchema` is a text, not a list of names: no argument is required";
    let ran = host.run(&["call", "scripted", "go"]);
    assert_eq!(ran.stdout, "done\n", "{}", ran.stderr);
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let ran = codegen(&host, &["wit", "scripted", "--from", "list.json"]);
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

/// What each program makes of a list: the WIT of the generator, from the file and from the running server, and the
/// tools that the host has.
fn compare(list: &str) -> Vec<String> {
    let host = host(list, "{}");
    let from_file = codegen(&host, &["wit", "scripted", "--from", "list.json"]);
    let live = codegen(&host, &["wit", "scripted", "--config", "mcp.json"]);
    assert_eq!(live.code, Some(0), "{}", live.stderr);
    assert_eq!(
        from_file.stdout, live.stdout,
        "{}\n{}",
        from_file.stderr, live.stderr
    );
    let made = codegen(
        &host,
        &[
            "inspect",
            "scripted",
            "--from",
            "list.json",
            "--format",
            "json",
        ],
    );
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let shown = host.run(&["server", "inspect", "scripted", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let typed = |value: &Value| -> Vec<String> {
        let tools = value["tools"].as_array().unwrap().iter();
        let typed = tools.filter(|tool| !tool["signature"].is_null());
        typed
            .map(|tool| tool["tool"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(typed(&made), typed(&shown));
    typed(&shown)
}

#[test]
fn generator_and_host_accept_the_same_tools() {
    let odd = json!({"tools": [
        {"name": "none"}, {"name": "null", "inputSchema": null}, {"name": "yes", "inputSchema": true},
        {"name": "no", "inputSchema": false}, {"name": "text", "inputSchema": "{}"},
        {"name": "list", "inputSchema": []}, {"name": "string", "inputSchema": {"type": "string"}},
        {"name": "outputs", "inputSchema": {}, "outputSchema": true},
        {"name": "bad-output", "inputSchema": {}, "outputSchema": 5},
        {"name": "display", "inputSchema": {}, "title": 1, "description": [], "icons": {}, "annotations": "x"},
        {"name": "hints", "inputSchema": {}, "annotations": {"readOnlyHint": "yes", "idempotentHint": true}},
        {"name": "anthropic", "input_schema": {"type": "object"}},
        {"type": "function", "function": {"name": "openai", "parameters": {"type": "object"}}},
        {"name": ""}, {"name": 3}, {"inputSchema": {}}, "x", null, 7,
        {"name": "none", "description": "again"},
        {"name": "n".repeat(1_025), "inputSchema": {}},
        {"name": "last", "inputSchema": {"type": "object", "properties": {"a": {"type": "integer"}}}},
    ]});
    let accepted = compare(&odd.to_string());
    assert_eq!(
        accepted,
        [
            "none",
            "null",
            "yes",
            "text",
            "list",
            "outputs",
            "bad-output",
            "display",
            "hints",
            "anthropic",
            "openai",
            "last"
        ]
    );
    let surrogate = r#"{"tools":[{"name":"half","description":"\ud83d","inputSchema":{"default":NaN}},{"name":"b"}]}"#;
    assert_eq!(compare(surrogate), ["half", "b"]);
    assert_eq!(
        compare(r#"{"tools":{"by-key":{},"other":{"name":"named"}}}"#),
        ["by-key", "named"]
    );
}

#[test]
fn generator_and_host_accept_the_same_tools_of_real_catalogs() {
    let schemas = mcp_tests::root().join("../shared/schemas");
    let Ok(files) = std::fs::read_dir(&schemas) else {
        return skip("real catalogs", "they are not here");
    };
    let mut compared = 0;
    for file in files.map(|file| file.unwrap().path()) {
        if !file.to_string_lossy().ends_with(".tools.json") {
            continue;
        }
        let list: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let list = match list {
            Value::Array(tools) => json!({ "tools": tools }),
            list => list,
        };
        assert!(!compare(&list.to_string()).is_empty(), "{}", file.display());
        compared += 1;
    }
    assert!(compared > 10, "{compared} catalogs");
}
