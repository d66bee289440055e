//! The binary never writes secrets of the configuration: not to its outputs at `-vv`, not to the lock, the caches or
//! the report.

use std::fs;
use std::path::Path;

use mcp_tests::binary;
use serde_json::json;

use super::{Host, guest, ran};

const CANARY: &str = "canary-91be07";

#[test]
fn secrets_are_in_nothing_that_the_binary_writes() {
    let host = Host::new();
    let tools = json!([
        {"name": "read", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}},
    ]);
    host.file("tools.json", tools.to_string());
    host.file("token", CANARY);
    let server = |env: &serde_json::Value| {
        json!({
            "command": binary("examples/file-server"), "args": ["tools.json", "log"], "cache": {}, "env": env,
        })
    };
    let url = format!("http://{CANARY}@127.0.0.1:9/mcp?key={CANARY}");
    let config = json!({ "mcpServers": {
        "written": server(&json!({ "API_TOKEN": CANARY })),
        "variable": server(&json!({ "API_TOKEN": "${CANARY}" })),
        "file": server(&json!({ "API_TOKEN": "${file:token}" })),
        "remote": { "url": url, "headers": { "Authorization": "Bearer ${CANARY}" } },
        "broken": { "command": "mcp-no-such-command", "args": [CANARY], "env": { "API_TOKEN": CANARY } },
    }});
    host.file("mcp.json", config.to_string());

    let cache = host.dir.path().join("cache");
    let shout = r#"{"shout":true,"die":true}"#;
    let input = json!({"server": "file", "tool": "read", "arguments": {"shout": true}}).to_string();
    let skill = guest("one-call");
    let run = [
        "run", &skill, "--input", &input, "--allow", "file/*", "--format", "json",
    ];
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["server", "list"],
        vec!["server", "check"],
        vec!["server", "check", "--format", "json"],
        vec!["server", "pin"],
        vec!["server", "diff", "file"],
        run.to_vec(),
    ];
    for name in ["written", "variable", "file"] {
        commands.push(vec!["server", "inspect", name]);
        commands.push(vec!["call", name, "read"]);
        commands.push(vec!["call", name, "read", shout, "--unchecked"]);
    }
    let mut heard = 0;
    for args in commands {
        let args = [args.as_slice(), &["-vv"]].concat();
        let mut command = host.command(&args);
        command.env("CANARY", CANARY);
        // Where all tests keep their compiled guests, this one need not be compiled again.
        if args[0] != "run" {
            command.env("XDG_CACHE_HOME", &cache);
        }
        let ran = ran(&command.output().unwrap());
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!said.contains(CANARY), "{args:?}: {said}");
        heard += usize::from(said.contains("API_TOKEN=${API_TOKEN}"));
    }
    assert!(
        heard >= 4,
        "the servers repeat what they were given, and {heard} times it was heard"
    );
    let (mut files, mut holds) = (0, Vec::new());
    search(host.dir.path(), &mut files, &mut holds);
    search(
        &super::cache().join("mcp-host/answers"),
        &mut files,
        &mut holds,
    );
    holds.sort();
    assert_eq!(holds, ["mcp.json", "token"], "only where the user put it");
    assert!(
        files > 7,
        "lock, key, cached responses and state among {files}"
    );
}

fn search(dir: &Path, files: &mut usize, holds: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, files, holds);
            continue;
        }
        *files += 1;
        let bytes = fs::read(&path).unwrap();
        if bytes
            .windows(CANARY.len())
            .any(|part| part == CANARY.as_bytes())
        {
            holds.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
}
