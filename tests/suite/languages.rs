//! Skills in every language: created by `mcp-codegen new`, built by `mcp-host build`, run and tested as their READMEs
//! say.

mod build;
mod dev;
mod examples;
mod failures;
mod names;
mod new;
mod script;

use std::path::{Path, PathBuf};
use std::process::Command;

use mcp_tests::{binary, root};
use serde_json::json;

use crate::cli::{Host, main_job};
use crate::install::{node_version, python_version};

/// Whether this machine has the tools of a language; prints a message if it does not.
fn is_here(test: &str, language: &str) -> bool {
    match language {
        "js" | "ts" => node_version(test).is_some(),
        "python" | "c" => python_version(test).is_some(),
        _ => true,
    }
}

/// A host whose `git-history` serves a repository of four commits, the first of them released.
fn with_history() -> Host {
    let host = Host::new();
    let repository = host.dir.path().join("repository");
    std::fs::create_dir(&repository).unwrap();
    main_job::repository(&repository);
    let config = json!({ "mcpServers": { "git-history": {
        "command": binary("git-history-server"), "args": ["--repo", repository],
    } } });
    host.file("mcp.json", config.to_string());
    host
}

/// A directory that stays between runs of the tests, so that its tools are installed once.
fn kept(name: &str) -> PathBuf {
    let dir = root().join("target/languages").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Runs a shell command that has to succeed, in a directory.
#[track_caller]
fn shell(dir: &Path, command: &str) {
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", root().join("target/skills"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "`{command}` failed\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
