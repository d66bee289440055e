//! Entries of other clients, and the entries of this program that they become.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

/// Each server on a line: its entry, or why it stays.
fn read(text: &str, file: &str, format: ClientFormat, directory: Option<&Path>) -> Vec<String> {
    let servers = servers_of(text, Path::new(file), format, directory).unwrap();
    let lines = servers.iter().map(|server| match &server.entry {
        Ok(entry) => format!("{}: {entry} {:?}", server.name, server.variables),
        Err(why) => format!("{}: stays: {why}", server.name),
    });
    lines.collect()
}

fn format(key: &'static str, expressions: Expressions) -> ClientFormat {
    ClientFormat { key, expressions }
}

#[test]
fn entries_of_codex_become_json_and_name_their_variables() {
    let text = r#"
[mcp_servers.a]
command = "npx"
args = ["-y", "${x}"]
env_vars = ["A_HOME"]
startup_timeout_sec = 1_0
[mcp_servers.a.env]
MODE = "fast"
[mcp_servers.b]
url = "https://b.example/mcp"
bearer_token_env_var = "B_TOKEN"
[mcp_servers.c]
command = "c"
enabled = false
[mcp_servers.d]
command = "d"
enabled_tools = ["x"]
"#;
    let found = read(
        text,
        "config.toml",
        format("mcp_servers", Expressions::None),
        None,
    );
    assert_eq!(
        found,
        [
            r#"a: {"command":"npx","args":["-y","$${x}"],"env_vars":["A_HOME"],"startup_timeout_sec":10,"env":{"MODE":"fast"}} ["A_HOME"]"#,
            r#"b: {"url":"https://b.example/mcp","bearer_token_env_var":"B_TOKEN"} ["B_TOKEN"]"#,
            "c: stays: it is disabled",
            "d: stays: `enabled_tools`: key is not honoured: every tool of the server can be used; \
             write `allow` or `deny` in `[policy]` of mcp-host.toml",
        ]
    );
}

#[test]
fn variables_of_gemini_and_opencode_become_those_of_this_program() {
    let text = r#"{"mcpServers": {"a": {"httpUrl": "https://$HOST/mcp", "headers": {"K": "$A_1-${B} 5$ $5"}}}}"#;
    assert_eq!(
        read(
            text,
            "settings.json",
            format("mcpServers", Expressions::Dollar),
            None
        ),
        [
            r#"a: {"httpUrl":"https://${HOST}/mcp","headers":{"K":"${A_1}-${B} 5$ $5"}} ["HOST", "A_1", "B"]"#
        ]
    );
    let text = r#"{"mcp": {"a": {"type": "local", "command": ["bun", "x"], "environment": {"T": "{env:T}"},
        "enabled": true, "timeout": 5000}}}"#;
    assert_eq!(
        read(
            text,
            "opencode.json",
            format("mcp", Expressions::Opencode),
            None
        ),
        [
            r#"a: {"type":"local","command":["bun","x"],"environment":{"T":"${env:T:-}"},"enabled":true,"startup_timeout_ms":5000} ["T"]"#
        ]
    );
}

#[test]
fn entry_that_depends_on_the_client_stays() {
    let text = r#"{"servers": {
        "asks": {"command": "a", "env": {"K": "${input:k}"}},
        "open": {"command": "a", "args": ["${workspaceFolder}/x"]},
        "dot": {"command": "git-mcp", "args": ["--repository", "."]},
        "below": {"command": "bin/server"},
        "odd": {"type": "websocket", "url": "wss://x"},
        "twice": {"command": "a"}, "twice": {"command": "b"},
        "old": {"command": "a", "headersHelper": "x"},
        "text": 1
    }}"#;
    let found = read(
        text,
        "mcp.json",
        format("servers", Expressions::Braces),
        None,
    );
    let reasons: Vec<_> = found
        .iter()
        .map(|line| line.split(';').next().unwrap())
        .collect();
    assert_eq!(
        reasons,
        [
            "asks: stays: it asks you for a value (`${input:...}`), which this program does not",
            "open: stays: it depends on the open project (`${workspaceFolder}`)",
            "dot: stays: `.` is relative to the open project",
            "below: stays: `bin/server` is relative to the open project",
            "odd: stays: key `type`: `websocket` is not supported: write `stdio` with `command`, \
             or `http`, `streamable-http` or `sse` with `url`",
            "twice: stays: there are two entries of this name",
            "twice: stays: there are two entries of this name",
            "old: stays: `headersHelper`: key is not honoured: no program is run for headers",
            "text: stays: found a number, expected an object with `command` or `url`",
        ]
    );
}

#[test]
fn paths_of_a_project_stay_those_of_the_project() {
    let text = r#"{"mcpServers": {
        "a": {"command": "./run", "args": ["${workspaceFolder}/x"], "envFile": ".env"},
        "b": {"command": "b", "cwd": "sub"},
        "c": {"url": "https://c.example"}
    }}"#;
    let braces = format("mcpServers", Expressions::Braces);
    assert_eq!(
        read(text, ".mcp.json", braces, Some(Path::new("/p"))),
        [
            r#"a: {"command":"./run","args":["/p/x"],"envFile":"/p/.env","cwd":"/p"} []"#,
            r#"b: {"command":"b","cwd":"/p/sub"} []"#,
            r#"c: {"url":"https://c.example"} []"#,
        ]
    );
}

#[test]
fn servers_of_one_project_in_a_file_for_all_are_not_found() {
    let text = r#"{"projects": {"/p": {"mcpServers": {"a": {"command": "a"}}}}}"#;
    let braces = format("mcpServers", Expressions::Braces);
    assert!(read(text, ".claude.json", braces, None).is_empty());
    assert!(read("", ".claude.json", braces, None).is_empty());
}
