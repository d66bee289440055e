//! Each client with a file as people have it: what moves, what the client has then, and that every byte comes back.

use serde_json::{Value, json};

use super::{CONFIG, Home};

/// Sets a client up and undoes it. Gives the client's file after the setup, the configuration and what the setup
/// showed.
fn there_and_back(client: &str, file: &str, text: Option<&str>) -> (String, Value, String) {
    let home = Home::new();
    match text {
        Some(text) => drop(home.file(file, text)),
        None => std::fs::create_dir_all(home.path(file).parent().unwrap()).unwrap(),
    }
    let shown = home.done(&[client, "--yes"]).stdout;
    let (after, servers) = (home.text(file), home.servers());
    assert!(
        home.done(&[client, "--yes"])
            .stderr
            .contains("nothing to do")
    );
    home.done(&[client, "--undo", "--yes"]);
    match text {
        Some(text) => assert_eq!(home.text(file), text, "{client}"),
        None => assert!(!home.path(file).exists()),
    }
    assert!(!home.path(CONFIG).exists(), "{client}");
    // The arguments have the path of the configuration, which differs in each test.
    let config = home.path(CONFIG).display().to_string();
    let program = mcp_tests::binary("mcp-host").canonicalize().unwrap();
    let program = program.display().to_string();
    assert!(
        after.contains(&config) && after.contains(&program),
        "{after}"
    );
    let after = after
        .replace(&config, "CONFIG")
        .replace(&program, "PROGRAM");
    (after, servers, shown)
}

/// Where programs with windows keep their settings.
fn apps(rest: &str) -> String {
    let dir = if cfg!(target_os = "macos") {
        "Library/Application Support"
    } else {
        "config"
    };
    format!("{dir}/{rest}")
}

#[test]
fn claude_code() {
    let text = r#"{
  "numStartups": 41,
  "mcpServers": {
    "tracker": {
      "type": "http",
      "url": "${TRACKER_URL:-https://tracker.example}/mcp",
      "headers": { "Authorization": "Bearer ${TRACKER_TOKEN}" }
    },
    "files": { "type": "stdio", "command": "npx", "args": ["-y", "files-mcp", "/srv"], "env": {} }
  },
  "oauthAccount": { "emailAddress": "ada@example.org" }
}"#;
    let (after, servers, _) = there_and_back("claude-code", ".claude.json", Some(text));
    assert_eq!(
        after,
        r#"{
  "numStartups": 41,
  "mcpServers": {
    "mcp-host": {
      "type": "stdio",
      "command": "PROGRAM",
      "args": ["serve", "--config", "CONFIG"],
      "env": {
        "TRACKER_TOKEN": "${TRACKER_TOKEN:-}",
        "TRACKER_URL": "${TRACKER_URL:-}"
      }
    }
  },
  "oauthAccount": { "emailAddress": "ada@example.org" }
}"#
    );
    let original: Value = serde_json::from_str(text).unwrap();
    assert_eq!(servers, original["mcpServers"]);
}

#[test]
fn claude_desktop() {
    let text = "{\r\n\t\"globalShortcut\": \"\",\r\n\t\"mcpServers\": {\r\n\t\t\"notes\": {\r\n\t\t\t\"command\": \"uvx\",\r\n\t\t\t\"args\": [\"notes-mcp\"]\r\n\t\t}\r\n\t}\r\n}\r\n";
    let file = apps("Claude/claude_desktop_config.json");
    let (after, servers, _) = there_and_back("claude-desktop", &file, Some(text));
    assert_eq!(
        after,
        "{\r\n\t\"globalShortcut\": \"\",\r\n\t\"mcpServers\": {\r\n\t\t\"mcp-host\": {\r\n\t\t\t\"command\": \"PROGRAM\",\r\n\t\t\t\"args\": [\"serve\", \"--config\", \"CONFIG\"]\r\n\t\t}\r\n\t}\r\n}\r\n"
    );
    assert_eq!(
        servers,
        json!({"notes": {"command": "uvx", "args": ["notes-mcp"]}})
    );
}

