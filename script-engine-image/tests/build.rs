//! Where the build gets its compiler and its engine from. Each case is a child of this test with an environment of its
//! own.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a child prints its case, and a test may panic"
)]

#[path = "../build/compiler.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of the build script")]
mod compiler;
#[path = "../build/given.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of the build script")]
mod given;

use std::path::{Path, PathBuf};
use std::process::Command;

/// As the build script has it.
type Result<T> = std::result::Result<T, String>;

/// What a child prints before its answer.
const ANSWER: &str = "answer: ";

/// Runs the test of this name in a child, and gives what it answers.
fn child(test: &str, environment: &[(&str, &Path)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", test, "--nocapture"])
        .env_remove(given::FILE)
        .env_remove(given::DIGEST);
    for (name, value) in environment {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let answer = said.split_once(ANSWER).map(|(_, answer)| answer);
    answer.unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[test]
#[ignore = "a child of other tests"]
fn finds_a_compiler() {
    let cache = PathBuf::from(std::env::var_os("CACHE").unwrap());
    let found = compiler::find(&cache);
    let found = found.map(|found| format!("{} {}", found.name, found.ar.display()));
    println!("{ANSWER}{found:?}");
}

#[test]
#[ignore = "a child of other tests"]
fn takes_the_engine_that_is_given() {
    println!("{ANSWER}{:?}", given::engine());
}

/// A directory of programs, each of which prints a line.
fn programs(programs: &[(&str, &str)]) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    for (name, says) in programs {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    dir
}

fn found(on_path: &[(&str, &str)]) -> String {
    let (path, cache) = (programs(on_path), tempfile::tempdir().unwrap());
    child(
        "finds_a_compiler",
        &[("PATH", path.path()), ("CACHE", cache.path())],
    )
}

#[test]
fn the_clang_of_the_machine_is_used_where_it_knows_webassembly() {
    let clang = ("clang", "clang version 99: wasm32 - WebAssembly");
    let both = found(&[clang, ("llvm-ar", "ar"), ("ar", "ar")]);
    assert!(
        both.starts_with("Ok(\"clang version 99: wasm32 - WebAssembly llvm-ar\")"),
        "{both}"
    );
    let one = found(&[clang, ("ar", "ar")]);
    assert!(one.contains("WebAssembly ar\""), "{one}");
}

#[test]
fn without_a_compiler_the_error_says_what_to_install() {
    for on_path in [
        &[][..],
        // No archiver, and a clang without the target.
        &[("clang", "clang version 99: wasm32")],
        &[("clang", "clang version 99: x86-64"), ("ar", "ar")],
    ] {
        let error = found(on_path);
        for part in [
            "Err(",
            "apt install clang llvm",
            "python3-venv",
            "ziglang 0.15.2",
            "`python3`",
        ] {
            assert!(error.contains(part), "no `{part}` in {error}");
        }
    }
}

#[test]
fn an_engine_is_taken_with_its_digest_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (file, beside) = (dir.path().join("e.wasm"), dir.path().join("e.wasm.blake3"));
    let taken = |digest: Option<&str>| {
        let mut environment = vec![(given::FILE, file.as_path())];
        environment.extend(digest.map(|digest| (given::DIGEST, Path::new(digest))));
        child("takes_the_engine_that_is_given", &environment)
    };
    assert!(taken(None).contains("cannot read MCP_SCRIPT_ENGINE="));
    std::fs::write(&file, "engine").unwrap();
    let without = taken(None);
    assert!(
        without.contains("needs the BLAKE3 digest of the file"),
        "{without}"
    );
    let digest = blake3::hash(b"engine").to_hex().to_string();
    assert!(taken(Some(&digest)).starts_with("Some(Ok("));
    let other = blake3::hash(b"other").to_hex().to_string();
    let wrong = taken(Some(&other));
    assert!(
        wrong.contains(&format!("has the BLAKE3 digest {digest}, not {other}")),
        "{wrong}"
    );
    // As `b3sum` writes it.
    std::fs::write(&beside, format!("{digest}  e.wasm\n")).unwrap();
    assert!(taken(None).starts_with("Some(Ok("));
    std::fs::write(&file, "changed").unwrap();
    assert!(taken(None).contains("has the BLAKE3 digest"));
    std::fs::write(&beside, "").unwrap();
    assert!(taken(None).contains("is empty"));
}

#[test]
fn no_engine_is_given_where_the_variable_is_absent_or_empty() {
    let taken =
        |environment: &[(&str, &Path)]| child("takes_the_engine_that_is_given", environment);
    assert!(taken(&[]).starts_with("None"));
    assert!(taken(&[(given::FILE, Path::new(""))]).starts_with("None"));
}
