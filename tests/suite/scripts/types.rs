//! Warnings about types: properties that an answer lacks, and the messages of TypeScript's compiler. No script is
//! stopped by one.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use mcp_tests::binary;
use serde_json::{Value, json};

use crate::cli::{Host, main_job};
use crate::install;

/// A host with the server `git-history` on a repository of four commits, and a script.
pub(crate) fn host(script: &str) -> Host {
    let host = Host::new();
    let repo = host.dir.path().join("repo");
    std::fs::create_dir(&repo).unwrap();
    main_job::repository(&repo);
    let config = json!({ "mcpServers": { "git-history": {
        "command": binary("git-history-server"), "args": ["--repo", repo],
    } } });
    host.file("mcp.json", config.to_string());
    host.file("script.ts", script);
    host
}

/// Configures this compiler.
pub(crate) fn configure(host: &Host, compiler: &Path) {
    let compiler = json!(compiler);
    host.file(
        "mcp-host.toml",
        format!("[scripts]\ntype-check = {compiler}\n"),
    );
}

/// TypeScript at its pinned version.
pub(crate) fn compiler(test: &str) -> Option<std::path::PathBuf> {
    let installed = install::node(test, "tests/declarations", "typescript")?;
    Some(installed.join("node_modules/.bin/tsc"))
}

/// A program that stands in for the compiler.
fn fake(host: &Host, script: &str) {
    let program = host.file("fake", format!("#!/bin/sh\n{script}\n"));
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, executable).unwrap();
    configure(host, &program);
}

const MISSPELT: &str = "import { list_commits } from \"mcp:git-history\";\n\
    const page = await list_commits({});\n\
    export default page.comits?.length ?? null;\n";

#[test]
fn a_property_that_the_answer_lacks_is_a_warning_beside_the_result() {
    let warning = "warning: script.ts:3:21  the answer of \"list_commits\" has no property \"comits\"\n  \
        3 | export default page.comits?.length ?? null;\n    |                     ^^^^^^\ndid you mean commits";
    let host = host(MISSPELT);
    let ran = host.run(&["run", "script.ts"]);
    assert_eq!(
        (ran.code, &*ran.stdout),
        (Some(0), "null\n"),
        "{}",
        ran.stderr
    );
    let shown = ran
        .stderr
        .replace("\n         ", "\n  ")
        .replace("\n       ", "\n");
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plain(&shown).contains(&plain(warning)), "{}", ran.stderr);

    let ran = host.run(&["run", "--check", "--format", "json", "script.ts"]);
    let checked: Value = serde_json::from_str(&ran.stdout).unwrap();
    let wanted = json!([{
        "code": "unknown_property",
        "severity": "warning",
        "at": { "line": 3, "column": 21, "length": 6 },
        "message": "the answer of \"list_commits\" has no property \"comits\"",
        "hint": "did you mean commits",
    }]);
    assert_eq!(checked["diagnostics"], wanted, "{}", ran.stdout);
    let ran = host.run(&["run", "--format", "json", "script.ts"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["diagnostics"], wanted, "{}", ran.stdout);
    assert_eq!(report["outcome"], "finished", "{}", ran.stdout);
}

#[test]
fn the_compiler_adds_warnings_and_stops_nothing() {
    let test = "the_compiler_adds_warnings_and_stops_nothing";
    let Some(compiler) = compiler(test) else {
        return;
    };
    let script = "import { list_commits } from \"mcp:git-history\";\n\
        const page = await list_commits({});\n\
        const first: number = page.commits[0].subject;\n\
        export default first;\n";
    let host = host(script);
    configure(&host, &compiler);
    let ran = host.run(&["run", "--type-check", "script.ts"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout, "docs: say what it does\n", "{}", ran.stderr);
    let said = "script.ts:3:7  Type 'string' is not assignable to type 'number'. (TS2322)";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("warning:").count(), 1, "{}", ran.stderr);

    let ran = host.run(&["run", "script.ts"]);
    assert!(
        !ran.stderr.contains("TS2322"),
        "it was not asked for: {}",
        ran.stderr
    );
    let ran = host.run(&[
        "run",
        "--check",
        "--type-check",
        "--format",
        "json",
        "script.ts",
    ]);
    let checked: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(checked["diagnostics"][0]["code"], "types", "{}", ran.stdout);
}

