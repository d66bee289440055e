//! Much at once: scripts that wait, and servers that list more than any agent needs.

use std::time::Duration;

use mcp_tests::binary;
use serde_json::{Value, json};

use super::{PATIENCE, Session, configure, host, scripted};
use crate::cli::Host;

const ENDLESS: [&str; 6] = [
    "--fuel",
    "999999999999999",
    "--timeout",
    "10m",
    "--slots",
    "1",
];

/// A server with these tools.
fn listing(host: &Host, name: &str, tools: &Value) -> Value {
    let file = host.file(&format!("{name}.json"), tools.to_string());
    json!({ "command": binary("examples/file-server"), "args": [file, host.dir.path().join("log")] })
}

#[test]
fn a_session_that_asks_too_much_is_told_that_it_is_busy() {
    let host = host();
    let mut session = Session::with(&host, &ENDLESS);
    assert_eq!(session.result("export default 1;").1, "1");
    for _ in 0..33 {
        session.send_call("run_script", &json!({ "code": "while (true) {}" }));
    }
    // The first answer of all: each of the others comes after 30 s at the earliest.
    let line = session.lines.recv_timeout(PATIENCE).unwrap();
    let message: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(message["result"]["isError"], true, "{line}");
    let text = message["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("error busy  run r_"), "{text}");
    for part in [
        "0 calls made: safe to retry",
        "this session has 32 scripts that wait or run already",
        "try again in 5 s",
    ] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn a_script_that_waits_too_long_for_a_slot_is_told_that_it_is_busy() {
    let host = host();
    let mut session = Session::with(&host, &ENDLESS);
    assert_eq!(session.result("export default 1;").1, "1");
    session.send_call("run_script", &json!({ "code": "while (true) {}" }));
    std::thread::sleep(Duration::from_millis(300));
    session
        .run("export default 2;")
        .fails_with("busy", &["all 1 slots were in use for 30 s", "try again"]);
}

#[test]
fn a_huge_catalog_is_searched_in_part_and_takes_nothing_from_the_others() {
    let host = host();
    let tools: Vec<_> = (0..6_000)
        .map(|at| json!({ "name": format!("tool{at}"), "inputSchema": { "type": "object" } }))
        .collect();
    let huge = listing(&host, "huge", &json!(tools));
    configure(&host, &json!({ "huge": huge, "scripted": scripted() }));
    let mut session = Session::open(&host);
    let text = session.search_until("", "huge  6,000 tools");
    assert!(
        text.contains("huge  6,000 tools, 1,000 of them too much to search"),
        "{text}"
    );
    assert!(
        session
            .search_until("echo", "scripted.echo(")
            .contains("scripted.echo(")
    );
    assert!(session.search("tool4999").contains("huge.tool4999("));
    // What is left out of the search can be called all the same.
    let code = "import { tool5999 } from \"mcp:huge\";\nexport default typeof tool5999;";
    assert_eq!(session.result(code).1, "\"function\"");
    assert!(session.instructions().starts_with("Connected: huge"));
    drop(session);
    // The kept list has the same bounds.
    let mut session = Session::open(&host);
    let text = session.search("");
    assert!(
        text.contains("huge  6,000 tools, 1,000 of them too much to search"),
        "{text}"
    );
}

#[test]
fn the_nearest_names_of_an_import_are_those_of_the_contract() {
    let host = Host::new();
    let names = ["search_issues", "create_branch", "list_issues", "get_issue"];
    let tools = names.map(|name| json!({ "name": name, "inputSchema": { "type": "object" } }));
    let issues = listing(&host, "github", &json!(tools));
    configure(&host, &json!({ "github": issues }));
    let mut session = Session::open(&host);
    let answer = session
        .run("import { get_issues } from \"mcp:github\";\nexport default await get_issues({});");
    answer.fails_with(
        "unknown_import",
        &["\"get_issues\" is not in \"mcp:github\""],
    );
    let last = answer.text.lines().last().unwrap();
    assert_eq!(last, "did you mean get_issue, list_issues, search_issues");
}

#[test]
fn servers_and_tools_that_look_alike_are_named() {
    let host = Host::new();
    let tool = |name: &str| json!([{ "name": name, "inputSchema": { "type": "object" } }]);
    let (one, other) = (tool("list1"), tool("listl"));
    let one = listing(&host, "one", &one);
    let other = listing(&host, "other", &other);
    configure(&host, &json!({ "files": one, "fiIes": other }));
    let mut session = Session::open(&host);
    let text = session.search_until("", "warning: tool `listl`");
    assert!(
        text.contains("warning: server `fiIes` looks like server `files`"),
        "{text}"
    );
}

#[test]
fn an_exact_name_is_a_look_up_alone() {
    let host = Host::new();
    let names = ["get_issue", "get_issue_comments", "list_issues"];
    let tools = names.map(|name| json!({ "name": name, "inputSchema": { "type": "object" } }));
    let issues = listing(&host, "github", &json!(tools));
    configure(&host, &json!({ "github": issues }));
    let mut session = Session::open(&host);
    let text = session.search_until("github.get_issue", "github.get_issue(");
    assert_eq!(text.lines().count(), 1, "{text}");
}
