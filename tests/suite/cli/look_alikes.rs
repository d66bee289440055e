//! Look-alike names of servers and tools are reported wherever names are shown or used.

use mcp_tests::binary;
use serde_json::{Value, json};

use super::{Host, guest};

/// A host with the servers `files` and `other`, whose tools differ from each other by a Cyrillic letter.
fn host() -> Host {
    let host = Host::new();
    let entry = |file: &str, tool: &str| {
        let tools = json!([{"name": tool, "inputSchema": {"type": "object"}}]);
        let path = host.file(file, tools.to_string());
        json!({"command": binary("examples/file-server"), "args": [path, host.dir.path().join("log")]})
    };
    let servers = json!({"files": entry("1.json", "read"), "other": entry("2.json", "re\u{430}d")});
    host.file("mcp.json", json!({ "mcpServers": servers }).to_string());
    host
}

const WARNING: &str =
    "tool `re\\u{430}d` of server `other` looks like tool `read` of server `files`";

#[test]
fn tools_of_two_servers_that_only_look_alike_are_reported_by_list_check_and_run() {
    let host = host();
    let ran = host.run(&["server", "list"]);
    assert!(
        ran.stderr.contains(&format!("warning: {WARNING}\n")),
        "{}",
        ran.stderr
    );
    for command in ["list", "check"] {
        let ran = host.run(&["server", command, "--format", "json"]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["look_alikes"], json!([WARNING]), "{command}");
    }
    let input = json!({"server": "files", "tool": "read"}).to_string();
    let allow = ["--allow", "files/*", "--allow", "other/*"];
    let run = ["run", &guest("one-call"), "--input", &input];
    let ran = host.run(&[run.as_slice(), &allow].concat());
    assert!(ran.stderr.contains(WARNING), "{}", ran.stderr);
}

#[test]
fn servers_and_tools_of_one_server_are_compared_too() {
    let host = host();
    let twins = json!([
        {"name": "read", "inputSchema": {"type": "object"}},
        {"name": "re\u{430}d", "inputSchema": {"type": "object"}},
    ]);
    let path = host.file("1.json", twins.to_string());
    let entry = json!({"command": binary("examples/file-server"), "args": [path, host.dir.path().join("log")]});
    let servers = json!({"files": entry, "f\u{456}les": {"command": "c", "disabled": true}});
    host.file("mcp.json", json!({ "mcpServers": servers }).to_string());
    let tools = "tool `re\\u{430}d` of server `files` looks like tool `read` of server `files`";
    for command in ["check", "pin"] {
        let ran = host.run(&["server", command, "files"]);
        assert!(ran.stdout.contains(tools), "{command}: {}", ran.stdout);
    }
    let ran = host.run(&["server", "list"]);
    let servers = "warning: server `f\\u{456}les` looks like server `files`\n";
    assert!(ran.stderr.contains(servers), "{}", ran.stderr);
    assert!(ran.stderr.contains(tools), "{}", ran.stderr);
}
