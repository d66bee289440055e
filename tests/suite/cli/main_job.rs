//! The README's main job, on a repository that the test makes: release notes from a git history.

use std::path::Path;
use std::process::Command;

use mcp_tests::{binary, root};
use serde_json::{Value, json};

use super::Host;

fn git(dir: &Path, args: &[&str]) {
    let output = Command::new("git")
        .args(args)
        .current_dir(dir)
        .envs([
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.org"),
            ("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@example.org"),
            ("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A repository with a tag and three commits after it.
pub(crate) fn repository(dir: &Path) {
    git(dir, &["init", "--quiet", "--initial-branch=main"]);
    let subjects = [
        "feat: the first thing",
        "feat(parser): read everything",
        "fix: do not lose the last line",
        "docs: say what it does",
    ];
    for (i, subject) in subjects.iter().enumerate() {
        std::fs::write(dir.join(format!("file{i}.txt")), "line\n".repeat(i + 1)).unwrap();
        git(dir, &["add", "."]);
        git(dir, &["commit", "--quiet", "-m", subject]);
        if i == 0 {
            git(dir, &["tag", "v0.1.0"]);
        }
    }
}

#[test]
fn release_notes_are_made_from_a_git_history() {
    let host = Host::new();
    let repo = host.dir.path().join("repo");
    std::fs::create_dir(&repo).unwrap();
    repository(&repo);
    let config = json!({ "mcpServers": { "git-history": {
        "command": binary("git-history-server"), "args": ["--repo", repo],
    } } });
    host.file("mcp.json", config.to_string());
    // The directory is built first: cargo and rustup need the real home.
    let skill = root().join("examples/release-notes");
    let ran = host.run(&["run", skill.to_str().unwrap(), "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let markdown = report["result"].as_str().unwrap();
    for part in [
        "read everything",
        "do not lose the last line",
        "say what it does",
    ] {
        assert!(markdown.contains(part), "no `{part}` in {markdown}");
    }
    assert!(
        !markdown.contains("the first thing"),
        "it was released before: {markdown}"
    );
    assert_eq!(report["tools"]["git-history/get_commit"]["calls"], 3);
    let returned = |ran: &str| ran.contains("tools returned") && ran.contains("the skill");
    assert!(returned(&ran.stderr), "{}", ran.stderr);
}

#[test]
fn a_compiler_error_comes_through_unchanged() {
    let host = Host::new();
    let skill = host.dir.path().join("broken");
    std::fs::create_dir_all(skill.join("src")).unwrap();
    std::fs::write(
        skill.join("Cargo.toml"),
        "[package]\nname = \"broken\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n",
    )
    .unwrap();
    std::fs::write(skill.join("src/main.rs"), "fn main() { oops }\n").unwrap();
    let ran = host.run(&["run", skill.to_str().unwrap()]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("cannot find value `oops` in this scope"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("--> src/main.rs:1:13"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("error: failed to build skill"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_missing_target_is_added_and_reported() {
    let host = Host::new();
    let dir = host.dir.path();
    let skill = dir.join("skill");
    std::fs::create_dir_all(&skill).unwrap();
    std::fs::write(skill.join("Cargo.toml"), "").unwrap();
    // A fake toolchain: its sysroot has no targets, and its cargo builds nothing.
    let bin = dir.join("bin");
    std::fs::create_dir(&bin).unwrap();
    let sysroot = dir.join("sysroot").display().to_string();
    for (name, script) in [
        ("rustc", format!("echo {sysroot}")),
        ("rustup", format!("echo \"$@\" > {}/asked", dir.display())),
        ("cargo", "echo no cargo here >&2; exit 1".to_owned()),
    ] {
        use std::os::unix::fs::PermissionsExt as _;
        let path = bin.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = host
        .command(&["run", "skill"])
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .output()
        .unwrap();
    let ran = super::ran(&output);
    let said = "adding the wasm32-wasip2 target: rustup target add wasm32-wasip2\n";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    let asked = std::fs::read_to_string(dir.join("asked")).unwrap();
    assert_eq!(asked, "target add wasm32-wasip2\n");
    assert!(ran.stderr.contains("no cargo here"), "{}", ran.stderr);
    assert_eq!(ran.code, Some(6));
}
