//! `mcp-host build`: its messages, and the projects that it rejects.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{is_here, kept};
use crate::cli::{Host, Ran, ran};
use crate::install::lock;

/// A project with this world, which imports nothing but the contract's `log`.
fn project(dir: &Path, files: &[(&str, &str)]) {
    let world = "package local:x;\nworld x { import f: func(); export g: func(); }\n";
    for (path, text) in [("wit/world.wit", world)].iter().chain(files) {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// With a `node` and an `npm` of these versions first on the path, and no others.
fn with_played_node(host: &Host, node: Option<&str>) -> Ran {
    let bin = host.dir.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    for (name, version) in [("node", node), ("npm", Some("10.0.0"))] {
        if let Some(version) = version {
            let path = bin.join(name);
            fs::write(&path, format!("#!/bin/sh\necho {version}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let output = host
        .command(&["build", "skill"])
        .env("PATH", &bin)
        .output()
        .unwrap();
    ran(&output)
}

#[test]
fn a_missing_tool_is_named_with_its_version_and_how_to_get_it() {
    let host = Host::new();
    project(&host.dir.path().join("skill"), &[("package.json", "{}")]);
    with_played_node(&host, None).fails_with(
        6,
        &[
            "needs node 20 or newer, which is not here",
            "hint:  get it with `",
        ],
    );
}

#[test]
fn a_tool_that_is_too_old_is_named_with_both_versions() {
    let host = Host::new();
    project(&host.dir.path().join("skill"), &[("package.json", "{}")]);
    with_played_node(&host, Some("v18.19.0")).fails_with(
        6,
        &["needs node 20 or newer, and this is v18.19.0", "nodejs"],
    );
}

#[test]
fn a_sdk_that_is_not_there_is_named() {
    let host = Host::new();
    project(
        &host.dir.path().join("skill"),
        &[("compile_flags.txt", ""), ("src/skill.c", "")],
    );
    let output = host
        .command(&["build", "skill"])
        .env("WASI_SDK_PATH", "/nowhere")
        .output()
        .unwrap();
    ran(&output).fails_with(6, &["WASI_SDK_PATH is `/nowhere`, which has no bin/clang"]);
}

#[test]
fn a_directory_that_is_no_skill_is_refused() {
    let host = Host::new();
    let dir = host.dir.path().join("skill");
    fs::create_dir(&dir).unwrap();
    host.run(&["build", "skill"]).fails_with(
        2,
        &["has no Cargo.toml, package.json, pyproject.toml or compile_flags.txt"],
    );
    project(&dir, &[("package.json", "{}"), ("Cargo.toml", "")]);
    host.run(&["build", "skill"])
        .fails_with(2, &["has both Cargo.toml and package.json"]);
}

#[test]
fn wit_that_does_not_parse_is_shown_with_its_place() {
    let host = Host::new();
    let dir = host.dir.path().join("skill");
    project(&dir, &[("pyproject.toml", "")]);
    fs::write(
        dir.join("wit/world.wit"),
        "package local:x;\nworld x { import }\n",
    )
    .unwrap();
    host.run(&["build", "skill"])
        .fails_with(2, &["failed to read the WIT", "world.wit:2:18"]);
}

#[test]
fn a_world_with_one_name_for_two_items_is_refused_in_c_before_anything_is_installed() {
    let host = Host::new();
    let dir = host.dir.path().join("skill");
    project(
        &dir,
        &[
            ("compile_flags.txt", ""),
            ("src/skill.c", ""),
            (
                "wit/world.wit",
                "package local:x;\nworld x { import mcp-server:git/tools; import mcp-server:git-tools/tools; }\n",
            ),
            (
                "wit/deps/git/tools.wit",
                "package mcp-server:git;\ninterface tools { enum tools-mode { dry-run, walk } get: func(mode: tools-mode); }\n",
            ),
            (
                "wit/deps/git-tools/tools.wit",
                "package mcp-server:git-tools;\ninterface tools { enum mode { erase-all, dry-run } set: func(mode: mode); }\n",
            ),
        ],
    );
    host.run(&["build", "skill"]).fails_with(
        2,
        &[
            "cannot be written in C: type `tools-mode` of server `git` and type `mode` of server `git-tools` have the same name",
            "import one of the two",
        ],
    );
    assert!(!dir.join(".venv").exists());
}

#[test]
fn a_world_that_javascript_cannot_await_is_refused_before_anything_is_installed() {
    let host = Host::new();
    let dir = host.dir.path().join("skill");
    project(&dir, &[("package.json", "{}")]);
    fs::write(
        dir.join("wit/world.wit"),
        "package local:x;\nworld x { import f: async func(); }\n",
    )
    .unwrap();
    host.run(&["build", "skill"])
        .fails_with(2, &["imports `f` as an `async func`", "without `--async`"]);
    assert!(!dir.join("node_modules").exists());
}

#[test]
fn errors_of_the_compilers_come_through_unchanged_and_keep_the_last_component() {
    let test = "errors_of_the_compilers_come_through_unchanged_and_keep_the_last_component";
    if !is_here(test, "ts") {
        return;
    }
    let _lock = lock("broken-ts");
    let dir = kept("broken-ts");
    let tsconfig = r#"{"compilerOptions": {"target": "es2022", "module": "esnext", "moduleResolution": "bundler",
        "strict": true, "rootDir": "src", "outDir": "build/js", "types": []}, "include": ["src", "wit/types.d.ts"]}"#;
    project(
        &dir,
        &[
            (
                "package.json",
                r#"{"type": "module", "main": "build/js/skill.js"}"#,
            ),
            ("tsconfig.json", tsconfig),
            ("src/skill.ts", "export const g = (): void => {};\n"),
        ],
    );
    let host = Host::new();
    let path = dir.to_str().unwrap();
    let built = host.run(&["build", path]);
    assert_eq!(built.code, Some(0), "{}", built.stderr);
    let component = fs::read(built.stdout.trim()).unwrap();
    // The tools that the project did not name are in it now, at the pinned versions.
    let manifest = fs::read_to_string(dir.join("package.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(
        manifest["devDependencies"],
        serde_json::json!({ "componentize-qjs": "0.4.3", "typescript": "7.0.2" })
    );

    fs::write(
        dir.join("src/skill.ts"),
        "export const g = (): number => 'no';\n",
    )
    .unwrap();
    let broken = host.run(&["build", path]);
    broken.fails_with(
        6,
        &[
            "running node node_modules/typescript/bin/tsc --project tsconfig.json --sourceMap true --inlineSourceMap false\n",
            "src/skill.ts(1,32): error TS2322: Type 'string' is not assignable to type 'number'.\n",
            "failed to build skill",
        ],
    );
    assert_eq!(fs::read(built.stdout.trim()).unwrap(), component);
}
