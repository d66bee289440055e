//! A replay gives the same answer as the recorded host function, whatever the answer was.

use std::sync::Arc;
use std::time::Duration;

use mcp_host::{Outcome, StateStore};
use mcp_tests::{Fake, Setup, structured, text};
use serde_json::json;

use super::{read, recorded};

#[tokio::test(flavor = "multi_thread")]
async fn typed_calls_are_answered_through_the_codec_without_the_server() {
    let fake = Fake::standard();
    let calls = fake.calls();
    let run = recorded(Setup::default().server(fake), "typed-sync", "null").await;
    assert_eq!(run.report.outcome, Outcome::Finished);
    assert_eq!(run.calls().len(), 6);
    assert_eq!(
        run.calls()[4],
        json!({
            "n": 5, "call": "tool", "server": "fake", "tool": "wait", "arguments": { "name": "a" },
            "began": 5, "ended": 5,
            "answer": { "result": {
                "structured": { "name": "a" },
                "content": [{ "type": "text", "text": "{\"name\":\"a\"}" }]
            } }
        })
    );
    for _ in 0..5 {
        run.repeats("typed-sync").await;
    }
    assert_eq!(
        calls.lock().unwrap().len(),
        6,
        "only the recorded run calls"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_keep_their_digits_in_typed_calls_by_name_and_in_the_recording() {
    const NUMBERS: &str = r#"{"n":[123456789012345678901234567890,-18446744073709551616,1e+400,-0,0.12345678901234567890,9007199254740993.0]}"#;
    let fake = Fake::new("fake", Fake::standard_tools(), |_, arguments| {
        let mut answer = structured(arguments.into());
        let meta = serde_json::from_str(&format!(
            r#"{{"type":"text","text":"t","_meta":{NUMBERS}}}"#
        ));
        answer.content = vec![meta.unwrap()];
        Box::pin(async move { Ok(answer) })
    });
    let calls = fake.calls();
    let input = json!({ "json": NUMBERS }).to_string();
    let setup = Setup::default().server(fake).allow("fake/echo");
    let run = recorded(setup, "digits", &input).await;
    assert_eq!(run.report.outcome, Outcome::Finished);
    let expected = json!({"typed": NUMBERS, "by_name": format!("{{\"anything\":{NUMBERS}}}")});
    let result: serde_json::Value =
        serde_json::from_str(run.report.result.as_deref().unwrap()).unwrap();
    assert_eq!(result, expected);
    for (_, arguments) in calls.lock().unwrap().iter() {
        assert_eq!(arguments["anything"].to_string(), NUMBERS);
    }
    for call in run.calls() {
        assert_eq!(call["arguments"]["anything"].to_string(), NUMBERS);
        let answer = &call["answer"]["result"]["structured"]["anything"];
        assert_eq!(answer.to_string(), NUMBERS);
        let meta = &call["answer"]["result"]["content"][0]["_meta"];
        assert_eq!(meta.to_string(), NUMBERS);
    }
    run.repeats("digits").await;
    assert_eq!(calls.lock().unwrap().len(), 2, "the replay calls no server");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recording_names_the_tools_that_were_linked_and_defines_no_others() {
    let run = recorded(Setup::default().server(Fake::standard()), "two-calls", "{}").await;
    let lines = run.lines();
    assert_eq!(
        lines[1],
        json!({ "server": "fake", "tools": ["echo", "wait", "version"] })
    );
    let defined: Vec<_> = lines
        .iter()
        .filter_map(|line| line["tool-definition"]["tool"]["name"].as_str())
        .collect();
    assert_eq!(defined, ["wait"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_failures_are_answers_too() {
    for (setup, case) in [
        (Setup::default(), "denied"),
        (Setup::default().allow("plain/*"), "not-found"),
        (
            Setup::default()
                .server(Fake::plain(|_| {
                    Box::pin(async {
                        let mut answer = text("no");
                        answer.is_error = Some(true);
                        Ok(answer)
                    })
                }))
                .allow("plain/*"),
            "failed",
        ),
        (
            Setup::default()
                .server(Fake::plain(|_| {
                    let gone = mcp_bridge::CallError::Unavailable("gone".into());
                    Box::pin(std::future::ready(Err(gone)))
                }))
                .allow("plain/*"),
            "unavailable",
        ),
        (
            Setup::default()
                .server(Fake::plain(|_| Box::pin(async { Ok(text("ok")) })))
                .allow("plain/*")
                .limits(|limits| limits.calls = 0),
            "budget-exhausted",
        ),
    ] {
        let run = recorded(setup, "one-call", r#"{"server":"plain","tool":"go"}"#).await;
        assert_eq!(run.calls()[0]["answer"]["error"]["case"], case);
        run.repeats("one-call").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_are_no_json_are_recorded_as_the_text_that_they_are() {
    let setup = Setup::default().allow("plain/*");
    let call = r#"[{"server":"plain","tool":"go","arguments":7}]"#;
    let run = recorded(setup, "batch", call).await;
    assert_eq!(run.calls()[0]["arguments"], "7");
    run.repeats("batch").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_stopped_in_a_call_is_stopped_again() {
    let setup = Setup::default()
        .server(Fake::plain(|_| Box::pin(async { Ok(text("ok")) })))
        .allow("plain/*")
        .limits(|limits| limits.calls = 5);
    let input = r#"{"server":"plain","tool":"go","arguments":{}}"#;
    let run = recorded(setup, "call-loop", input).await;
    assert_eq!(run.report.outcome, Outcome::BudgetExhausted { calls: 5 });
    let last = run.calls().pop().unwrap();
    assert_eq!(last["answer"], json!({ "trap": "budget-exhausted" }));
    run.repeats("call-loop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_never_answered_is_not_answered_again() {
    let setup = Setup::default()
        .server(Fake::plain(|_| Box::pin(std::future::pending())))
        .allow("plain/*")
        .limits(|limits| limits.timeout = Duration::from_millis(100));
    let run = recorded(setup, "one-call", r#"{"server":"plain","tool":"go"}"#).await;
    assert_eq!(run.calls()[0].get("answer"), None);
    let again = run.replay("one-call").await.unwrap();
    assert_eq!(again.outcome, Outcome::TimedOut { timeout_ms: 100 });
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_from_the_recording_and_stay_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.txt"), "old").unwrap();
    let input = r#"[{"read":{"path":"/d/a.txt"}},{"write":{"path":"/d/a.txt","text":"new"}},
        {"list":{"path":"/d"}},{"read":{"path":"/d/b.txt"}}]"#;
    let run = recorded(Setup::default().dir(dir.path(), "/d:rw"), "files", input).await;
    assert_eq!(run.report.outcome, Outcome::Finished);
    let answers: Vec<_> = run
        .calls()
        .into_iter()
        .map(|mut call| call["answer"].take())
        .collect();
    assert_eq!(answers[0], json!({ "result": { "text": "old" } }));
    assert_eq!(answers[1], json!({ "result": null }));
    assert_eq!(
        answers[2],
        json!({ "result": [{ "name": "a.txt", "kind": "file", "size": 3 }] })
    );
    assert_eq!(answers[3]["error"]["case"], "not-found");

    std::fs::write(dir.path().join("a.txt"), "later").unwrap();
    run.repeats("files").await;
    assert_eq!(read(&dir.path().join("a.txt")), "later");
}

#[tokio::test(flavor = "multi_thread")]
async fn state_comes_from_the_recording_and_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(StateStore::at(dir.path().join("state")));
    let input = r#"[{"count":{"key":"n"}},{"set":{"key":"k","value":"v","ttlMs":60000}},{"get":{"key":"k"}},
        {"keys":{"prefix":""}},{"delete":{"key":"k"}},{"get":{"key":""}}]"#;
    let run = recorded(Setup::default().state(&store, "s"), "state", input).await;
    assert_eq!(run.report.outcome, Outcome::Finished);
    std::fs::remove_dir_all(dir.path().join("state")).unwrap();
    run.repeats("state").await;
    assert!(!dir.path().join("state").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_are_calls_up_to_their_quota() {
    let setup = Setup::default().limits(|limits| {
        limits.fuel = 5_000_000;
        limits.log_lines = 3;
    });
    let run = recorded(setup, "log-loop", "{}").await;
    assert_eq!(run.calls().len(), 3);
    assert_eq!(run.calls()[0]["call"], "log");
    run.repeats("log-loop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_program_replays_with_its_standard_input() {
    let input = "{ \"a\":\n [1,  2] }";
    let run = recorded(Setup::default(), "command", input).await;
    assert_eq!(run.open().unwrap().input(), "{ \"a\":  [1,  2] }");
    run.repeats("command").await;
}
