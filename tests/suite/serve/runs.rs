//! Scripts that run: their results, the results of earlier ones, failures on the way, and the limits.

use serde_json::json;

use super::{Session, host};

#[test]
fn a_script_gives_its_result_and_an_id() {
    let host = host();
    let mut session = Session::open(&host);
    let answer = session.run("export default { sum: 1 + 1 };");
    assert!(!answer.is_error, "{}", answer.text);
    let (first, result) = answer.text.split_once('\n').unwrap();
    assert!(
        first.starts_with("ok  run r_") && first.contains("  0 calls  ") && first.ends_with(" ms"),
        "{first}"
    );
    assert_eq!(result, "{\"sum\":2}");
}

#[test]
fn a_script_calls_a_tool() {
    let host = host();
    let mut session = Session::open(&host);
    let script =
        "import { echo } from \"mcp:scripted\";\nexport default JSON.parse(await echo({ a: 1 }));";
    let answer = session.run(script);
    assert!(answer.text.contains("  1 call  "), "{}", answer.text);
    assert!(answer.text.ends_with("\n{\"a\":1}"), "{}", answer.text);
}

#[test]
fn what_models_write_runs() {
    let host = host();
    let mut session = Session::open(&host);
    for script in [
        "```ts\nexport default 42;\n```",
        "return 42;",
        "async () => { return 42; }",
        "const n: number = 42;\nn",
        "return JSON.parse(await scripted.echo({ n: 42 })).n;",
    ] {
        let (_, result) = session.result(script);
        assert_eq!(result, "42", "{script}");
    }
}

#[test]
fn input_is_a_value_or_its_text() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { input } from \"mcp-host\";\nexport default input.n + 1;";
    for input in [json!({ "n": 1 }), json!("{\"n\":1}")] {
        let answer = session.call("run_script", &json!({ "code": code, "input": input }));
        assert!(answer.text.ends_with("\n2"), "{}", answer.text);
    }
}

#[test]
fn a_later_script_imports_the_result_of_an_earlier_one() {
    let host = host();
    let mut session = Session::open(&host);
    let (id, _) = session.result("export default { items: [1, 2, 3] };");
    let script = format!("import r from \"run:{id}\";\nexport default r.items.length;");
    let (later, result) = session.result(&script);
    assert_eq!(result, "3");
    assert_ne!(id, later);
}

#[test]
fn a_result_that_is_not_kept_is_named() {
    let host = host();
    let mut session = Session::open(&host);
    session
        .run("import r from \"run:r_00000000\";\nexport default r;")
        .fails_with("run_not_found", &["run:r_00000000", "  no call was made\n"]);
    session
        .call("run_script", &json!({ "resume": "r_00000000" }))
        .fails_with("run_not_found", &["r_00000000"]);
    session
        .call("run_script", &json!({ "skill": "triage" }))
        .fails_with("skill_not_found", &["`triage`"]);
}

#[test]
fn a_large_result_is_cut_and_its_rest_can_be_imported() {
    let host = host();
    let mut session = Session::open(&host);
    let code =
        "export default { items: Array.from({ length: 5000 }, (_, n) => ({ n })), next: null };";
    let answer = session.call("run_script", &json!({ "code": code, "max_tokens": 100 }));
    assert!(!answer.is_error, "{}", answer.text);
    let id = super::run_id(&answer.text);
    let note = answer.text.lines().last().unwrap();
    assert!(note.starts_with("[truncated: "), "{note}");
    assert!(note.contains("value has items[5000], next"), "{note}");
    assert!(
        note.contains(&format!("import r from \"run:{id}\"")),
        "{note}"
    );
    let script = format!("import r from \"run:{id}\";\nexport default r.items[4999].n;");
    assert_eq!(session.result(&script).1, "4999");
}

#[test]
fn a_failed_call_shows_its_place_and_that_a_rerun_is_no_good_idea() {
    let host = host();
    let mut session = Session::open(&host);
    let script = "import { echo, fail } from \"mcp:scripted\";\nawait echo({});\nexport default await fail({});";
    session.run(script).fails_with(
        "tool_failed",
        &[
            "2 calls made, 2 may have changed data: do not rerun blindly",
            "script.ts:3:",
            "the disk is full",
            "await fail({})",
            "Completed before it: echo x1",
        ],
    );
}

#[test]
fn a_script_can_catch_a_failed_call() {
    let host = host();
    let mut session = Session::open(&host);
    let script = "import { fail } from \"mcp:scripted\";\n\
        let caught;\n\
        try { await fail({}); } catch (error) { caught = [error.name, error.server, error.tool, error.message]; }\n\
        export default caught;";
    let (_, result) = session.result(script);
    assert_eq!(
        result,
        "[\"ToolError\",\"scripted\",\"fail\",\"the disk is full\"]"
    );
}

#[test]
fn an_exception_of_the_script_shows_its_line() {
    let host = host();
    let mut session = Session::open(&host);
    let script = "const a: any = {};\nexport default a.b.c;";
    session.run(script).fails_with(
        "exception",
        &["0 calls made: safe to retry", "script.ts:2:", "TypeError"],
    );
}

#[test]
fn a_script_without_end_meets_its_limits() {
    let host = host();
    let more = ["--fuel", "200000000", "--max-calls", "3"];
    let mut session = Session::with(&host, &more);
    session
        .run("while (true) {}")
        .fails_with("limit_fuel", &["0 calls made: safe to retry"]);
    session
        .run("import { echo } from \"mcp:scripted\";\nwhile (true) { await echo({}); }")
        .fails_with("limit_calls", &["3 calls made", "do not rerun blindly"]);
    // The session goes on.
    assert_eq!(session.result("export default 1;").1, "1");
}

#[test]
fn a_call_that_is_under_way_at_the_limit_may_have_changed_something() {
    let host = host();
    let mut session = Session::with(&host, &["--timeout", "1s"]);
    let script =
        "import { sleep } from \"mcp:scripted\";\nexport default await sleep({ ms: 20000 });";
    session.run(script).fails_with(
        "limit_time",
        &["1 call made, 1 may have changed data: do not rerun blindly"],
    );
}
