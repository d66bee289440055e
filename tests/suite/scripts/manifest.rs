//! The imports of a script are its permission manifest: shown before it runs, and held while it runs.

use super::{host, run};

const SCRIPT: &str = "import { echo, sleep as wait } from \"mcp:scripted\";\n\
    import { readFile, state } from \"mcp-host\";\n\
    export default [echo, wait, readFile, state].length;";

#[test]
fn inspect_shows_what_a_script_may_do() {
    let ran = host(SCRIPT).run(&["inspect", "script.ts"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for line in [
        "a script",
        "call tool `echo` of server `scripted`",
        "call tool `sleep` of server `scripted`",
        "read the catalog, and files that `--dir` grants: read-file",
        "keep state of its own",
    ] {
        assert!(ran.stdout.contains(line), "no `{line}` in:\n{}", ran.stdout);
    }
    assert!(!ran.stdout.contains("write-file"), "{}", ran.stdout);
}

#[test]
fn policy_decides_before_a_script_runs() {
    let host = host("import { echo } from \"mcp:scripted\";\nexport default await echo({});");
    host.file("mcp-host.toml", "[policy]\ndeny = [\"scripted/echo\"]\n");
    host.run(&["run", "script.ts"]).fails_with(
        4,
        &[
            "script.ts:1:10  policy denies tool `scripted/echo`",
            "take `scripted/echo` out of `deny`",
        ],
    );
    let ran = host.run(&["inspect", "script.ts", "--policy", "mcp-host.toml"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stdout);
}

/// The name is that of the script, and not the label of an import: the server is not started.
#[test]
fn a_denied_tool_is_named_as_the_script_names_it() {
    let host = host("const all = await scripted.readDieOnce({});\nexport default all;");
    host.file("mcp-host.toml", "[policy]\nallow = [\"other/*\"]\n");
    host.run(&["run", "script.ts"]).fails_with(
        4,
        &[
            "script.ts:1:28  policy does not allow tool `scripted/readDieOnce`",
            "  1 | const all = await scripted.readDieOnce({});",
        ],
    );
}

/// Each tries to reach a tool, the state or a file that the script does not import.
#[test]
fn no_trick_of_the_language_reaches_what_is_not_imported() {
    for attempt in [
        "await import('mcp:scripted')",
        "await (0, eval)('import(\"mcp:scripted\")')",
        "await new Function('return import(\"mcp:scripted\")')()",
        "await (async () => {}).constructor('return import(\"mcp:scripted\")')()",
        "await (async () => {}).constructor('return import(\"mcp-server:scripted/tools\")')()",
        "Object.keys(globalThis).filter((name) => /call|host|mcp/i.test(name)).length ? 1 : missing()",
        "globalThis.__call(0, '{}')",
        "await echo.constructor('return import(\"mcp-host\")')().then((host) => host.state.get('x'))",
    ] {
        // `echo` is imported, `sleep` is not.
        let script = format!(
            "import {{ echo }} from \"mcp:scripted\";\n\
             let got;\ntry {{ got = {attempt}; if (got && got.sleep) got = await got.sleep({{ ms: 1 }}); }} \
             catch (error) {{ got = 'refused'; }}\n\
             export default [typeof echo, got === 'slept'];"
        );
        let ran = run(&script, &["--format", "json"]);
        // A dynamic import that stands in the text is refused before; the others find nothing.
        if ran.code == Some(0) {
            let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(
                report["result"],
                serde_json::json!(["function", false]),
                "{attempt}"
            );
            assert_eq!(report["tools"], serde_json::json!({}), "{attempt}");
        } else {
            assert_eq!(ran.code, Some(5), "{attempt}: {}", ran.stderr);
        }
    }
}
