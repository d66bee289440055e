//! `mcp-host config`: which file is used and why, and a first one.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::Host;

#[test]
fn first_configuration_can_be_read_and_is_not_replaced() {
    let host = Host::new();
    let written = host.run(&["config", "init"]);
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let path = host.dir.path().join("config/mcp-host/mcp.json");
    assert!(
        written
            .stderr
            .contains(&format!("wrote `{}`", path.display()))
    );
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // A server that is added stands under the comments.
    host.run(&["server", "add", "notes", "--", "notes-mcp"]).is(
        0,
        "",
        &format!(
            "added `notes` to `{0}`; see if it works with `mcp-host server check notes`\n",
            path.display()
        ),
    );
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("// A server over HTTP:") && text.contains("\"notes\""),
        "{text}"
    );
    host.run(&["config", "init"]).fails_with(
        2,
        &["exists already, and is not replaced", "mcp-host server add"],
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn commented_examples_of_the_first_configuration_are_servers() {
    let host = Host::new();
    let path = host.dir.path().join("first.json");
    let file = path.to_str().unwrap();
    assert_eq!(
        host.run(&["config", "init", "--config", file]).code,
        Some(0)
    );
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text
        .lines()
        .map(|line| match line.trim_start().strip_prefix("// ") {
            Some(code) if code.starts_with(['"', '}', ' ']) => code,
            _ => line,
        });
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let shown = host.run(&["config", "show", "--config", file, "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let servers = shown["servers"].as_array().unwrap();
    let servers: Vec<_> = servers
        .iter()
        .map(|server| (server["name"].as_str().unwrap(), &server["state"]))
        .collect();
    let enabled = &Value::from("enabled");
    assert_eq!(
        servers,
        [
            ("files", enabled),
            ("github", enabled),
            ("tracker", enabled)
        ]
    );
}

#[test]
fn configuration_in_use_is_shown_with_its_reason_and_without_secrets() {
    let host = Host::new();
    let none = host.run(&["config", "show"]);
    none.is(
        0,
        "configuration  none  looked for 3 files\nsettings       none\n",
        "hint:  `mcp-host config init` writes a first configuration\n",
    );
    let path = host.run(&["config", "path"]).stdout;
    assert_eq!(
        path.trim_end(),
        host.dir
            .path()
            .canonicalize()
            .unwrap()
            .join("mcp.json")
            .to_str()
            .unwrap()
    );
    host.file(
        "mcp.json",
        r#"{"mcpServers": {
            "a": {"command": "a", "args": ["--token", "s3cret"], "env": {"K": "s3cret"}},
            "b": {"url": "https://ada:s3cret@b.example/mcp?key=s3cret", "disabled": true},
            "c": {"command": 1}
        }}"#,
    );
    host.file("mcp-host.toml", "[limits]\ncalls = 5\n");
    let shown = host.run(&["config", "show"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert_eq!(
        shown
            .stdout
            .replace("  ", " ")
            .replace("  ", " ")
            .replace("  ", " ")
            .lines()
            .take(6)
            .collect::<Vec<_>>()[..2],
        [
            "configuration mcp.json in this directory: it comes before that of the user",
            "settings mcp-host.toml"
        ]
    );
    for part in [
        "a     stdio      enabled",
        "https://b.example/mcp",
        "disabled",
        "key `command`: found a number",
    ] {
        assert!(
            shown.stdout.contains(part),
            "no {part} in:\n{}",
            shown.stdout
        );
    }
    assert!(!shown.stdout.contains("s3cret") && !shown.stderr.contains("s3cret"));
}
