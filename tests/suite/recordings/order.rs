//! Calls that overlap are answered in the recorded order.

use std::sync::Arc;

use mcp_tests::{Fake, Setup, structured};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::recorded;

/// `wait` answers `a` only after `b` has been answered.
fn b_before_a() -> Fake {
    let b_answered = Arc::new(Notify::new());
    Fake::new("fake", Fake::standard_tools(), move |_, arguments| {
        let b_answered = Arc::clone(&b_answered);
        Box::pin(async move {
            if arguments["name"] == "a" {
                b_answered.notified().await;
            } else {
                tokio::task::yield_now().await;
                b_answered.notify_one();
            }
            Ok(structured(Value::Object(arguments)))
        })
    })
}

fn events(calls: &[Value]) -> Vec<(u64, u64)> {
    calls
        .iter()
        .map(|call| {
            (
                call["began"].as_u64().unwrap(),
                call["ended"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_overtake_each_other_do_so_again() {
    let run = recorded(Setup::default().server(b_before_a()), "typed-async", "null").await;
    assert_eq!(events(&run.calls()), [(1, 4), (2, 3)]);
    for _ in 0..20 {
        run.repeats("typed-async").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_answers_in_the_order_of_the_recording() {
    // The guest wakes for each answer, so that another order takes another amount of fuel.
    let run = recorded(Setup::default().server(b_before_a()), "typed-async", "null").await;
    run.edit(|lines| {
        for line in lines.iter_mut().filter(|line| line.get("n").is_some()) {
            line["ended"] = json!(if line["n"] == 1 { 3 } else { 4 });
        }
    });
    let again = run.replay("typed-async").await;
    assert!(
        again
            .as_ref()
            .is_err_and(|error| error.to_string().contains("the fuel differs")),
        "{again:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_there_at_once_are_so_again() {
    let run = recorded(
        Setup::default().server(Fake::standard()),
        "typed-async",
        "null",
    )
    .await;
    assert_eq!(events(&run.calls()), [(1, 1), (2, 2)]);
    run.repeats("typed-async").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_one_line_for_each_call_in_the_order_of_its_list() {
    let setup = Setup::default().server(b_before_a()).allow("fake/wait");
    let call = |name| json!({ "server": "fake", "tool": "wait", "arguments": { "name": name } });
    let input = json!([call("a"), call("b")]).to_string();
    let run = recorded(setup, "batch", &input).await;
    assert_eq!(events(&run.calls()), [(1, 4), (2, 3)]);
    assert_eq!(run.calls()[0]["arguments"]["name"], "a");
    run.repeats("batch").await;
}
