//! Servers that are broken beside others, and a configuration that changes while it is served.

use serde_json::json;

use super::{ALLOWED, Session, configure, host, scripted};
use crate::cli::Host;

const ECHO: &str = "import { echo } from \"mcp:scripted\";\nexport default await echo({});";

fn broken() -> serde_json::Value {
    json!({ "command": "sh", "args": ["-c", "exit 3"] })
}

#[test]
fn a_broken_server_does_not_hurt_the_others() {
    let host = Host::new();
    host.settings(ALLOWED);
    configure(
        &host,
        &json!({
            "scripted": scripted(),
            "broken": broken(),
            "absent": { "command": "/nowhere/server" },
            "odd": { "args": [] },
        }),
    );
    let mut session = Session::open(&host);
    assert_eq!(session.result(ECHO).1, "\"{}\"");
    for name in ["broken", "absent", "odd"] {
        let script = format!("import {{ a }} from \"mcp:{name}\";\nexport default await a({{}});");
        session.run(&script).fails_with(
            "server_unavailable",
            &["0 calls made: safe to retry", &format!("`{name}`")],
        );
    }
    let text = session.search_until("", "broken  down: ");
    assert!(
        text.contains("exited at start with exit status: 3"),
        "{text}"
    );
    assert!(text.contains("absent  down: "), "{text}");
    assert!(text.contains("scripted  "), "{text}");
    // What nothing was found for may be a tool of a server that is down.
    let text = session.search("qqqqzzzz");
    assert!(text.contains("broken  down: "), "{text}");
}

#[test]
fn a_configuration_that_changes_is_read_again() {
    let host = Host::new();
    host.settings(ALLOWED);
    configure(&host, &json!({ "first": scripted() }));
    let mut session = Session::open(&host);
    session
        .run(ECHO)
        .fails_with("unknown_import", &["scripted"]);
    configure(
        &host,
        &json!({ "first": scripted(), "scripted": scripted() }),
    );
    assert_eq!(session.result(ECHO).1, "\"{}\"");
    configure(&host, &json!({ "first": scripted() }));
    session
        .run(ECHO)
        .fails_with("unknown_import", &["scripted"]);
}

#[test]
fn a_configuration_that_breaks_leaves_the_last_one_in_use() {
    let host = host();
    let mut session = Session::open(&host);
    assert_eq!(session.result(ECHO).1, "\"{}\"");
    host.file("mcp.json", "{ \"mcpServers\": {");
    let (_, text) = session.result(ECHO);
    let warning = "\"{}\"\nwarning: the configuration is not read again: `mcp.json` line 1";
    assert!(text.starts_with(warning), "{text}");
    let text = session.search("");
    assert!(
        text.contains("scripted") && text.contains("the configuration is not read again: "),
        "{text}"
    );
    host.scripted("ok");
    assert_eq!(session.result(ECHO).1, "\"{}\"");
    assert!(!session.search("").contains("is not read again"));
}

#[test]
fn a_broken_configuration_is_an_error_at_the_start() {
    let host = Host::new();
    host.file("mcp.json", "{");
    host.run(&["serve"])
        .fails_with(2, &["`mcp.json`", "not valid JSON"]);
}

#[test]
fn nothing_connected_is_said() {
    let host = Host::new();
    configure(&host, &json!({}));
    let mut session = Session::open(&host);
    assert!(
        session
            .instructions()
            .starts_with("Connected: nothing yet. "),
        "{}",
        session.instructions()
    );
    assert!(session.search("").contains("mcp-host server add"));
    assert_eq!(session.result("export default 1;").1, "1");
}

#[test]
fn a_search_finds_the_tools_of_a_server_that_was_added() {
    let host = Host::new();
    configure(&host, &json!({ "first": scripted() }));
    let mut session = Session::open(&host);
    session.search_until("echo", "first.echo(");
    configure(&host, &json!({ "first": scripted(), "added": scripted() }));
    session.search_until("echo", "added.echo(");
}

#[test]
fn the_tools_of_a_server_of_another_directory_are_not_shown() {
    let one = Host::new();
    configure(&one, &json!({ "apart": scripted() }));
    Session::open(&one).search_until("echo", "apart.echo(");
    let other = Host::new();
    configure(&other, &json!({ "apart": broken() }));
    let mut session = Session::open(&other);
    assert!(
        !session.instructions().contains("apart ("),
        "{}",
        session.instructions()
    );
    assert!(!session.search("echo").contains("apart.echo("));
}

#[test]
fn a_configuration_that_is_gone_leaves_its_servers_in_use_and_says_so() {
    let host = Host::new();
    host.settings(ALLOWED);
    configure(&host, &json!({ "scripted": scripted() }));
    let mut session = Session::open(&host);
    assert_eq!(session.result(ECHO).1, "\"{}\"");
    std::fs::remove_file(host.dir.path().join("mcp.json")).unwrap();
    let text = session.search_until("echo", "does not exist any more");
    assert!(text.starts_with("scripted.echo("), "{text}");
    assert!(session.run(ECHO).text.starts_with("ok  run r_"));
}

#[test]
fn a_search_on_a_server_that_does_not_exist_says_so() {
    let host = host();
    let mut session = Session::open(&host);
    let asked = json!({ "query": "echo", "server": "scriptd" });
    let text = session.call("search_tools", &asked).text;
    assert!(
        text.starts_with("there is no server scriptd; did you mean scripted?\nscripted  "),
        "{text}"
    );
}
