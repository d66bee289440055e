//! A skill that imports what another one exports: each with its own grants, memory and state; one deadline, one budget.

use std::sync::Arc;
use std::time::Duration;

use mcp_host::{Outcome, Report, StateStore};
use mcp_tests::{Fake, Setup, structured, text};
use serde_json::{Value, json};

fn plain() -> Fake {
    Fake::plain(|_| Box::pin(async { Ok(text("done")) }))
}

fn result(report: &Report) -> Value {
    assert_eq!(report.outcome, Outcome::Finished);
    serde_json::from_str(report.result.as_deref().unwrap()).unwrap()
}

async fn run(main: Setup, part: Setup, input: Value) -> Report {
    main.run_with("writer", "words", part, &input.to_string())
        .await
}

async fn plainly(input: Value) -> Report {
    run(Setup::default(), Setup::default(), input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn values_go_to_the_dependency_and_back() {
    let report = plainly(json!(["summarize", "one three two"])).await;
    assert_eq!(result(&report), json!({ "words": 3, "longest": "three" }));
    assert_eq!(report.log_lines, 1);
    let report = plainly(json!(["summarize", ""])).await;
    let message = "no text".to_owned();
    assert_eq!(report.outcome, Outcome::Failed { message });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dependency_lives_exactly_as_long_as_the_run() {
    for _ in 0..2 {
        assert_eq!(result(&plainly(json!(["count"])).await), json!([1, 2]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_of_one_skill_do_not_apply_to_another() {
    let denied = "denied: call-tool `plain/go` is not granted; add `--allow plain/go`";
    let both = json!(["call-both"]);
    let granted = |setup: Setup| setup.allow("plain/*");
    let main = || Setup::default().server(plain());
    let report = run(granted(main()), Setup::default(), both.clone()).await;
    assert_eq!(result(&report), json!(["done", denied]));
    let report = run(main(), granted(Setup::default()), both.clone()).await;
    assert_eq!(result(&report), json!([denied, "done"]));
    let report = run(granted(main()), granted(Setup::default()), both).await;
    assert_eq!(result(&report), json!(["done", "done"]));
    assert_eq!(report.tools["plain/go"].calls, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_those_of_each_ones_own_grants() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.txt"), "12345").unwrap();
    let part = Setup::default().dir(dir.path(), "/files");
    let report = run(Setup::default(), part, json!(["read", "/files/a.txt"])).await;
    let read = result(&report);
    assert_eq!(read[1], json!({ "Ok": 5 }));
    assert!(read[0]["Err"].is_string(), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn state_belongs_to_the_dependency() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(StateStore::at(dir.path().to_owned()));
    let remember = async |value: &str| {
        let main = Setup::default().state(&store, "writer");
        let part = Setup::default().state(&store, "words");
        result(&run(main, part, json!(["remember", value])).await)
    };
    assert_eq!(remember("a").await, json!(null));
    assert_eq!(remember("b").await, json!("a"));
    // A linked skill of another name does not see the value.
    let other = Setup::default().state(&store, "others");
    let report = run(Setup::default(), other, json!(["remember", "c"])).await;
    assert_eq!(result(&report), json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_budget_is_one_for_all() {
    let main = Setup::default()
        .server(plain())
        .allow("plain/*")
        .limits(|limits| limits.calls = 1);
    let part = Setup::default().allow("plain/*");
    let report = run(main, part, json!(["call-both"])).await;
    let answers = result(&report);
    assert_eq!(answers[0], "done");
    assert!(
        answers[1]
            .as_str()
            .unwrap()
            .contains("budget of 1 tool calls is used up"),
        "{answers}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fuel_and_time_of_a_dependency_are_the_runs() {
    let fuel = Setup::default().limits(|limits| limits.fuel = 50_000_000);
    let report = run(fuel, Setup::default(), json!(["spin"])).await;
    assert_eq!(report.outcome, Outcome::OutOfFuel { fuel: 50_000_000 });
    assert_eq!(report.fuel, 50_000_000);
    let time = Setup::default().limits(|limits| limits.timeout = Duration::from_millis(100));
    let started = std::time::Instant::now();
    let report = run(time, Setup::default(), json!(["spin"])).await;
    assert_eq!(report.outcome, Outcome::TimedOut { timeout_ms: 100 });
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_of_a_dependency_is_bounded_and_its_traps_end_the_run() {
    let memory = Setup::default().limits(|limits| limits.memory = 16 << 20);
    let report = run(memory, Setup::default(), json!(["grow"])).await;
    assert!(
        matches!(report.outcome, Outcome::OutOfMemory { limit, .. } if limit == 16 << 20),
        "{:?}",
        report.outcome
    );
    let report = plainly(json!(["crash"])).await;
    assert!(
        matches!(report.outcome, Outcome::Trapped { .. }),
        "{:?}",
        report.outcome
    );
}

/// A server whose tool `wait` answers after two calls have arrived.
fn answering_two() -> Fake {
    let both = Arc::new(tokio::sync::Barrier::new(2));
    Fake::new("fake", Fake::standard_tools(), move |_, arguments| {
        let both = Arc::clone(&both);
        Box::pin(async move {
            both.wait().await;
            Ok(structured(Value::Object(arguments)))
        })
    })
}

async fn awaiting(main: Setup, what: &str) -> Report {
    let input = json!(what).to_string();
    main.run_with("slow-writer", "slow-words", Setup::default(), &input)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_continues_while_it_awaits_a_dependency() {
    let in_time = |limits: &mut mcp_host::Limits| limits.timeout = Duration::from_secs(30);
    let main = Setup::default().server(answering_two()).limits(in_time);
    let report = awaiting(main, "both").await;
    assert_eq!(result(&report), json!(["part", "main"]));
    assert_eq!(report.tools["fake/wait"].calls, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_awaited_dependency_counts_against_the_run() {
    let none = Setup::default()
        .server(Fake::standard())
        .limits(|limits| limits.calls = 0);
    let refused = result(&awaiting(none, "part").await);
    let why = refused["Err"].as_str().unwrap();
    assert!(why.contains("budget of 0 tool calls is used up"), "{why}");

    let fuel = Setup::default()
        .server(Fake::standard())
        .limits(|limits| limits.fuel = 50_000_000);
    let report = awaiting(fuel, "spin").await;
    assert_eq!(report.outcome, Outcome::OutOfFuel { fuel: 50_000_000 });
    let time = Setup::default()
        .server(Fake::standard())
        .limits(|limits| limits.timeout = Duration::from_millis(100));
    let report = awaiting(time, "spin").await;
    assert_eq!(report.outcome, Outcome::TimedOut { timeout_ms: 100 });
    let report = awaiting(Setup::default().server(Fake::standard()), "crash").await;
    assert!(
        matches!(report.outcome, Outcome::Trapped { .. }),
        "{:?}",
        report.outcome
    );
}
