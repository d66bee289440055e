//! Files of other clients before and after their servers are replaced.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::json;

use super::*;

fn replaced(text: &str, file: &str, key: &str, remove: &[&str]) -> String {
    let entry = json!({"command": "/opt/mcp-host", "args": ["serve"]});
    replace_servers(text, Path::new(file), key, remove, "mcp-host", &entry).unwrap()
}

const SETTINGS: &str = "{
\t// Looks.
\t\"theme\": \"One\", /* and */
\t\"context_servers\": {
\t\t\"gone\": { \"command\": \"a\" },
\t\t// stays
\t\t\"stays\": { \"command\": \"b\" },
\t},
\t\"vim\": true,
}
";

#[test]
fn servers_are_replaced_and_everything_else_stays() {
    let expected = SETTINGS
        .replace("\t\t\"gone\": { \"command\": \"a\" },\n", "")
        .replace(
            "\"b\" },\n",
            "\"b\" },\n\t\t\"mcp-host\": {\n\t\t\t\"command\": \"/opt/mcp-host\",\n\t\t\t\"args\": [\"serve\"],\n\t\t},\n",
        );
    let changed = replaced(SETTINGS, "settings.json", "context_servers", &["gone"]);
    assert_eq!(changed, expected);
    // An entry that is there already is replaced where it is.
    assert_eq!(
        replaced(&changed, "settings.json", "context_servers", &[]),
        expected
    );
}

#[test]
fn file_without_servers_gets_its_key() {
    let expected = "{\n  \"mcpServers\": {\n    \"mcp-host\": {\n      \"command\": \"/opt/mcp-host\",\n      \
                    \"args\": [\"serve\"]\n    }\n  }\n}\n";
    for text in ["{}\n", "{\n  \"mcpServers\": null\n}\n"] {
        assert_eq!(
            replaced(text, "a.json", "mcpServers", &[]),
            expected,
            "{text}"
        );
    }
    assert!(replaced("", "a.json", "mcpServers", &[]).contains("mcp-host"));
    assert!(replaced("\u{feff}{}", "a.json", "mcpServers", &[]).starts_with("\u{feff}{"));
}

const CODEX: &str = "# Mine.
model = \"large\"   # the best

[mcp_servers.gone]
command = \"a\"
[mcp_servers.gone.env]
A = \"1\"

# stays
[mcp_servers.stays]
command = \"b\"

[tui]
theme = 'x'
";

#[test]
fn tables_of_codex_are_replaced_and_everything_else_stays() {
    let changed = replaced(CODEX, "config.toml", "mcp_servers", &["gone"]);
    let gone = "[mcp_servers.gone]\ncommand = \"a\"\n[mcp_servers.gone.env]\nA = \"1\"\n\n";
    for line in CODEX.replace(gone, "").lines() {
        assert!(changed.lines().any(|one| one == line), "{line}\n{changed}");
    }
    assert!(!changed.contains("gone"), "{changed}");
    let ours = "[mcp_servers.mcp-host]\ncommand = \"/opt/mcp-host\"\nargs = [\"serve\"]\n";
    assert!(changed.contains(ours), "{changed}");
    let empty = replaced("", "config.toml", "mcp_servers", &[]);
    assert_eq!(empty, ours);
    let inline = replaced(
        "mcp_servers = { a = { command = 'a' } }\n",
        "config.toml",
        "mcp_servers",
        &["a"],
    );
    assert!(
        inline.starts_with("mcp_servers = {") && inline.contains("mcp-host"),
        "{inline}"
    );
}

#[test]
fn what_cannot_be_read_is_not_changed() {
    let entry = json!({});
    for (file, text) in [
        ("a.json", "{"),
        ("a.json", "[]"),
        ("a.json", "{\"mcpServers\": []}"),
        ("a.toml", "a ="),
        ("a.toml", "mcpServers = 1"),
    ] {
        let error = replace_servers(text, Path::new(file), "mcpServers", &[], "mcp-host", &entry);
        assert!(error.is_err(), "{text}");
    }
}

#[test]
fn servers_come_back_into_a_file_that_changed_elsewhere() {
    for (file, key, text, other, changed) in [
        (
            "settings.json",
            "context_servers",
            SETTINGS,
            "\"One\"",
            "\"Two\"",
        ),
        (
            "config.toml",
            "mcp_servers",
            CODEX,
            "\"large\"",
            "\"small\"",
        ),
        ("a.json", "mcpServers", "{\n  \"n\": 1\n}\n", "1", "2"),
        (
            "a.json",
            "mcpServers",
            "\u{feff}{\"n\": 1, \"mcpServers\": {\"gone\": {}}}",
            "1",
            "2",
        ),
    ] {
        let origin = Path::new(file);
        let written = replaced(text, file, key, &["gone"]);
        let now = written.replace(other, changed);
        let back = restore_servers(&now, &written, text, origin, key).unwrap();
        assert_eq!(back.unwrap(), text.replace(other, changed));
        let servers = now.replace("serve", "other");
        assert_eq!(
            restore_servers(&servers, &written, text, origin, key).unwrap(),
            None
        );
    }
}
