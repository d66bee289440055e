//! Skills that are entered by their typed functions: `--invoke`.

use std::time::Duration;

use mcp_host::{Outcome, Report};
use mcp_tests::{Fake, Setup, text};
use serde_json::{Value, json};

async fn invoke(call: &str, input: Option<&str>) -> Report {
    Setup::default().invoke("functions", call, input).await
}

fn result(report: &Report) -> Value {
    assert_eq!(report.outcome, Outcome::Finished);
    serde_json::from_str(report.result.as_deref().unwrap()).unwrap()
}

fn failure(report: Report) -> String {
    match report.outcome {
        Outcome::Failed { message } => message,
        outcome => panic!("{outcome:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_goes_into_a_function_and_comes_out_as_it_was() {
    let all = json!({
        "yes": true, "tiny": -128, "byte": 255, "short": -32768, "word": 65535,
        "int": i32::MIN, "count": u32::MAX, "long": i64::MIN, "big": u64::MAX - 1,
        "ratio": 0.1, "real": -0.5, "letter": "\u{1f980}", "text": "a\u{0}b", "bytes": [0, 255],
        "pair": [-1, "x"], "labels": { "b": 1, "a": 2 }, "maybe": "yes", "deep": { "tag": "none" },
        "deeper": [null, { "tag": "some", "val": { "tag": "some", "val": 7 } }],
        "shapes": [{ "tag": "point" }, { "tag": "circle", "val": 1.5 },
            { "tag": "labelled", "val": { "text": "t", "weight": 9 } }],
        "tint": "dark-blue", "may": ["read", "execute"],
        "ending": { "tag": "ok", "val": 3 }, "bare": { "tag": "err" }
    });
    let input = json!({ "all": all }).to_string();
    assert_eq!(result(&invoke("echo", Some(&input)).await), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn wave_calls_return_json() {
    let report = invoke(r#"api#triage("a/b", {days: 7}, 3)"#, None).await;
    assert_eq!(result(&report), json!(["a/b", "7", "-", "3"]));
    let report = invoke("divide(18446744073709551615, 1)", None).await;
    assert_eq!(report.result.as_deref(), Some("18446744073709551615"));
    assert_eq!(result(&invoke("nothing()", None).await), Value::Null);
    assert!(report.fuel > 0 && report.peak_memory > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_of_a_result_is_the_skills_failure_as_json() {
    let report = invoke(r#"api#triage("many", {days: 7})"#, None).await;
    assert_eq!(failure(report), r#"{"tag":"too-many","val":7}"#);
    let report = invoke(r#"api#triage("empty", {days: 7})"#, None).await;
    assert_eq!(failure(report), r#"{"tag":"none-left"}"#);
    assert_eq!(
        failure(invoke("divide(1, 0)", None).await),
        "division by zero"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_json_does_not_have_is_a_failure_that_says_so() {
    assert_eq!(
        failure(invoke("real(nan)", None).await),
        "the function's result cannot be written as JSON, at the top level: JSON has no number `NaN`"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn async_functions_run_too() {
    let report = Setup::default()
        .invoke("functions-async", r#"later("gator")"#, None)
        .await;
    assert_eq!(result(&report), json!("later, gator"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_error_that_a_function_returns_keeps_its_name() {
    let call = r#"call("plain", "go")"#;
    let fake = || Fake::plain(|_| Box::pin(async { Ok(text("done")) }));
    let denied = Setup::default()
        .server(fake())
        .invoke("functions-async", call, None)
        .await;
    let Outcome::Denied { message } = denied.outcome else {
        panic!("{:?}", denied.outcome);
    };
    assert!(message.contains("--allow plain/go"), "{message}");
    let exhausted = Setup::default()
        .server(fake())
        .allow("plain/*")
        .limits(|limits| limits.calls = 0)
        .invoke("functions-async", call, None)
        .await;
    assert_eq!(exhausted.outcome, Outcome::BudgetExhausted { calls: 0 });
    let finished = Setup::default()
        .server(fake())
        .allow("plain/*")
        .invoke("functions-async", call, None)
        .await;
    assert_eq!(result(&finished), json!(""));
    assert_eq!(finished.calls(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_limit_holds_for_functions() {
    let spin = |limits: fn(&mut mcp_host::Limits)| {
        Setup::default()
            .limits(limits)
            .invoke("functions", "spin()", None)
    };
    let report = spin(|limits| limits.fuel = 1_000_000).await;
    assert_eq!(report.outcome, Outcome::OutOfFuel { fuel: 1_000_000 });
    let report = spin(|limits| limits.timeout = Duration::from_millis(100)).await;
    assert_eq!(report.outcome, Outcome::TimedOut { timeout_ms: 100 });
    let report = Setup::default()
        .limits(|limits| limits.output = 1_000)
        .invoke("functions", r#"repeat("abc", 1000)"#, None)
        .await;
    assert_eq!(report.outcome, Outcome::OutputTooLarge { output: 1_000 });
    let report = Setup::default()
        .limits(|limits| limits.memory = 4 << 20)
        .invoke("functions", r#"repeat("abc", 5000000)"#, None)
        .await;
    assert_eq!(
        report.outcome,
        Outcome::OutOfMemory {
            quota: mcp_host::Limit::Memory,
            limit: 4 << 20
        }
    );
}
