//! Entries of the configuration: adding one, entries that are not understood, where a server starts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use mcp_tests::binary;
use serde_json::{Value, json};

use super::server_commands::{ONE, host, report, tools};
use super::{Host, guest};

#[test]
fn server_is_added_used_and_removed() {
    let host = Host::new();
    tools(&host, "Reads an issue.");
    let server = binary("examples/file-server");
    let server = server.to_str().unwrap();
    let added = host.run(&[
        "server",
        "add",
        "files",
        "--env",
        "TOKEN",
        "--",
        server,
        "tools.json",
        "log",
    ]);
    added.is(
        0,
        "",
        "added `files` to `mcp.json`; see if it works with `mcp-host server check files`\n",
    );
    let text = fs::read_to_string(host.dir.path().join("mcp.json")).unwrap();
    assert!(text.contains(r#""TOKEN": "${TOKEN}""#), "{text}");
    host.run(&["server", "check", "files"])
        .code
        .filter(|code| *code == 2)
        .unwrap_or_else(|| panic!("`TOKEN` is not set"));
    let ran = super::ran(
        &host
            .command(&["call", "files", "get_issue", ONE])
            .env("TOKEN", "x")
            .output()
            .unwrap(),
    );
    ran.is(0, "answer 1\n", "");
    host.run(&["server", "add", "files", "--url", "https://example.org"])
        .fails_with(2, &["server `files` is in `mcp.json` already"]);
    host.run(&["server", "add", "x", "--env", "se cret=1", "--", "x"])
        .fails_with(2, &["`se cret` is not a name of an environment variable"]);
    host.run(&["server", "remove", "files"])
        .is(0, "", "removed `files` from `mcp.json`\n");
    host.run(&["server", "remove", "files"])
        .fails_with(2, &["server `files` is not in `mcp.json`"]);
}

#[test]
fn server_is_added_without_dashes_unless_an_option_may_be_meant_for_either_program() {
    let host = Host::new();
    host.run(&["server", "add", "y", "npx", "foo"]).is(
        0,
        "",
        "added `y` to `mcp.json`; see if it works with `mcp-host server check y`\n",
    );
    let read: Value =
        serde_json::from_slice(&fs::read(host.dir.path().join("mcp.json")).unwrap()).unwrap();
    assert_eq!(
        read["mcpServers"]["y"],
        json!({"command": "npx", "args": ["foo"]})
    );
    host.run(&["server", "add", "z", "npx", "-y", "foo"])
        .fails_with(
            2,
            &[
                "`-y` may be an option of the server or of this program",
                "mcp-host server add z -- npx ...",
            ],
        );
    let added = host.run(&["server", "add", "z", "--", "npx", "-y", "foo"]);
    assert_eq!(added.code, Some(0), "{}", added.stderr);
}

#[test]
fn check_and_pin_without_a_configuration_name_the_files_that_were_tried() {
    let host = Host::new();
    for command in ["check", "pin"] {
        host.run(&["server", command]).fails_with(
            2,
            &[
                "there is no configuration: looked for `mcp.json`, `.mcp.json`, `",
                "hint:  name one with `--config FILE`",
            ],
        );
    }
}

#[test]
fn list_of_servers_in_one_word_gets_the_words_to_write() {
    let host = Host::new();
    let server = json!({"command": "x"});
    host.file(
        "mcp.json",
        json!({"mcpServers": {"a": server, "b": server}}).to_string(),
    );
    let hint = "server `a,b` is not in `mcp.json`, which has `a`, `b`: names of several servers are words of their \
                own, `a b`";
    for command in [
        &["server", "check", "a,b"][..],
        &["server", "pin", "a,b"],
        &["server", "inspect", "a,b"],
        &["call", "a,b", "t"],
    ] {
        host.run(command).fails_with(2, &[hint]);
    }
    host.run(&["server", "check", "a,c"]).fails_with(
        2,
        &["server `a,c` is not in `mcp.json`, which has `a`, `b`; add it"],
    );
}

#[test]
fn configuration_beside_the_skill_is_used_last_and_named() {
    let host = Host::new();
    let skill = host.dir.path().join("skills/mine.wasm");
    fs::create_dir(host.dir.path().join("skills")).unwrap();
    fs::copy(guest("one-call"), &skill).unwrap();
    let server = binary("examples/scripted-server");
    let config =
        json!({"mcpServers": {"scripted": {"command": server, "args": ["ok"]}}}).to_string();
    host.file("skills/mcp.json", &config);
    let input =
        json!({"server": "scripted", "tool": "echo", "arguments": {"text": "hi"}}).to_string();
    let run = [
        "run",
        "skills/mine.wasm",
        "--allow",
        "scripted/echo",
        "--input",
        &input,
    ];
    let ran = host.run(&run);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("skills/mcp.json"), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("WARN").count(), 1, "{}", ran.stderr);
    // One in the directory where the user is comes first.
    host.file("mcp.json", json!({"mcpServers": {}}).to_string());
    host.run(&run).fails_with(2, &["scripted", "`mcp.json`"]);
}

#[test]
fn script_that_the_system_cannot_run_says_what_to_do() {
    for (text, mode, why) in [
        (
            "#!/bin/sh\n",
            0o644,
            "failed to start `./s.py`: it is not executable: run `chmod +x` on it, or write `\"command\": \"python3\"` and",
        ),
        (
            "import sys\n",
            0o755,
            "failed to start `./s.py`: it is a script without an interpreter: begin it with a line such as",
        ),
        (
            "#!/opt/none/python3\n",
            0o755,
            "the interpreter in its first line, `#!/opt/none/python3`, does not exist: install it, or write",
        ),
        (
            "#!/bin/sh\r\n",
            0o755,
            "its first line `#!/bin/sh` ends with a carriage return, as on Windows",
        ),
    ] {
        let host = Host::new();
        host.config(&json!({"command": "./s.py"}));
        host.file("s.py", text);
        let file = host.dir.path().join("s.py");
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        host.run(&["call", "scripted", "t"]).fails_with(6, &[why]);
    }
}

#[test]
fn server_that_is_off_names_the_key_that_says_so() {
    for (key, value) in [("enabled", false), ("isActive", false), ("disabled", true)] {
        let host = Host::new();
        host.config(&json!({"command": "x", key: value}));
        let hint = format!("server `scripted` is disabled: remove `{key}` from its configuration");
        host.run(&["call", "scripted", "t"]).fails_with(2, &[&hint]);
    }
}

#[test]
fn timeout_of_another_client_is_said_once_and_only_of_a_server_that_is_used() {
    let host = host(&json!({"timeout": 2000}));
    let path = host.dir.path().join("mcp.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["mcpServers"]["idle"] = json!({"command": "x", "timeout": 3});
    host.file("mcp.json", config.to_string());
    let ran = host.run(&["call", "files", "get_issue", ONE]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("read as").count(), 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("read as 2 s for each call"),
        "{}",
        ran.stderr
    );
}

#[test]
fn slow_server_holds_no_other_up() {
    let host = host(&json!({}));
    let path = host.dir.path().join("mcp.json");
    let config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    // Nine servers are more than start at once. Each of the first answers nothing.
    let slow = json!({"command": "sleep", "args": ["60"], "startup_timeout_sec": 3});
    let mut servers = serde_json::Map::new();
    for at in 0..3 {
        servers.insert(format!("slow{at}"), slow.clone());
    }
    for at in 0..17 {
        servers.insert(format!("fast{at}"), config["mcpServers"]["files"].clone());
    }
    servers.insert("later".to_owned(), slow.clone());
    host.file("mcp.json", json!({"mcpServers": servers}).to_string());
    let ran = host.run(&["server", "check"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    let names: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(names.len(), 21, "{}", ran.stdout);
    let slow = names.iter().position(|name| name.starts_with("slow"));
    assert_eq!(
        slow,
        Some(17),
        "every fast server is printed before: {names:?}"
    );
    let listed = report(&host.run(&["server", "list", "--format", "json"]));
    assert_eq!(
        listed["servers"][0]["name"], "slow0",
        "in the order of the file"
    );
}

#[test]
fn entry_that_is_not_understood_costs_no_other_server() {
    let host = host(&json!({}));
    let path = host.dir.path().join("mcp.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["mcpServers"]["ide"] = json!({"type": "ide", "disabled": true});
    config["mcpServers"]["odd"] = json!("http://127.0.0.1:9/mcp");
    host.file("mcp.json", config.to_string());
    let called = host.run(&["call", "files", "get_issue", ONE]);
    assert_eq!((called.code, &*called.stdout), (Some(0), "answer 1\n"));
    // What is wrong with an entry is said where it is used.
    assert_eq!(called.stderr, "");
    host.run(&["call", "odd", "get_issue", ONE]).fails_with(
        2,
        &["server `odd`: found a string, expected an object with `command` or `url`"],
    );
    let checked = host.run(&["server", "check", "--format", "json"]);
    assert_eq!(checked.code, Some(2), "{}", checked.stderr);
    let states: Vec<_> = report(&checked)["servers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|server| (server["name"].clone(), server["state"].clone()))
        .collect();
    let expected = [("files", "ok"), ("ide", "disabled"), ("odd", "failed")];
    assert_eq!(
        states,
        expected.map(|(name, state)| (json!(name), json!(state)))
    );
}

#[test]
fn error_of_a_command_line_in_one_string_names_args() {
    let host = Host::new();
    let config = json!({"mcpServers": {"s": {"command": "python3 server.py --key hunter2"}}});
    host.file("mcp.json", config.to_string());
    let ran = host.run(&["server", "check"]);
    assert_eq!(ran.code, Some(6));
    assert!(
        ran.stdout.contains("command line in one string"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("arguments into `args`"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
    for (command, says) in [
        (
            "cd /srv && python3 server.py hunter2",
            "is a line for a shell, and no shell reads it",
        ),
        (
            "/no such/program hunter2",
            "the path in `command`, which has a space, does not exist",
        ),
        ("/bin/sh -c hunter2", "write `\"command\": \"/bin/sh\"`"),
    ] {
        let config = json!({"mcpServers": {"s": {"command": command}}});
        host.file("mcp.json", config.to_string());
        let ran = host.run(&["server", "check"]);
        assert!(ran.stdout.contains(says), "{command}: {}", ran.stdout);
        assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
    }
}

#[test]
fn server_starts_in_the_directory_of_the_configuration_and_a_moved_path_is_named() {
    let host = host(&json!({}));
    let path = host.dir.path().join("mcp.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["mcpServers"]["files"]["args"] = json!(["tools.json", "log"]);
    let sub = host.dir.path().join("sub");
    fs::create_dir(&sub).unwrap();
    fs::rename(host.dir.path().join("tools.json"), sub.join("tools.json")).unwrap();
    host.file("sub/mcp.json", config.to_string());
    let called = host.run(&[
        "call",
        "files",
        "get_issue",
        ONE,
        "--config",
        "sub/mcp.json",
    ]);
    called.is(0, "answer 1\n", "");
    fs::rename(sub.join("tools.json"), host.dir.path().join("tools.json")).unwrap();
    let called = host.run(&[
        "call",
        "files",
        "get_issue",
        ONE,
        "--config",
        "sub/mcp.json",
    ]);
    assert_eq!(called.code, Some(6));
    let warning = "`tools.json` exists in the current directory, but the server starts in `";
    assert!(called.stderr.contains(warning), "{}", called.stderr);
}

#[test]
fn rule_that_matches_nothing_is_a_warning_with_the_near_name() {
    let host = host(&json!({}));
    host.file(
        "mcp-host.toml",
        "[policy]\ndeny = [\"files/get_isue\", \"flies/*\"]\n",
    );
    let warnings = [
        "rule `files/get_isue` of `deny` in `mcp-host.toml` matches no tool of `files`; did you mean `get_issue`?",
        "rule `flies/*` of `deny` in `mcp-host.toml` matches no server of the configuration; did you mean `files`?",
    ];
    let checked = host.run(&["server", "check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    let input = json!({"server": "files", "tool": "close"}).to_string();
    let ran = host.run(&[
        "run",
        &guest("one-call"),
        "--input",
        &input,
        "--allow",
        "files/*",
    ]);
    // No annotation of `close` says that it is harmless, and a policy with only `deny` does not care.
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for warning in warnings {
        assert!(checked.stdout.contains(warning), "{}", checked.stdout);
        assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    }
}
