//! What a script gives, and how it fails.

use super::harness::{Contents, FailureKind, LARGE, Module, ready, run, run_with, script};

#[test]
fn result_is_the_default_export_awaited() {
    assert_eq!(
        run("export default { a: [1, 'two', null] }").value(),
        r#"{"a":[1,"two",null]}"#
    );
    assert_eq!(run("export default Promise.resolve(3)").value(), "3");
    assert_eq!(run("export default async (input) => input").value(), "null");
    assert_eq!(
        run_with(
            "export default function (input) { return input.n + 1 }",
            r#"{"n":41}"#
        )
        .value(),
        "42"
    );
    assert_eq!(
        run_with(
            r#"import { input } from "mcp-host"; export default input.n"#,
            r#"{"n":[1]}"#
        )
        .value(),
        "[1]"
    );
    assert_eq!(run("const a = 1").value(), "null");
    assert_eq!(run("export default undefined").value(), "null");
    assert_eq!(
        run("const x = await Promise.resolve(5); export default x * 2").value(),
        "10"
    );
}

#[test]
fn call_gives_the_value_or_the_text_of_its_answer() {
    let ran = run(
        r#"import { echo, text } from "mcp:test"; export default [await echo({ a: 1 }), await text(), await echo()]"#,
    );
    assert_eq!(ran.value(), r#"[{"a":1},"plain [text]",{}]"#);
    assert_eq!(
        ran.calls,
        [
            (0, r#"{"a":1}"#.to_owned()),
            (3, "{}".to_owned()),
            (0, "{}".to_owned())
        ]
    );
    assert_eq!(ran.outcome.warnings, [""; 0]);
}

#[test]
fn calls_of_promise_all_overlap() {
    let started = std::time::Instant::now();
    let ran = run(
        r#"import { slow } from "mcp:test"; export default (await Promise.all(Array.from({ length: 50 }, (_, n) => slow({ n })))).length"#,
    );
    assert_eq!(ran.value(), "50");
    assert_eq!(ran.calls.len(), 50);
    // One after another, they take 5 s.
    assert!(
        started.elapsed() < std::time::Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn module_can_have_any_export_name_and_a_json_value() {
    let tool = |name: &str, number| super::harness::Tool {
        name: name.to_owned(),
        number,
    };
    let modules = vec![
        Module {
            specifier: "mcp:x".to_owned(),
            contents: Contents::Tools(vec![tool("get-issue", 0), tool("default", 3)]),
        },
        Module {
            specifier: "run:r_1".to_owned(),
            contents: Contents::Json(r#"{"n":7}"#.to_owned()),
        },
    ];
    let source = r#"import text, { "get-issue" as get } from "mcp:x"; import * as all from "mcp:x"; import earlier from "run:r_1";
        export default [await get(earlier), await text(), Object.keys(all)]"#;
    let ran = ready()
        .execute(script(source, "null", modules), None)
        .expect("the engine runs");
    assert_eq!(
        ran.value(),
        r#"[{"n":7},"plain [text]",["default","get-issue"]]"#
    );
}

#[test]
fn arguments_that_are_no_object_are_refused_before_the_call() {
    for (argument, kind) in [
        ("'x'", "string"),
        ("[1]", "array"),
        ("5", "int"),
        ("() => 1", "function"),
    ] {
        let ran = run(&format!(
            r#"import {{ echo }} from "mcp:test"; export default await echo({argument})"#
        ));
        let message = format!(
            "TypeError: `echo` takes its arguments as one object, `echo({{ ... }})`, not as {kind}"
        );
        assert_eq!(ran.failure(), (FailureKind::Exception, message.as_str()));
        assert_eq!(ran.calls, []);
    }
}

#[test]
fn failed_call_throws_a_tool_error_with_the_line_of_the_caller() {
    let ran = run(
        "import { fail } from 'mcp:test';\nasync function load() {\n  return await fail({});\n}\nawait load();",
    );
    assert_eq!(ran.failure(), (FailureKind::Tool, "ToolError: it failed"));
    assert_eq!(ran.frames(), ["load 3:16", " 5:7"]);
    let failure = ran.outcome.value.as_ref().expect_err("it failed");
    assert!(
        failure
            .tool_error
            .as_deref()
            .is_some_and(|json| json.contains(r#""details":{"a":1}"#))
    );

    let caught = run(
        r#"import { fail } from "mcp:test"; let error; try { await fail({}) } catch (e) { error = e }
        export default [error instanceof ToolError, error instanceof Error, error.name, error.server, error.tool, error.code, error.message,
            error.retryable, error.details]"#,
    );
    assert_eq!(
        caught.value(),
        r#"[true,true,"ToolError","test","fail","failed","it failed",true,{"a":1}]"#
    );
}

#[test]
fn exception_has_the_frames_of_the_script() {
    let ran = run("function inner(a) {\n  return a.b.c;\n}\n\nexport default () => inner({});");
    assert_eq!(
        ran.failure(),
        (
            FailureKind::Exception,
            "TypeError: cannot read property 'c' of undefined"
        )
    );
    assert_eq!(ran.frames(), ["inner 2:10", "default 5:22"]);
}

#[test]
fn syntax_errors_have_a_place() {
    let ran = run("const a = 1;\nconst b = ;\n");
    assert_eq!(ran.failure().0, FailureKind::Syntax);
    assert_eq!(ran.frames(), [" 2:11"]);
    let unknown = run(r#"import { nope } from "mcp:test""#);
    assert_eq!(
        unknown.failure(),
        (
            FailureKind::Syntax,
            "SyntaxError: Could not find export 'nope' in module 'mcp:test'"
        )
    );
    let foreign = run(r#"import fs from "fs""#);
    assert_eq!(foreign.failure().0, FailureKind::Syntax);
    assert!(
        foreign.failure().1.contains("'fs'"),
        "{:?}",
        foreign.failure()
    );
}

#[test]
fn what_was_thrown_is_shown_also_where_it_is_no_error() {
    for (source, message) in [
        ("throw 'abc'", "uncaught abc"),
        ("throw { a: 1 }", "uncaught {a: 1}"),
        ("throw null", "uncaught null"),
        ("throw undefined", "uncaught undefined"),
        ("throw Symbol('s')", "uncaught Symbol(s)"),
        (
            "throw new Error('a', { cause: new TypeError('b') })",
            "Error: a; caused by TypeError: b",
        ),
        (
            "await Promise.any([Promise.reject(new Error('x'))])",
            "AggregateError; the first of 1 errors: Error: x",
        ),
        (
            "fetch('x')",
            "ReferenceError: a script has no `fetch`: import the tool of a server",
        ),
        (
            "new Intl.NumberFormat()",
            "ReferenceError: a script has no `Intl`: format numbers and dates with `toFixed`, `toISOString` or `padStart`",
        ),
    ] {
        assert_eq!(
            run(source).failure(),
            (FailureKind::Exception, message),
            "{source}"
        );
    }
}

#[test]
fn rejection_that_nothing_handles_fails_the_run() {
    let ran = run(
        "function f() { return Promise.reject(new Error('lost')) }\nf(); Promise.reject(1);\nexport default 1",
    );
    let message = "Error: lost (and 1 others): a promise was rejected, and nothing handled it";
    assert_eq!(ran.failure(), (FailureKind::UnhandledRejection, message));
    assert_eq!(ran.frames(), ["f 1:42", " 2:1"]);
    let forgotten =
        run(r#"import { fail, slow } from "mcp:test"; fail({}); await slow({}); export default 1"#);
    assert_eq!(forgotten.failure().0, FailureKind::UnhandledRejection);
    assert!(
        forgotten
            .outcome
            .value
            .expect_err("it failed")
            .tool_error
            .is_some()
    );
}

#[test]
fn rejection_that_is_handled_later_is_no_failure() {
    let ran = run(
        r#"import { fail, slow } from "mcp:test"; const a = slow({}), b = fail({}); await a; let code; try { await b } catch (e) { code = e.code }
        export default code"#,
    );
    assert_eq!(ran.value(), r#""failed""#);
}

#[test]
fn calls_that_are_not_awaited_are_named() {
    let flying = run(
        r#"import { never, echo } from "mcp:test"; never({}); never({}); await echo({}); export default 1"#,
    );
    assert_eq!(flying.value(), "1");
    assert_eq!(
        flying.outcome.warnings,
        [
            "2 calls were in flight when the script ended, and the engine stopped waiting: never (2); their effects are unknown, await them"
        ]
    );
    let forgotten = run(
        r#"import { echo } from "mcp:test"; [1, 2].forEach(async (n) => { await echo({ n }) }); export default 1"#,
    );
    assert_eq!(forgotten.value(), "1");
    assert_eq!(forgotten.calls, []);
    assert_eq!(
        forgotten.outcome.warnings,
        [
            "2 calls were not awaited and not made: echo (2); write `await`, or `await Promise.all(...)` for several"
        ]
    );
}

#[test]
fn promise_that_nothing_settles_is_said_to_be_one() {
    for source in [
        "await new Promise(() => {})",
        "export default new Promise(() => {})",
        "const t = setTimeout(() => {}, 60000); clearTimeout(t); await new Promise(() => {})",
    ] {
        assert_eq!(
            run(source).failure().0,
            FailureKind::NeverSettles,
            "{source}"
        );
    }
}

#[test]
fn result_that_is_no_json_is_refused() {
    for source in [
        "export default Symbol('a')",
        "export default () => () => 1",
        "const a = {}; a.a = a; export default a",
    ] {
        assert_eq!(run(source).failure().0, FailureKind::NotJson, "{source}");
    }
    // JSON has integers of any length.
    let long = run("export default 2n ** 64n");
    assert_eq!(long.value(), "18446744073709551616");
    assert_eq!(run("export default '\\ud800'").value(), r#""\ud800""#);
}

#[test]
fn dynamic_import_reaches_nothing_else() {
    assert_eq!(
        run(r#"export default (await import("mcp:test")).echo.name"#).value(),
        r#""echo""#
    );
    assert_eq!(
        run(r#"export default await import("mcp:other").catch((e) => e.name)"#).value(),
        r#""ReferenceError""#
    );
}

#[test]
fn what_json_does_not_keep_of_a_result_is_said() {
    for (script, wanted) in [
        (
            "export default new Map([['a', 1]])",
            "the result is a Map; write Object.fromEntries(map)",
        ),
        (
            "export default { counts: new Map([['a', 1]]), n: 1 }",
            "`counts` of the result is a Map; write Object.fromEntries(map)",
        ),
        (
            "export default [{ tags: new Set(['a']) }]",
            "`[0].tags` of the result is a Set; write [...set]",
        ),
        (
            "export default { failed: new Error('no') }",
            "`failed` of the result is an Error, of which JSON has no message; write String(error)",
        ),
        (
            "export default [new Map().values()]",
            "`[0]` of the result is an iterator; write [...values]",
        ),
        (
            "export default { later: Promise.resolve(1) }",
            "`later` of the result is a promise; await it",
        ),
        (
            "class A { #n = 1; get n() { return this.#n; } } export default async () => new A()",
            "the result is an object of a class without public fields; write an object with the values: { name: value.name }",
        ),
    ] {
        let ran = run(script);
        ran.value();
        assert_eq!(ran.outcome.warnings, [wanted], "{script}");
    }
    for script in [
        "export default new Map()",
        "export default { a: [1, { b: null }], d: new Date(0), s: new String('a'), e: {} }",
        "export default Object.create(null)",
        "class A { n = 1 } export default new A()",
        "Map.prototype.toJSON = function () { return [...this]; }; export default new Map([[1, 2]])",
        "export default { get a() { return new Map([[1, 2]]); } }",
        "const a = {}; a.list = [new Proxy({}, { getPrototypeOf() { throw 1; } })]; export default a",
        "Set.prototype.has = Array.prototype.push = () => { throw 1; }; export default { a: { b: 1 } }",
    ] {
        assert_eq!(run(script).outcome.warnings, [""; 0], "{script}");
    }
}

#[test]
fn an_answer_that_the_host_keeps_is_taken_where_it_fits() {
    let bytes = LARGE;
    let ran = run(&format!(
        r#"import {{ large }} from "mcp:test"; export default (await large({{ bytes: {bytes} }})).length"#
    ));
    assert_eq!(ran.value(), (LARGE / 2 + 1).to_string());
    assert_eq!((ran.taken, ran.refused), (1, vec![]));
}

#[test]
fn an_answer_that_does_not_fit_is_a_tool_error_that_the_script_can_catch() {
    let caught = "let code; try { await CALL } catch (e) { code = [e instanceof ToolError, e.code] }\nexport default code";
    // More than the guest may have, and a text that fits where its values do not.
    for (call, refused) in [
        ("large({ bytes: 100000000 })", (5, 100_000_000, Some(7))),
        (
            "(hold = new Uint8Array(46e6), large({ bytes: 4194304 }))",
            (5, 4_194_307, None),
        ),
    ] {
        let source = format!(
            "import {{ large }} from 'mcp:test'; let hold; {}",
            caught.replace("CALL", call)
        );
        let ran = run(&source);
        assert_eq!(ran.value(), r#"[true,"too-large"]"#, "{call}");
        assert_eq!(ran.refused, [refused], "{call}");
    }
}
