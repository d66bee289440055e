//! The release notes of `examples/`, in every language: the same bytes.

use std::fs;
use std::path::Path;

use mcp_tests::{root, skill_dir};
use serde_json::{Value, json};

use super::{is_here, with_history};
use crate::install::{self, lock};

#[test]
fn release_notes_are_the_same_bytes_in_every_language() {
    let test = "release_notes_are_the_same_bytes_in_every_language";
    let host = with_history();
    let notes = |skill: &str, input: &str| {
        let _lock = lock("examples");
        let dir = skill_dir(skill);
        let ran = host.run(&["run", dir.to_str().unwrap(), "--input", input]);
        assert_eq!(ran.code, Some(0), "{skill}: {}", ran.stderr);
        ran.stdout
    };
    let inputs = [
        "{}",
        r#"{"from": "v0.1.0", "title": "v0.2.0 \u2013 \"quoted\""}"#,
        r#"{"to": "v0.1.0"}"#,
        r#"{"from": "HEAD~2", "to": "HEAD", "maxCommits": 1}"#,
        r#"{"format": "json"}"#,
        r#"{"format": "json", "from": "HEAD", "to": "HEAD"}"#,
    ];
    let expected = inputs.map(|input| notes("examples/release-notes", input));
    assert!(
        expected[0].contains("do not lose the last line"),
        "{}",
        expected[0]
    );
    let script = root().join("examples/languages/script/release-notes.ts");
    for (input, expected) in inputs.iter().zip(&expected) {
        let ran = host.run(&["run", script.to_str().unwrap(), "--input", input]);
        assert_eq!(
            &ran.stdout, expected,
            "the script with {input}: {}",
            ran.stderr
        );
    }
    for (language, dir) in [
        ("rust", "rust-async"),
        ("js", "javascript"),
        ("ts", "typescript"),
        ("python", "python"),
        ("c", "c"),
    ] {
        if !is_here(test, language) {
            continue;
        }
        for (input, expected) in inputs.iter().zip(&expected) {
            let notes = notes(&format!("examples/languages/{dir}"), input);
            assert_eq!(&notes, expected, "{dir} with {input}");
        }
    }
}

/// `mcp-codegen new` copies these files, and so do the examples.
#[test]
fn the_examples_use_the_helpers_of_the_sdk() {
    for (helper, copies) in [
        (
            "guest-sdk/javascript/mcp.js",
            ["examples/languages/javascript/src/mcp.js"].as_slice(),
        ),
        (
            "guest-sdk/javascript/mcp.ts",
            &["examples/languages/typescript/src/mcp.ts"],
        ),
        (
            "guest-sdk/python/mcp.py",
            &["examples/languages/python/src/mcp.py"],
        ),
        ("guest-sdk/c/json.c", &["examples/languages/c/src/json.c"]),
    ] {
        let text = |path: &Path| fs::read_to_string(path).unwrap();
        for copy in copies {
            assert_eq!(
                text(&root().join(copy)),
                text(&root().join(helper)),
                "{copy}"
            );
        }
    }
}

/// Three servers in one skill, live, and its state between two runs.
#[test]
fn the_weekly_digest_is_written_once() {
    let test = "the_weekly_digest_is_written_once";
    let Some(node) = install::node(test, "tests/servers", "node") else {
        return;
    };
    let host = with_history();
    let notes = host.dir.path().canonicalize().unwrap().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("goals.md"), "Fewer bugs.\n").unwrap();
    let server = |name: &str| {
        node.join(format!(
            "node_modules/@modelcontextprotocol/server-{name}/dist/index.js"
        ))
    };
    let mut config: Value =
        serde_json::from_str(&fs::read_to_string(host.dir.path().join("mcp.json")).unwrap())
            .unwrap();
    config["mcpServers"]["filesystem"] =
        json!({ "command": "node", "args": [server("filesystem"), notes] });
    config["mcpServers"]["memory"] = json!({ "command": "node", "args": [server("memory")],
        "env": { "MEMORY_FILE_PATH": host.dir.path().join("graph.jsonl") } });
    host.file("mcp.json", config.to_string());

    let skill = skill_dir("examples/weekly-digest");
    let input = json!({ "directory": notes }).to_string();
    let run = || {
        let _lock = lock("examples");
        let ran = host.run(&["run", skill.to_str().unwrap(), "--input", &input]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let first = run();
    assert_eq!(
        (&first["commits"], &first["remembered"]),
        (&json!(4), &json!(true))
    );
    let digest = fs::read_to_string(notes.join("digest.md")).unwrap();
    assert!(
        digest.starts_with("# What happened\n\n> Fewer bugs.\n\n## Ada ("),
        "{digest}"
    );
    assert!(
        digest.contains("- fix: do not lose the last line\n"),
        "{digest}"
    );
    let graph = fs::read_to_string(host.dir.path().join("graph.jsonl")).unwrap();
    assert!(graph.contains("docs: say what it does"), "{graph}");

    fs::remove_file(notes.join("digest.md")).unwrap();
    assert_eq!(run()["path"], Value::Null);
    assert!(!notes.join("digest.md").exists());
}
