//! What an author reads where a script does not run, or fails.

use super::{host, run};

#[test]
fn a_mistake_in_the_text_has_its_place_and_its_line() {
    let ran = run("const a = 1;\nconst = 2;\n", &[]);
    ran.fails_with(5, &["script.ts:2:7", "const = 2;", "^"]);
}

#[test]
fn an_unknown_tool_is_refused_with_the_nearest_name() {
    let script = "import { ecko } from \"mcp:scripted\";\nexport default await ecko({});";
    run(script, &[]).fails_with(
        5,
        &[
            "script.ts:1:10",
            "\"ecko\" is not in \"mcp:scripted\"",
            "did you mean echo",
        ],
    );
}

#[test]
fn an_unknown_server_and_a_module_of_node_are_refused() {
    run(
        "import { a } from \"mcp:nowhere\";\nexport default await a({});",
        &[],
    )
    .fails_with(5, &["script.ts:1:10", "nowhere"]);
    run(
        "import fs from \"node:fs\";\nexport default fs.readFileSync('x');",
        &[],
    )
    .fails_with(5, &["script.ts:1:", "node:fs"]);
}

#[test]
fn what_is_not_static_is_refused_with_its_place() {
    let script = "import * as s from \"mcp:scripted\";\nconst name = 'echo';\nexport default await s[name]({});";
    run(script, &[]).fails_with(5, &["script.ts:3:"]);
}

#[test]
fn an_exception_shows_the_line_of_the_script() {
    let script = "function inner(a: any) {\n  return a.b.c;\n}\nexport default inner({});\n";
    let ran = run(script, &[]);
    ran.fails_with(
        1,
        &["TypeError", "script.ts:2:", "return a.b.c;", "script.ts:4:"],
    );
    assert!(
        !ran.stderr.contains("prelude") && !ran.stderr.contains("wasm"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_failed_call_that_is_not_caught_shows_the_call() {
    let script = "import { fail } from \"mcp:scripted\";\n\nexport default await fail({});\n";
    run(script, &[]).fails_with(1, &["script.ts:3:", "await fail({})"]);
}

#[test]
fn promises_that_are_forgotten_are_seen() {
    run("export default await new Promise(() => {});", &[]).fails_with(1, &["nothing settles"]);
    run(
        "Promise.reject(new Error('lost'));\nawait null;\nexport default 1;",
        &[],
    )
    .fails_with(1, &["lost"]);
    let script = "import { sleep } from \"mcp:scripted\";\nsleep({ ms: 50 });\nexport default 1;";
    let ran = run(script, &[]);
    assert_eq!(ran.stdout, "1\n", "{}", ran.stderr);
    assert!(ran.stderr.contains("await"), "{}", ran.stderr);
}

#[test]
fn a_failure_that_is_only_printed_is_the_failure_of_the_script() {
    let script = "async function main() { throw new Error('lost'); }\n\
        main().catch((reason) => { console.warn(reason); process.exit(1); });";
    run(script, &[]).fails_with(1, &["script.ts:1:", "Error: lost"]);
}

#[test]
fn diagnostics_are_json_too() {
    let script = "import { ecko } from \"mcp:scripted\";\nexport default await ecko({});";
    let ran = run(script, &["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["outcome"], "link-error");
    let first = &report["diagnostics"][0];
    assert_eq!(first["code"], "unknown_import");
    assert_eq!(
        (&first["at"]["line"], &first["at"]["column"]),
        (&1.into(), &10.into())
    );
}

#[test]
fn a_check_runs_nothing() {
    let script =
        "import { read_a, echo } from \"mcp:scripted\";\nawait echo({});\nexport default 1;";
    let host = host(script.replace("read_a, ", "").as_str());
    let ran = host.run(&["run", "script.ts", "--check"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(
        ran.stdout,
        "script.ts would run\n  scripted/echo  may change something\n"
    );
}

#[test]
fn other_source_code_is_told_what_runs() {
    let host = host("");
    host.file("a.tsx", "");
    host.run(&["run", "a.tsx"])
        .fails_with(2, &[".ts", "mcp-codegen new"]);
    host.run(&["run", "missing.ts"])
        .fails_with(2, &["missing.ts"]);
    host.run(&["describe", "script.ts"])
        .fails_with(1, &["inspect"]);
}