#[test]
fn cursor() {
    let text = "{\n    \"mcpServers\": {\n        \"db\": { \"command\": \"db-mcp\", \"env\": { \"DB\": \"${env:DB_URL}\" } },\n        \"here\": { \"command\": \"git-mcp\", \"cwd\": \"${workspaceFolder}\" }\n    }\n}\n";
    let (after, servers, shown) = there_and_back("cursor", ".cursor/mcp.json", Some(text));
    assert_eq!(
        after,
        "{\n    \"mcpServers\": {\n        \"here\": { \"command\": \"git-mcp\", \"cwd\": \"${workspaceFolder}\" },\n        \"mcp-host\": {\n            \"command\": \"PROGRAM\",\n            \"args\": [\"serve\", \"--config\", \"CONFIG\"],\n            \"env\": {\n                \"DB_URL\": \"${env:DB_URL}\"\n            }\n        }\n    }\n}\n"
    );
    assert_eq!(
        servers,
        json!({"db": {"command": "db-mcp", "env": {"DB": "${env:DB_URL}"}}})
    );
    assert!(
        shown.contains("here: it depends on the open project"),
        "{shown}"
    );
}

#[test]
fn cursor_without_a_file() {
    let (after, servers, _) = there_and_back("cursor", ".cursor/mcp.json", None);
    let after: Value = serde_json::from_str(&after).unwrap();
    let entry = json!({"command": "PROGRAM", "args": ["serve", "--config", "CONFIG"]});
    assert_eq!(after, json!({"mcpServers": {"mcp-host": entry}}));
    assert_eq!(servers, json!({}));
}

#[test]
fn vs_code() {
    let text = r#"{
	// For all windows.
	"inputs": [{ "id": "key", "type": "promptString", "password": true }],
	"servers": {
		"asks": { "type": "http", "url": "https://asks.example/mcp", "headers": { "K": "${input:key}" } },
		"play": { "type": "stdio", "command": "npx", "args": ["@play/mcp@latest"], "gallery": true }, // pinned
	},
}
"#;
    let (after, servers, shown) = there_and_back("vscode", &apps("Code/User/mcp.json"), Some(text));
    for part in [
        "// For all windows.",
        "\"asks\"",
        "\"type\": \"stdio\",\n\t\t\t\"command\": \"PROGRAM\"",
    ] {
        assert!(after.contains(part), "no {part} in {after}");
    }
    assert!(!after.contains("@play"), "{after}");
    let play =
        json!({"type": "stdio", "command": "npx", "args": ["@play/mcp@latest"], "gallery": true});
    assert_eq!(servers, json!({ "play": play }));
    assert!(shown.contains("asks: it asks you for a value"), "{shown}");
}

#[test]
fn codex() {
    let text = "# Ada's.\nmodel = \"large\"\n\n[mcp_servers.search]\ncommand = \"npx\"\nargs = [\"-y\", \"search-mcp\"]\nenv_vars = [\"SEARCH_HOME\"]\nstartup_timeout_sec = 20\n\n[mcp_servers.search.env]\nSEARCH_KEY = \"k\"\n\n[mcp_servers.team]\nurl = \"https://team.example/mcp\"\nbearer_token_env_var = \"TEAM_TOKEN\"\n\n# Off for now.\n[mcp_servers.off]\ncommand = \"off\"\nenabled = false\n\n[tui]\nnotifications = true\n";
    let (after, servers, shown) = there_and_back("codex", ".codex/config.toml", Some(text));
    let entry = "[mcp_servers.mcp-host]\ncommand = \"PROGRAM\"\nargs = [\"serve\", \"--config\", \"CONFIG\"]\nenv_vars = [\"SEARCH_HOME\", \"TEAM_TOKEN\"]\n";
    assert!(after.contains(entry), "{after}");
    for part in [
        "# Ada's.\nmodel = \"large\"\n",
        "# Off for now.\n[mcp_servers.off]\ncommand = \"off\"\nenabled = false\n",
        "[tui]\nnotifications = true\n",
    ] {
        assert!(after.contains(part), "no {part} in {after}");
    }
    assert!(
        !after.contains("search") && !after.contains("team."),
        "{after}"
    );
    assert_eq!(servers["search"]["env"]["SEARCH_KEY"], "k");
    assert_eq!(
        servers["team"],
        json!({"url": "https://team.example/mcp", "bearer_token_env_var": "TEAM_TOKEN"})
    );
    assert!(
        shown.contains("off: it is disabled") && shown.contains("SEARCH_KEY = \"…\""),
        "{shown}"
    );
}

