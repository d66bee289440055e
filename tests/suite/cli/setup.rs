//! `mcp-host setup`: the servers of a client move, this program stands in their place, and `--undo` puts every byte
//! back.

mod clients;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Host, Ran, ran};

/// A home with the files of clients.
struct Home(Host);

impl Home {
    fn new() -> Self {
        Self(Host::new())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.dir.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn setup(&self, args: &[&str]) -> Ran {
        let mut command = self.0.command(&["setup"]);
        command.args(args).env("HOME", self.0.dir.path());
        for name in ["CLAUDE_CONFIG_DIR", "CODEX_HOME", "OPENCODE_CONFIG"] {
            command.env_remove(name);
        }
        ran(&command.output().unwrap())
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> Ran {
        let ran = self.setup(args);
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// The servers of this program's configuration.
    fn servers(&self) -> Value {
        let config: Value = serde_json::from_str(&self.text(CONFIG)).unwrap();
        config["mcpServers"].clone()
    }
}

/// The configuration of this program, in a test.
const CONFIG: &str = "config/mcp-host/mcp.json";

const CURSOR: &str = ".cursor/mcp.json";

const SERVERS: &str = r#"{
  "mcpServers": {
    // Notes of the team.
    "notes": { "command": "notes-mcp", "env": { "NOTES_TOKEN": "n0tes-t0ken" } },
    "paused": { "command": "p", "disabled": true }
  }
}
"#;

#[test]
fn clients_that_exist_are_listed() {
    let home = Home::new();
    assert_eq!(home.done(&[]).stdout, "");
    home.file(CURSOR, SERVERS);
    home.file(".codex/config.toml", "model = \"x\"\n");
    home.file(".gemini/settings.json", "{");
    let listed = home.done(&[]).stdout;
    let lines: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let file = |name: &str| home.path(name).display().to_string();
    assert_eq!(lines[0], ["CLIENT", "SERVERS", "STATE", "FILE"]);
    assert_eq!(lines[1], ["cursor", "2", "not set up", &file(CURSOR)]);
    assert_eq!(
        lines[2],
        ["codex", "0", "no servers", &file(".codex/config.toml")]
    );
    assert_eq!(
        lines[3],
        [
            "gemini",
            "0",
            "cannot be read",
            &file(".gemini/settings.json")
        ]
    );
    home.done(&["cursor", "--yes"]);
    let listed: Value = serde_json::from_str(&home.done(&["--format", "json"]).stdout).unwrap();
    assert_eq!(listed["clients"][0]["state"], "set up");
}

#[test]
fn nothing_changes_without_consent_and_no_secret_is_shown() {
    let home = Home::new();
    home.file(CURSOR, SERVERS);
    let shown = home.done(&["cursor", "--dry-run"]);
    for part in [
        "moves   notes to ",
        "stays   paused: it is disabled",
        "-    \"notes\": {",
        "+    \"mcp-host\": {",
        "\"NOTES_TOKEN\": \"…\"",
    ] {
        assert!(
            shown.stdout.contains(part),
            "no {part} in:\n{}",
            shown.stdout
        );
    }
    assert!(!shown.stdout.contains("n0tes-t0ken"), "{}", shown.stdout);
    let refused = home.setup(&["cursor"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("say `--yes`"), "{}", refused.stderr);
    assert_eq!(home.text(CURSOR), SERVERS);
    assert!(!home.path(CONFIG).exists() && !home.path("state/mcp-host/setup").exists());
}

#[test]
fn second_setup_has_nothing_to_do_and_a_later_one_moves_what_is_new() {
    let home = Home::new();
    home.file(CURSOR, SERVERS);
    home.done(&["cursor", "--yes"]);
    let first = home.text(CURSOR);
    assert!(
        home.done(&["cursor", "--yes"])
            .stderr
            .contains("nothing to do")
    );
    assert_eq!(home.text(CURSOR), first);
    let more = first.replace(
        "\"mcpServers\": {",
        "\"mcpServers\": {\n    \"new\": {\"command\": \"n\"},",
    );
    home.file(CURSOR, &more);
    home.done(&["cursor", "--yes"]);
    assert_eq!(
        home.servers()
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["notes", "new"]
    );
    // Each setup is undone on its own, the last one first.
    assert!(
        home.done(&["cursor", "--undo", "--yes"])
            .stderr
            .contains("an earlier setup")
    );
    assert_eq!(home.text(CURSOR), more);
    // The user wrote a server into what the first one left: which of them are meant, only the user knows.
    let undone = home.setup(&["cursor", "--undo", "--yes"]);
    undone.fails_with(
        2,
        &["changed since the setup", "setup/cursor-1/client.before"],
    );
}

#[test]
fn configuration_is_for_its_user_alone() {
    let home = Home::new();
    let mode = |name: &str| fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777;
    home.file(
        CONFIG,
        "{\n  // Mine.\n  \"mcpServers\": {\"own\": {\"command\": \"o\"}}\n}\n",
    );
    home.file(CURSOR, SERVERS);
    fs::set_permissions(home.path(CURSOR), fs::Permissions::from_mode(0o640)).unwrap();
    home.done(&["cursor", "--yes"]);
    assert_eq!((mode(CONFIG), mode(CURSOR)), (0o600, 0o640));
    assert!(home.text(CONFIG).contains("// Mine."));
    let copies = fs::read_dir(home.path("state/mcp-host/setup/cursor-1")).unwrap();
    for copy in copies {
        assert_eq!(
            copy.unwrap().metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn only_the_servers_come_back_into_a_file_that_its_client_wrote_since() {
    let home = Home::new();
    let text = r#"{"numStartups": 1, "mcpServers": {"a": {"type": "stdio", "command": "a", "env": {}}}, "projects": {"/p": {"mcpServers": {"p": {"command": "p"}}}}}"#;
    home.file(".claude.json", text);
    fs::create_dir(home.path(".claude")).unwrap();
    let done = home.done(&["claude-code", "--yes"]);
    assert!(
        done.stdout.contains("servers of 1 project stay"),
        "{}",
        done.stdout
    );
    // The client writes all of it again, in its own form.
    let mut now: Value = serde_json::from_str(&home.text(".claude.json")).unwrap();
    now["numStartups"] = 2.into();
    home.file(".claude.json", &serde_json::to_string_pretty(&now).unwrap());
    let undone = home.done(&["claude-code", "--undo", "--yes"]);
    assert!(
        undone.stderr.contains("only its servers come back"),
        "{}",
        undone.stderr
    );
    let mut expected: Value = serde_json::from_str(text).unwrap();
    expected["numStartups"] = 2.into();
    assert_eq!(
        serde_json::from_str::<Value>(&home.text(".claude.json")).unwrap(),
        expected
    );
}

#[test]
fn file_whose_servers_changed_since_is_not_touched_and_the_copy_is_named() {
    let home = Home::new();
    home.file(CURSOR, SERVERS);
    home.done(&["cursor", "--yes"]);
    let changed = home.text(CURSOR).replace("\"p\"", "\"other\"");
    home.file(CURSOR, &changed);
    let undone = home.setup(&["cursor", "--undo", "--yes"]);
    assert_eq!(undone.code, Some(2));
    for part in [
        "changed since the setup",
        "+    \"paused\": { \"command\": \"other\"",
        "setup/cursor-1/client.before",
    ] {
        assert!(
            undone.stderr.contains(part),
            "no {part} in:\n{}",
            undone.stderr
        );
    }
    assert_eq!(home.text(CURSOR), changed);
    assert_eq!(
        home.text("state/mcp-host/setup/cursor-1/client.before"),
        SERVERS
    );
}

#[test]
fn servers_stay_in_the_configuration_while_another_client_needs_them() {
    let home = Home::new();
    home.file(CURSOR, SERVERS);
    let windsurf = home.file(".codeium/windsurf/mcp_config.json", SERVERS);
    home.done(&["cursor", "--yes"]);
    home.done(&["windsurf", "--yes"]);
    let undone = home.done(&["cursor", "--undo", "--yes"]);
    assert!(
        undone.stderr.contains("another client uses it"),
        "{}",
        undone.stderr
    );
    assert_eq!(home.text(CURSOR), SERVERS);
    assert_eq!(home.servers()["notes"]["command"], "notes-mcp");
    home.done(&["windsurf", "--undo", "--yes"]);
    assert_eq!(fs::read_to_string(windsurf).unwrap(), SERVERS);
}

#[test]
fn server_whose_name_is_taken_stays_in_the_client() {
    let home = Home::new();
    home.file(CONFIG, r#"{"mcpServers": {"notes": {"command": "other"}}}"#);
    home.file(CURSOR, SERVERS);
    let shown = home.done(&["cursor", "--yes"]).stdout;
    assert!(shown.contains("has another server of this name"), "{shown}");
    assert!(home.text(CURSOR).contains("\"notes\""));
    assert_eq!(home.servers(), json!({"notes": {"command": "other"}}));
}

#[test]
fn server_that_the_user_keeps_stays() {
    let home = Home::new();
    home.file(CURSOR, SERVERS);
    let error = home.setup(&["cursor", "--yes", "--keep", "note"]);
    assert!(
        error.stderr.contains("did you mean `notes`?"),
        "{}",
        error.stderr
    );
    home.done(&["cursor", "--yes", "--keep", "notes"]);
    assert!(home.text(CURSOR).contains("\"notes\"") && home.text(CURSOR).contains("\"mcp-host\""));
    assert_eq!(home.servers(), json!({}));
}

#[test]
fn file_of_a_project_moves_with_the_directory_of_the_project() {
    let home = Home::new();
    let file = home.file(
        "work/.vscode/mcp.json",
        r#"{"servers": {"a": {"command": "./a", "args": ["${workspaceFolder}/b"]}}}"#,
    );
    let project = home.path("work").display().to_string();
    home.done(&["vscode", "--yes", "--file", file.to_str().unwrap()]);
    let expected =
        json!({"a": {"command": "./a", "args": [format!("{project}/b")], "cwd": project}});
    assert_eq!(home.servers(), expected);
}

#[test]
fn what_cannot_be_changed_is_refused_and_stays() {
    let home = Home::new();
    for (text, part) in [
        ("{\"mcpServers\": ", "not valid JSON"),
        ("{\"mcpServers\": [1]}", "expected an object"),
        (
            r#"{"mcpServers": {"mcp-host": {"command": "other"}}}"#,
            "is not `mcp-host serve`",
        ),
    ] {
        home.file(CURSOR, text);
        home.setup(&["cursor", "--yes"]).fails_with(2, &[part]);
        assert_eq!(home.text(CURSOR), text);
        assert!(!home.path(CONFIG).exists());
    }
    home.setup(&["zed", "--yes"])
        .fails_with(2, &["Zed is not found: looked for", "--file FILE"]);
    home.setup(&["zed", "--undo", "--yes"])
        .fails_with(2, &["no setup of Zed is known"]);
    home.setup(&["atom"]).fails_with(2, &["claude-code"]);
    fs::remove_file(home.path(CURSOR)).unwrap();
    symlink("nowhere", home.path(CURSOR)).unwrap();
    home.setup(&["cursor", "--yes"])
        .fails_with(2, &["is a link to a file that does not exist"]);
}

#[test]
fn link_stays_a_link_and_its_file_changes() {
    let home = Home::new();
    home.file("dotfiles/mcp.json", SERVERS);
    fs::create_dir(home.path(".cursor")).unwrap();
    symlink(home.path("dotfiles/mcp.json"), home.path(CURSOR)).unwrap();
    home.done(&["cursor", "--yes"]);
    assert!(home.path(CURSOR).is_symlink() && home.text("dotfiles/mcp.json").contains("mcp-host"));
    home.done(&["cursor", "--undo", "--yes"]);
    assert!(home.path(CURSOR).is_symlink());
    assert_eq!(home.text("dotfiles/mcp.json"), SERVERS);
}