#[test]
fn the_compiler_objects_to_no_form_that_runs() {
    let test = "the_compiler_objects_to_no_form_that_runs";
    let Some(compiler) = compiler(test) else {
        return;
    };
    let host = host("");
    configure(&host, &compiler);
    for script in [
        "const page = await gitHistory.list_commits({ limit: input.n });\nreturn page.commits.map((c) => c.subject.length);",
        "```ts\nimport git from \"mcp:git-history\";\nexport default (await git.listCommits({})).commits.length;\n```",
        "import { list_commits as list } from \"mcp-server:git-history/tools\";\nasync () => { const { commits } = await list({}); return commits; }",
        "const { describe_repository } = require(\"mcp:git-history\");\nmodule.exports = async () => (await describe_repository({})).split('x');",
        "import { log, ToolError } from \"mcp-host\";\ntry { log('a'); } catch (error) { if (error instanceof ToolError) log(error.code); log(error.message); }\n1",
        "const f = (x) => x + 1;\nf(1)",
    ] {
        host.file("script.ts", script);
        let ran = host.run(&["run", "--check", "--type-check", "script.ts"]);
        assert_eq!(ran.code, Some(0), "{script}: {}", ran.stderr);
        assert!(!ran.stderr.contains("warning:"), "{script}: {}", ran.stderr);
    }
}

#[test]
fn the_compiler_reads_no_file_that_a_script_names() {
    let test = "the_compiler_reads_no_file_that_a_script_names";
    let Some(compiler) = compiler(test) else {
        return;
    };
    let host = host("");
    configure(&host, &compiler);
    let secret = host.file("secret.d.ts", "export declare const secret: \"hunter2\";\n");
    let secret = secret.to_str().unwrap();
    let script = format!(
        "/// <reference path=\"{secret}\" />\nconst a: number = null! as typeof import(\"{}\").secret;\nexport default 1;\n",
        secret.trim_end_matches(".d.ts")
    );
    host.file("script.ts", script);
    let ran = host.run(&["run", "--type-check", "script.ts"]);
    assert_eq!(ran.stdout, "1\n", "{}", ran.stderr);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}

#[test]
fn a_script_runs_where_the_compiler_is_missing_or_broken() {
    let host = host("export default 1;\n");
    let runs = |wanted: &str| {
        let empty = host.dir.path().join("empty");
        let ran = host
            .command(&["run", "--type-check", "script.ts"])
            .env("PATH", empty)
            .output()
            .unwrap();
        let ran = crate::cli::ran(&ran);
        assert_eq!((ran.code, &*ran.stdout), (Some(0), "1\n"), "{}", ran.stderr);
        let said = ran.stderr.replace("\n         ", " ");
        assert!(said.contains(wanted), "{wanted}: {}", ran.stderr);
    };
    runs("types were not checked: no `tsgo` and no `tsc` is on the PATH; install TypeScript 7");
    configure(&host, Path::new("./no-such"));
    runs("no-such` is no program; correct `type-check` under `[scripts]` in mcp-host.toml");
    fake(&host, "echo 'error TS5083: no file \u{1b}[31m.'; exit 1");
    runs("fake` failed: error TS5083: no file");
    fake(&host, "while :; do echo 'no message'; done");
    runs("fake` failed: no message");
    fake(
        &host,
        "echo 'script.ts(1,8): error TS9999: \u{1b}]0;title\u{7} odd.'; exit 2",
    );
    runs("odd. (TS9999)");
}
