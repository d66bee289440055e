//! `mcp-host inspect`: the permission manifest, without a server and without running anything.

use serde_json::{Value, json};

use super::{Host, guest};

#[test]
fn the_manifest_is_shown_as_text() {
    let short = Host::new().run(&["inspect", &guest("typed-sync")]);
    assert!(!short.stdout.contains("package root"), "{}", short.stdout);
    assert!(
        short.stdout.contains("It has no network, no other files"),
        "{}",
        short.stdout
    );
    let ran = Host::new().run(&["inspect", &guest("typed-sync"), "--wit"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stderr, "");
    for line in [
        "language  C11, Rust",
        "entry     a skill: `run` of `mcp:tools/skill`",
        "exports   describe, run",
        "  call tool `echo` of server `fake`",
        "  call tool `wait` of server `fake`",
        "package root:component;",
        "  import mcp-server:fake/tools;",
    ] {
        assert!(
            ran.stdout.lines().any(|shown| shown.starts_with(line)),
            "no `{line}` in\n{}",
            ran.stdout
        );
    }
    assert!(!ran.stdout.contains("call by name"), "{}", ran.stdout);
}

#[test]
fn the_manifest_comes_as_json() {
    let ran = Host::new().run(&["inspect", &guest("files"), "--format", "json"]);
    let inspection: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(inspection["entry"], "skill");
    assert_eq!(
        inspection["digest"],
        blake3(&std::fs::read(guest("files")).unwrap())
    );
    let permissions = &inspection["permissions"];
    assert_eq!(permissions["tools"], json!([]));
    let mut files: Vec<_> = permissions["files"].as_array().unwrap().clone();
    files.sort_by_key(ToString::to_string);
    assert_eq!(files, ["list-dir", "read-file", "write-file"]);
    assert!(inspection["wit"].as_str().unwrap().contains("world root"));
}

/// As a run reports it.
fn blake3(bytes: &[u8]) -> String {
    let skill = mcp_host::Skill::load(mcp_tests::engine(), bytes, Some(mcp_tests::cache()));
    skill.unwrap().digest().to_string()
}

#[test]
fn a_policy_says_what_it_would_deny() {
    let host = Host::new();
    host.file(
        "policy.toml",
        "[policy]\nallow = [\"fake/echo\", \"fake/*\"]\ndeny = [\"*/wait\"]\n",
    );
    let skill = guest("typed-sync");
    let ran = host.run(&["inspect", &skill, "--policy", "policy.toml"]);
    assert_eq!(ran.code, Some(4));
    for line in [
        "  call tool `echo` of server `fake`  allowed\n",
        "  call tool `wait` of server `fake`  DENIED: rule `*/wait` of `deny`\n",
    ] {
        assert!(ran.stdout.contains(line), "{}", ran.stdout);
    }
    host.file("policy.toml", "[policy]\nread-only = true\n");
    let ran = host.run(&[
        "inspect",
        &skill,
        "--policy",
        "policy.toml",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, Some(0));
    let inspection: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        inspection["policy"][0],
        json!({
            "server": "fake",
            "function": "echo",
            "verdict": "depends",
            "why": "it has to be read-only"
        })
    );
    host.file("policy.toml", "");
    host.run(&["inspect", &skill, "--policy", "policy.toml"])
        .fails_with(2, &["`policy.toml` has no `[policy]`"]);
}

#[test]
fn what_is_no_component_is_refused_with_a_reason() {
    let host = Host::new();
    host.file("a.wasm", b"\0asm\x01\0\0\0");
    host.run(&["inspect", "a.wasm"]).fails_with(
        5,
        &[
            "failed to inspect skill `a.wasm`: a core WebAssembly module, not a component",
            "hint:  build it with",
        ],
    );
}

/// A program whose build script leaves a mark.
fn project(host: &Host) {
    for dir in ["prog", "prog/src"] {
        std::fs::create_dir(host.dir.path().join(dir)).unwrap();
    }
    let manifest =
        "[package]\nname = \"prog\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n";
    host.file("prog/Cargo.toml", manifest);
    host.file(
        "prog/build.rs",
        "fn main() { std::fs::write(\"ran\", \"\").unwrap(); println!(\"cargo::rerun-if-changed=build.rs\"); }",
    );
    host.file("prog/src/main.rs", "fn main() { println!(\"1\"); }");
}

#[test]
fn nothing_of_a_directory_runs_before_it_is_asked_for() {
    let host = Host::new();
    project(&host);
    let mark = host.dir.path().join("prog/ran");
    let run = |args: &[&str]| {
        super::ran(
            &host
                .command(args)
                .env_remove("CARGO_TARGET_DIR")
                .output()
                .unwrap(),
        )
    };
    for command in ["inspect", "describe"] {
        run(&[command, "prog"]).fails_with(
            2,
            &[
                "error: `prog` has no component that is built from what is there now",
                "hint:  `--build` builds it first, which runs the build scripts",
            ],
        );
        assert!(!mark.exists(), "{command}");
    }
    let built = run(&["inspect", "prog", "--build", "--format", "json"]);
    assert_eq!(built.code, Some(0), "{}", built.stderr);
    assert!(mark.exists());
    std::fs::remove_file(&mark).unwrap();
    let found = run(&["inspect", "prog", "--format", "json"]);
    assert_eq!(
        (found.code, &found.stdout),
        (Some(0), &built.stdout),
        "{}",
        found.stderr
    );
    // The built component no longer matches the sources.
    host.file("prog/src/main.rs", "fn main() { println!(\"2\"); }");
    run(&["inspect", "prog"]).fails_with(2, &["is built from what is there now"]);
    assert!(!mark.exists());
}