#[test]
fn gemini() {
    let text = r#"{
  "security": { "auth": { "selectedType": "oauth-personal" } },
  // My servers.
  "mcpServers": {
    "cloud": { "httpUrl": "https://cloud.example/mcp", "headers": { "X-Key": "$CLOUD_KEY" }, "timeout": 30000 },
    "small": { "command": "small", "includeTools": ["one"] }
  },
  "mcp": { "allowed": ["cloud", "small"] }
}
"#;
    let (after, servers, shown) = there_and_back("gemini", ".gemini/settings.json", Some(text));
    for part in [
        "// My servers.",
        "\"small\"",
        "\"CLOUD_KEY\": \"$CLOUD_KEY\"",
        "\"allowed\": [\"cloud\", \"small\"]",
    ] {
        assert!(after.contains(part), "no {part} in {after}");
    }
    let cloud = json!({"httpUrl": "https://cloud.example/mcp", "headers": {"X-Key": "${CLOUD_KEY}"}, "timeout": 30000});
    assert_eq!(servers, json!({ "cloud": cloud }));
    assert!(
        shown.contains("add `mcp-host` to it") && shown.contains("small: `includeTools`"),
        "{shown}"
    );
}

#[test]
fn opencode() {
    let text = r#"{
  "$schema": "https://opencode.ai/config.json",
  "mcp": {
    "wiki": {
      "type": "local",
      "command": ["bun", "x", "wiki-mcp"],
      "environment": { "WIKI": "{env:WIKI}" },
      "enabled": true,
      "timeout": 9000,
    },
  },
}
"#;
    let (after, servers, _) =
        there_and_back("opencode", "config/opencode/opencode.jsonc", Some(text));
    assert_eq!(
        after,
        r#"{
  "$schema": "https://opencode.ai/config.json",
  "mcp": {
    "mcp-host": {
      "type": "local",
      "command": ["PROGRAM", "serve", "--config", "CONFIG"],
      "enabled": true,
    },
  },
}
"#
    );
    let wiki = json!({"type": "local", "command": ["bun", "x", "wiki-mcp"], "environment": {"WIKI": "${env:WIKI:-}"}, "enabled": true, "startup_timeout_ms": 9000});
    assert_eq!(servers, json!({ "wiki": wiki }));
}

#[test]
fn zed() {
    let text = r#"// Zed settings
{
  "vim_mode": true,
  "context_servers": {
    "lint": { "enabled": true, "command": "lint-mcp", "args": ["--stdio"], "env": {} },
    // From an extension.
    "store": { "settings": { "key": "x" } }
  },
  "theme": "One Dark"
}
"#;
    let (after, servers, shown) = there_and_back("zed", "config/zed/settings.json", Some(text));
    for part in [
        "// Zed settings",
        "// From an extension.",
        "\"store\": { \"settings\": { \"key\": \"x\" } }",
        "\"theme\": \"One Dark\"",
    ] {
        assert!(after.contains(part), "no {part} in {after}");
    }
    assert_eq!(servers["lint"]["args"], json!(["--stdio"]));
    assert!(shown.contains("store: has neither `command`"), "{shown}");
}

#[test]
fn windsurf() {
    let text = "{\n  \"mcpServers\": {\n    \"deploy\": {\n      \"serverUrl\": \"https://deploy.example/mcp\",\n      \"headers\": { \"Authorization\": \"Bearer abc\" },\n      \"disabledTools\": []\n    }\n  }\n}\n";
    let (after, servers, _) =
        there_and_back("windsurf", ".codeium/windsurf/mcp_config.json", Some(text));
    assert!(
        !after.contains("deploy") && after.contains("\"mcp-host\""),
        "{after}"
    );
    assert_eq!(servers["deploy"]["serverUrl"], "https://deploy.example/mcp");
}
