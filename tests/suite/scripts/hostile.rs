//! Hostile scripts, each with its outcome.

use serde_json::Value;

use super::run;

/// The outcome of a script under small limits.
#[track_caller]
fn outcome(script: &str, more: &[&str]) -> (String, Value) {
    let mut args = vec!["--format", "json"];
    for limit in [["--memory", "64MiB"], ["--timeout", "20s"]] {
        if !more.contains(&limit[0]) {
            args.extend(limit);
        }
    }
    args.extend(more);
    let ran = run(script, &args);
    let report: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.stdout, ran.stderr));
    (report["outcome"].as_str().unwrap().to_owned(), report)
}

#[test]
fn each_hostile_script_has_its_outcome() {
    for (script, more, expected) in [
        ("for (;;) {}", &["--fuel", "500000000"][..], "out-of-fuel"),
        (
            "for (;;) {}",
            &["--timeout", "300ms", "--fuel", "99999999999999"],
            "timed-out",
        ),
        (
            "const next = () => Promise.resolve().then(next);\nawait next();",
            &["--fuel", "500000000"],
            "out-of-fuel",
        ),
        (
            "const a = [];\nfor (;;) a.push(new Array(1000).fill(a.length));",
            &["--fuel", "99999999999"],
            "out-of-memory",
        ),
        // The engine has no longer strings.
        (
            "let s = 'x';\nfor (;;) s += s;",
            &["--fuel", "99999999999"],
            "failed",
        ),
        (
            "/^(a+)+$/.test('a'.repeat(60) + '!');\nexport default 1;",
            &["--fuel", "500000000"],
            "out-of-fuel",
        ),
        (
            "import { echo } from \"mcp:scripted\";\nfor (let n = 0; n < 1e7; n++) await echo({ n }).catch(() => {});\n",
            &["--max-calls", "20"],
            "budget-exhausted",
        ),
        (
            "throw { toString() { throw new Error('x'); } };",
            &[],
            "failed",
        ),
        (
            "throw new Proxy({}, { get() { throw 1; } });",
            &[],
            "failed",
        ),
        (
            "const e = new Error('x');\nObject.defineProperty(e, 'stack', { get() { throw e; } });\nthrow e;",
            &[],
            "failed",
        ),
        (
            "export default { toJSON() { throw new Error('no'); } };",
            &[],
            "failed",
        ),
        (
            "export default { then(done) { done(5); } };",
            &[],
            "finished",
        ),
        (
            "export default 'x'.repeat(20_000_000);",
            &["--memory", "256MiB"],
            "output-too-large",
        ),
    ] {
        let (outcome, report) = outcome(script, more);
        assert_eq!(outcome, expected, "{script}: {report}");
        let text = report.to_string();
        assert!(!text.contains("wasm backtrace"), "{script}: {text}");
    }
}

#[test]
fn recursion_is_an_error_that_a_script_can_catch() {
    let script = "let depth = 0;\nconst down = () => { depth++; down(); };\nlet name;\n\
        try { down(); } catch (error) { name = error.name; }\nexport default [name, depth >= 5000];";
    let (outcome, report) = outcome(script, &[]);
    assert_eq!(outcome, "finished", "{report}");
    assert_eq!(report["result"], serde_json::json!(["RangeError", true]));
}

#[test]
fn json_without_end_and_deep_syntax_end_in_plain_words() {
    for script in [
        "export default JSON.parse('['.repeat(200_000));",
        "export default new Function('return ' + '('.repeat(50_000) + '1' + ')'.repeat(50_000))();",
    ] {
        let (outcome, report) = outcome(script, &[]);
        assert_eq!(outcome, "failed", "{script}: {report}");
        assert!(!report.to_string().contains("backtrace"), "{report}");
    }
}

#[test]
fn changed_built_ins_do_not_break_the_engine() {
    let script = "Array.prototype.push = null;\nPromise.prototype.then = null;\nJSON.stringify = () => 'x';\n\
        Object.freeze(globalThis);\nObject.prototype.toJSON = () => 'bad';\n\
        export default 1;";
    let (outcome, report) = outcome(script, &[]);
    assert_eq!(outcome, "finished", "{report}");
}
