//! A new script: an editor and `tsc` know what it imports, and its test plays the tools.

use std::fs;
use std::process::Command;

use mcp_tests::binary;

use super::{is_here, kept, shell, with_history};
use crate::cli::ran;
use crate::install::lock;

const SERVER: [&str; 4] = ["--server", "git-history", "--tools", "list_commits"];

#[test]
fn a_new_script_passes_its_type_check_and_its_test() {
    let test = "a_new_script_passes_its_type_check_and_its_test";
    if is_here(test, "ts") {
        works("new-script", &SERVER);
    }
}

#[test]
fn a_new_script_without_a_server_passes_them_too() {
    let test = "a_new_script_without_a_server_passes_them_too";
    if is_here(test, "ts") {
        works("plain-script", &[]);
    }
}

#[test]
fn a_call_with_a_wrong_argument_fails_the_type_check() {
    let test = "a_call_with_a_wrong_argument_fails_the_type_check";
    if !is_here(test, "ts") {
        return;
    }
    works("broken-script", &SERVER);
    let _lock = lock("broken-script");
    let dir = kept("broken-script");
    let script = dir.join("broken-script.ts");
    let source = fs::read_to_string(&script).unwrap();
    let broken = source.replace("list_commits({", "list_commits({ limit: \"all\",");
    assert_ne!(broken, source);
    fs::write(&script, broken).unwrap();
    let output = Command::new("npm")
        .args(["run", "--silent", "check"])
        .current_dir(&dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success() && said.contains("broken-script.ts(3,"),
        "{said}"
    );
    assert!(
        said.contains("Type 'string' is not assignable to type 'number'"),
        "{said}"
    );
}

/// The script is made, installed, checked and tested.
fn works(name: &str, server: &[&str]) {
    let host = with_history();
    let _lock = lock(name);
    let dir = kept(name);
    let made = Command::new(binary("mcp-codegen"))
        .args(["new", dir.to_str().unwrap(), "--lang", "script", "--force"])
        .args(server)
        .current_dir(host.dir.path())
        .output()
        .unwrap();
    let made = ran(&made);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let next = format!(
        "try `mcp-host run {}`",
        dir.join(format!("{name}.ts")).display()
    );
    assert!(made.stderr.contains(&next), "{}", made.stderr);
    shell(
        &dir,
        "npm install --ignore-scripts --no-audit --no-fund --silent",
    );
    shell(&dir, "npm run --silent check");
    shell(&dir, "npm test --silent");
}
