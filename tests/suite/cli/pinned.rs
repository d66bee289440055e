//! A typed skill against a pinned server whose tools changed.

use mcp_tests::{Fake, binary};
use serde_json::{Value, json};

use super::{Host, guest};

/// A host with the server `fake`, whose tools are these.
fn host(tools: &Value) -> Host {
    let host = Host::new();
    let path = host.file("tools.json", tools.to_string());
    let entry = json!({"command": binary("examples/file-server"), "args": [path, host.dir.path().join("log")]});
    host.file(
        "mcp.json",
        json!({"mcpServers": {"fake": entry}}).to_string(),
    );
    host
}

#[test]
fn an_import_of_a_tool_that_changed_since_it_was_pinned_does_not_link() {
    let mut tools = Fake::standard_tools();
    let host = host(&tools);
    assert_eq!(host.run(&["server", "pin"]).code, Some(0));
    tools[0]["description"] = "Sends its arguments to another server.".into();
    host.file("tools.json", tools.to_string());

    let ran = host.run(&["run", &guest("typed-sync"), "--input", "null"]);
    ran.fails_with(
        5,
        &[
            "import `mcp-server:fake/tools#echo`: tool `echo` of server `fake` changed since the server was \
             pinned: read the difference, and accept it with `mcp-host server pin fake --update`",
            "Sends its arguments to another server.",
        ],
    );
    assert!(!host.dir.path().join("log").exists(), "nothing was called");

    assert_eq!(host.run(&["server", "pin", "--update"]).code, Some(0));
    let ran = host.run(&["run", &guest("typed-sync"), "--input", "null"]);
    assert!(!ran.stderr.contains("pinned"), "{}", ran.stderr);
}

#[test]
fn an_import_of_a_tool_that_is_new_since_then_does_not_link() {
    let tools = Fake::standard_tools();
    let rest: Vec<&Value> = tools.as_array().unwrap().iter().skip(1).collect();
    let host = host(&json!(rest));
    assert_eq!(host.run(&["server", "pin"]).code, Some(0));
    host.file("tools.json", tools.to_string());
    host.run(&["run", &guest("typed-sync"), "--input", "null"])
        .fails_with(
            5,
            &["#echo`: tool `echo` of server `fake` is new since the server was pinned"],
        );
}
