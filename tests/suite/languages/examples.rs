//! The release notes of `examples/`, in every language: the same bytes.

use std::fs;
use std::path::Path;

use mcp_tests::{root, skill_dir};

use super::{is_here, with_history};
use crate::install::lock;

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
    ];
    let expected = inputs.map(|input| notes("examples/release-notes", input));
    assert!(
        expected[0].contains("do not lose the last line"),
        "{}",
        expected[0]
    );
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
