//! Values that JavaScript, JSON or Unicode do not have: named, and not changed without a word.

use mcp_tests::binary;
use serde_json::json;

use super::{host, run};
use crate::cli::{Host, Ran};

/// A host with a server whose tools answer with their arguments as structured content.
fn beside_a_mirror(script: &str, more: &[&str]) -> Ran {
    let host = Host::new();
    let count = json!({ "type": "object", "properties": { "n": { "type": "integer" } } });
    let tools = json!({ "tools": [
        { "name": "give", "inputSchema": { "type": "object" } },
        { "name": "count", "inputSchema": count },
    ] });
    let tools = host.file("tools.json", tools.to_string());
    host.config(&json!({
        "command": binary("examples/scripted-server"),
        "args": ["listed"],
        "env": { "SCRIPTED_TOOLS": tools },
    }));
    host.file("script.ts", script);
    host.run(&[&["run", "script.ts"], more].concat())
}

#[test]
fn integer_that_a_script_cannot_have_is_named_once_for_each_member() {
    let script = "import { give } from \"mcp:scripted\";\n\
        const got = await give({ rows: [{ id: 1915883588174806058n }, { id: 9007199254740993n }], ok: 0.1 });\n\
        export default got.rows[0].id;";
    let ran = beside_a_mirror(script, &[]);
    assert_eq!(ran.stdout, "1915883588174806000\n", "{}", ran.stderr);
    let says = "warning: script.ts: `rows[0].id` of the answer of `give` is 1915883588174806058, and JavaScript has \
                1915883588174806000 for it";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("warning:").count(), 1, "{}", ran.stderr);
    let ran = run(
        "export default (given) => given.d;",
        &["--input", r#"{"d":9007199254740993}"#],
    );
    assert!(
        ran.stderr.contains("`d` of the input is 9007199254740993"),
        "{}",
        ran.stderr
    );
}

#[test]
fn bigint_is_sent_and_returned_as_the_integer_that_it_is() {
    let script = "import { echo } from \"mcp:scripted\";\n\
        export default [await echo({ n: 9007199254740993n, m: [{ k: -1n }], s: \"1\" }), 123456789012345678901234567890n];";
    let ran = run(script, &[]);
    assert_eq!(
        ran.stdout.trim_end(),
        r#"["{\"n\":9007199254740993,\"m\":[{\"k\":-1}],\"s\":\"1\"}",123456789012345678901234567890]"#,
        "{}",
        ran.stderr
    );
    // A script that says how it writes them is obeyed.
    let script =
        "BigInt.prototype.toJSON = function () { return `${this}n`; };\nexport default [1n];";
    assert_eq!(super::result(script), "[\"1n\"]");
    let script =
        "import { state } from \"mcp-host\";\nexport default await state.set('a', { b: 1n });";
    run(script, &[]).fails_with(1, &["a value of the state has a BigInt", "String(value)"]);
}

#[test]
fn number_without_a_form_in_json_is_named_and_sent_nowhere() {
    let script = "import { count } from \"mcp:scripted\";\nexport default await count({ n: NaN });";
    beside_a_mirror(script, &[]).fails_with(
        1,
        &[
            "script.ts:2:",
            "TypeError: `n` of the arguments of `count` is NaN",
        ],
    );
    let script = "import { give } from \"mcp:scripted\";\n\
        export default await give({ a: [{ b: 1 / 0 }], c: null });";
    beside_a_mirror(script, &[])
        .fails_with(1, &["`a[0].b` of the arguments of `give` is Infinity"]);
    let ran = run(
        "export default { a: [1, NaN], d: new Date('x'), n: null };",
        &[],
    );
    assert_eq!(ran.stdout, "{\"a\":[1,null],\"d\":null,\"n\":null}\n");
    for says in [
        "`a[1]` of the result is NaN",
        "`d` of the result is an invalid date",
    ] {
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
    let ran = run("export default 0 / 0;", &[]);
    assert!(ran.stderr.contains("the result is NaN"), "{}", ran.stderr);
    let script = "import { state } from \"mcp-host\";\nexport default await state.set('a', [NaN]);";
    run(script, &[]).fails_with(1, &["`[0]` of a value of the state is NaN"]);
}

#[test]
fn half_of_a_surrogate_pair_is_replaced_and_named_on_each_path() {
    let script =
        "import { echo } from \"mcp:scripted\";\nexport default await echo({ text: 'x\\ud800' });";
    let ran = run(script, &[]);
    assert_eq!(ran.stdout, "{\"text\":\"x\u{fffd}\"}\n", "{}", ran.stderr);
    let says =
        "`text` of the arguments of `echo` has half of a surrogate pair, which is read as U+FFFD";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
    for (script, result) in [
        ("export default 'a\\ud800b';", "a\u{fffd}b\n"),
        (
            "export default { x: ['\\udc00'] };",
            "{\"x\":[\"\\ufffd\"]}\n",
        ),
    ] {
        let ran = run(script, &[]);
        assert_eq!(ran.stdout, result, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("of the result has half")
                || ran.stderr.contains("the result has half"),
            "{}",
            ran.stderr
        );
    }
    let pair = run("export default '\\ud83d\\ude00';", &[]);
    assert!(!pair.stderr.contains("warning"), "{}", pair.stderr);
}

#[test]
fn misspelt_variable_is_not_called_a_missing_server() {
    let script = "const total = 3;\nexport default inptu.name + totl.x;";
    let ran = run(script, &[]);
    ran.fails_with(
        5,
        &[
            "nothing declares `inptu`, and no server of this run is `inptu`",
            "did you mean input",
            "nothing declares `totl`",
            "did you mean total",
        ],
    );
    // The name is that of the file.
    run("export default undefined_thing.x;", &[])
        .fails_with(5, &["nothing declares `undefined_thing`"]);
    run("export default scriptd.echo({});", &[]).fails_with(5, &["did you mean scripted"]);
}

#[test]
fn error_of_a_missing_server_names_the_configuration_that_was_read() {
    let host = host("");
    std::fs::create_dir(host.dir.path().join("sub")).unwrap();
    host.file(
        "sub/mcp.json",
        r#"{"mcpServers": {"disk": {"command": "true"}}}"#,
    );
    host.file(
        "sub/s.ts",
        "import { a, b } from \"mcp:disk\";\nexport default [await a(), await b()];",
    );
    let ran = host.run(&["run", "sub/s.ts"]);
    ran.fails_with(
        5,
        &[
            "no server `disk` in this run",
            "the servers are those of `mcp.json`; `sub/mcp.json` has `disk`: run it with `--config sub/mcp.json`",
        ],
    );
    assert_eq!(
        ran.stderr.matches("configured:").count(),
        1,
        "{}",
        ran.stderr
    );
}
