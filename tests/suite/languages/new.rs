//! `new` -> `build` -> `run` -> test, in every language.

use std::fs;
use std::process::Command;

use mcp_tests::binary;

use super::{is_here, kept, shell, with_history};
use crate::cli::{Ran, ran};
use crate::install::lock;

#[test]
fn a_new_skill_in_rust_builds_runs_and_passes_its_test() {
    works("rust", "cargo test --quiet");
}

#[test]
fn a_new_skill_in_rust_that_awaits_builds_and_runs() {
    let name = "new-rust-async";
    let described = made(name, &["--lang", "rust", "--async"], "cargo test --quiet");
    assert_eq!(described["name"], name);
}

#[test]
fn a_new_skill_in_javascript_builds_runs_and_passes_its_test() {
    if is_here(
        "a_new_skill_in_javascript_builds_runs_and_passes_its_test",
        "js",
    ) {
        works("js", "npm test --silent");
    }
}

#[test]
fn a_new_skill_in_typescript_builds_runs_and_passes_its_test() {
    if is_here(
        "a_new_skill_in_typescript_builds_runs_and_passes_its_test",
        "ts",
    ) {
        works("ts", "npm test --silent");
    }
}

/// Its description too: CPython asks for its environment while it starts.
#[test]
fn a_new_skill_in_python_builds_runs_and_passes_its_test() {
    if is_here(
        "a_new_skill_in_python_builds_runs_and_passes_its_test",
        "python",
    ) {
        works(
            "python",
            "PYTHONPATH=src:build/bindings python3 -m unittest discover test",
        );
    }
}

#[test]
fn a_new_skill_in_python_that_awaits_builds_runs_and_passes_its_test() {
    let test = "a_new_skill_in_python_that_awaits_builds_runs_and_passes_its_test";
    if !is_here(test, "python") {
        return;
    }
    let name = "new-python-async";
    let described = made(
        name,
        &["--lang", "python", "--async"],
        "PYTHONPATH=src:build/bindings python3 -m unittest discover test",
    );
    assert_eq!(described["name"], name);

    // Two calls at once, of which one fails while the other is in flight: the run ends with that error, and does not
    // trap.
    let host = with_history();
    let _lock = lock(name);
    let dir = kept(name);
    let skill = dir.join("src/skill.py");
    let source = fs::read_to_string(&skill).unwrap();
    let both = "bad = tools.ListCommitsParams(None, None, None, None, None, None, \"x\")\n    \
        answer, _ = await asyncio.gather(call(tools.list_commits, params), call(tools.list_commits, bad))";
    let source = source
        .replace("answer = await call(tools.list_commits, params)", both)
        .replace("import json\n", "import asyncio\nimport json\n");
    assert!(source.contains(both), "{source}");
    fs::write(&skill, source).unwrap();
    host.run(&["run", dir.to_str().unwrap()])
        .fails_with(1, &["a tool failed: `x` is not a cursor"]);
}

#[test]
fn a_new_skill_in_c_builds_runs_and_passes_its_test() {
    if is_here("a_new_skill_in_c_builds_runs_and_passes_its_test", "c") {
        works(
            "c",
            "cc $(cat compile_flags.txt) test/work_test.c src/work.c src/json.c -o build/test && build/test",
        );
    }
}

#[test]
fn javascript_cannot_await_tools_and_says_so() {
    let host = with_history();
    let out = codegen(&host, &["new", "a-skill", "--lang", "js", "--async"]);
    assert_eq!(out.code, Some(2));
    assert!(
        out.stderr
            .contains("`componentize-qjs` cannot import an `async func`"),
        "{}",
        out.stderr
    );
    assert!(!host.dir.path().join("a-skill").exists());
}

/// With a tool of a server, and with none.
fn works(language: &str, test: &str) {
    let name = format!("new-{language}");
    let described = made(&name, &["--lang", language], test);
    assert_eq!(described["name"], name.as_str());

    let host = with_history();
    let name = format!("plain-{language}");
    let _lock = lock(&name);
    let dir = kept(&name);
    let path = dir.to_str().unwrap();
    succeeded(&codegen(
        &host,
        &["new", path, "--lang", language, "--force"],
    ));
    for (input, said) in [
        (r#"{"name": "Ada"}"#, "hello Ada, this is run 1\n"),
        ("{}", "hello world, this is run 2\n"),
    ] {
        let ran = host.run(&["run", path, "--input", input]);
        assert_eq!(ran.stdout, said, "{}", ran.stderr);
    }
    shell(&dir, test);
}

/// A skill that calls `list_commits`: made, built, run, tested and described.
fn made(name: &str, options: &[&str], test: &str) -> serde_json::Value {
    let host = with_history();
    let _lock = lock(name);
    let dir = kept(name);
    let path = dir.to_str().unwrap();
    let server = [
        "--server",
        "git-history",
        "--tools",
        "list_commits",
        "--force",
    ];
    succeeded(&codegen(
        &host,
        &[&["new", path], options, &server].concat(),
    ));

    let built = host.run(&["build", path]);
    succeeded(&built);
    assert!(fs::metadata(built.stdout.trim()).unwrap().len() > 0);
    let again = host.run(&["build", path]);
    // Other tests build in the same target directory.
    let lines = again.stderr.lines();
    let said: Vec<_> = lines
        .filter(|line| !line.contains("waiting for file lock"))
        .collect();
    assert!(
        said.iter()
            .all(|line| line.starts_with("running cargo build")),
        "{said:?}"
    );
    assert_eq!(again.stdout, built.stdout);

    let ran = host.run(&["run", path]);
    assert_eq!(ran.stdout, "4 commits\n", "{}", ran.stderr);
    shell(&dir, test);

    let described = host.run(&["describe", path]);
    succeeded(&described);
    serde_json::from_str(&described.stdout).unwrap()
}

fn codegen(host: &crate::cli::Host, args: &[&str]) -> Ran {
    let output = Command::new(binary("mcp-codegen"))
        .args(args)
        .current_dir(host.dir.path())
        .output()
        .unwrap();
    ran(&output)
}

#[track_caller]
fn succeeded(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}
