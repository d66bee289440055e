//! `mcp:tools`: calls by name, files, state, ordinary programs.

use std::sync::{Arc, Mutex};

use mcp_bridge::{CallToolResult, ContentBlock};
use mcp_host::{Outcome, Report, StateStore};
use mcp_tests::{Fake, Setup, text};
use serde_json::{Value, json};
use tokio::sync::Barrier;

fn result(report: &Report) -> Value {
    assert_eq!(report.outcome, Outcome::Finished);
    serde_json::from_str(report.result.as_deref().unwrap()).unwrap()
}

fn hello() -> Fake {
    Fake::plain(|_| Box::pin(async { Ok(text("hello")) }))
}

const CALL: &str = r#"{"server":"plain","tool":"go"}"#;
const SURFACE: &str = r#"{"server":"plain","tool":"go","surface":true}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_call_by_name_is_answered() {
    let report = Setup::default()
        .server(hello())
        .allow("plain/go")
        .run("one-call", CALL)
        .await;
    assert_eq!(
        result(&report),
        json!({ "result": { "structured": null, "content": ["text"], "text": "hello" } })
    );
    assert_eq!(report.tools["plain/go"].bytes_in, 2);
    assert!(report.tool_bytes() > 5);
    let latency = report.tools["plain/go"].latency;
    assert!(latency.min_ms > 0.0, "{latency:?}");
    assert_eq!(
        (latency.min_ms, latency.max_ms),
        (latency.median_ms, latency.median_ms)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_name_without_a_grant_names_the_flag_to_add() {
    let fake = hello();
    let calls = fake.calls();
    let report = Setup::default()
        .server(fake)
        .allow("plain/other")
        .run("one-call", CALL)
        .await;
    assert_eq!(
        result(&report),
        json!({
            "error": "denied",
            "message": "denied: call-tool `plain/go` is not granted; add `--allow plain/go`"
        })
    );
    assert!(calls.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_that_cannot_go_on_without_a_grant_is_denied() {
    let report = Setup::default()
        .server(hello())
        .run("one-call", SURFACE)
        .await;
    assert_eq!(
        report.outcome,
        Outcome::Denied {
            message: "call-tool `plain/go` is not granted; add `--allow plain/go`".into()
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_server_or_tool_is_not_found() {
    for (call, message) in [
        (
            r#"{"server":"nobody","tool":"go"}"#,
            "not found: no server `nobody` in this run; it has `plain`",
        ),
        (
            r#"{"server":"plain","tool":"gone"}"#,
            "not found: server `plain` has no tool `gone`",
        ),
    ] {
        let report = Setup::default()
            .server(hello())
            .allow("*/*")
            .run("one-call", call)
            .await;
        assert_eq!(
            result(&report),
            json!({ "error": "not-found", "message": message })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_is_error_answer_is_failed_and_the_skill_goes_on() {
    let fails = || {
        Fake::plain(|_| {
            Box::pin(async {
                Ok(CallToolResult::error(vec![ContentBlock::text(
                    "no such issue",
                )]))
            })
        })
    };
    let report = Setup::default()
        .server(fails())
        .allow("plain/*")
        .run("one-call", CALL)
        .await;
    let result = result(&report);
    assert_eq!(result["error"], "failed");
    assert!(
        result["message"]
            .as_str()
            .unwrap()
            .contains("no such issue")
    );
    assert_eq!(report.tools["plain/go"].errors, 1);

    let report = Setup::default()
        .server(fails())
        .allow("plain/*")
        .run("one-call", SURFACE)
        .await;
    assert_eq!(
        report.outcome,
        Outcome::Failed {
            message: "a tool failed: no such issue".into()
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_runs_at_once_and_answers_in_order() {
    // No call is answered before all three have arrived.
    let all = Arc::new(Barrier::new(3));
    let order = Arc::new(Mutex::new(Vec::new()));
    let arrived = Arc::clone(&order);
    let fake = Fake::plain(move |arguments| {
        let (all, order) = (Arc::clone(&all), Arc::clone(&arrived));
        Box::pin(async move {
            let n = arguments["n"].to_string();
            order.lock().unwrap().push(n.clone());
            all.wait().await;
            Ok(text(&n))
        })
    });
    let call = |n: u8| json!({ "server": "plain", "tool": "go", "arguments": { "n": n } });
    let input = json!([call(1), call(2), call(3)]).to_string();
    let report = Setup::default()
        .server(fake)
        .allow("plain/*")
        .run("batch", &input)
        .await;
    assert_eq!(
        result(&report),
        json!([{ "text": "1" }, { "text": "2" }, { "text": "3" }])
    );
    assert_eq!(order.lock().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_seen_only_under_a_grant() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.txt"), "hello").unwrap();
    let input = json!([
        { "read": { "path": "/data/a.txt" } },
        { "list": { "path": "/data" } },
        { "write": { "path": "/data/b.txt", "text": "x" } },
        { "read": { "path": "/etc/passwd" } },
        { "read": { "path": "/data/../etc/passwd" } },
    ])
    .to_string();
    let report = Setup::default()
        .dir(dir.path(), "/data")
        .run("files", &input)
        .await;
    let result = result(&report);
    assert_eq!(result[0], json!({ "text": "hello" }));
    assert_eq!(
        result[1],
        json!({ "entries": [{ "name": "a.txt", "kind": "file", "size": 5 }] })
    );
    for denied in 2..5 {
        assert_eq!(result[denied]["error"], "denied", "{result}");
    }

    let input = json!([{ "write": { "path": "/data/b.txt", "text": "x" } }]).to_string();
    Setup::default()
        .dir(dir.path(), "/data:rw")
        .run("files", &input)
        .await;
    assert_eq!(std::fs::read(dir.path().join("b.txt")).unwrap(), b"x");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalog_is_a_directory_of_files() {
    let input = json!([
        { "list": { "path": "/" } },
        { "list": { "path": "/mcp-tools" } },
        { "list": { "path": "/mcp-tools/fake" } },
        { "read": { "path": "/mcp-tools/fake/tools.json" } },
        { "read": { "path": "/mcp-tools/fake/wait.json" } },
        { "read": { "path": "/mcp-tools/fake/tools.wit" } },
        { "read": { "path": "/mcp-tools/nobody/tools.json" } },
    ])
    .to_string();
    let report = Setup::default()
        .server(Fake::standard())
        .run("files", &input)
        .await;
    let result = result(&report);
    let names = |i: usize| {
        let entries = result[i]["entries"].as_array().unwrap().iter();
        entries
            .map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(0), ["mcp-tools"]);
    assert_eq!(names(1), ["fake"]);
    assert_eq!(
        names(2),
        [
            "echo.json",
            "tools.json",
            "tools.wit",
            "version.json",
            "wait.json"
        ]
    );
    let file = |i: usize| result[i]["text"].as_str().unwrap();
    let index: Value = serde_json::from_str(file(3)).unwrap();
    assert_eq!(
        index["tools"][1],
        json!({
            "tool": "wait",
            "function": "wait",
            "description": "Answers with the name, once the server lets it."
        })
    );
    let definition: Value = serde_json::from_str(file(4)).unwrap();
    assert_eq!(definition["inputSchema"]["required"], json!(["name"]));
    assert!(
        file(5).contains("wait: func(params: wait-params)"),
        "{}",
        file(5)
    );
    assert_eq!(result[6]["error"], "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn state_survives_runs_and_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(StateStore::at(dir.path().to_owned()));
    let count = r#"[{"count":{"key":"n"}}]"#;
    for expected in 1..=3 {
        let report = Setup::default()
            .state(&store, "one")
            .run("state", count)
            .await;
        assert_eq!(result(&report), json!([expected]));
    }
    let report = Setup::default()
        .state(&store, "other")
        .run("state", r#"[{"get":{"key":"n"}},{"keys":{"prefix":""}}]"#)
        .await;
    assert_eq!(result(&report), json!([null, []]));
}

#[tokio::test(flavor = "multi_thread")]
async fn state_over_its_quota_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(StateStore::at(dir.path().to_owned()));
    let report = Setup::default()
        .state(&store, "one")
        .limits(|limits| limits.state = 10_000)
        .run(
            "state",
            r#"[{"set":{"key":"a","value":"1"}},{"setBytes":{"key":"b","bytes":20000}},{"keys":{"prefix":""}}]"#,
        )
        .await;
    let result = result(&report);
    assert_eq!(result[1]["error"], "quota", "{result}");
    assert_eq!(result[2], json!(["a"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_that_fills_its_state_is_refused_and_others_do_not_notice() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(StateStore::at(dir.path().to_owned()));
    let other = r#"[{"count":{"key":"n"}}]"#;
    Setup::default()
        .state(&store, "other")
        .run("state", other)
        .await;
    let many: Vec<_> = (0..50)
        .map(|i| json!({ "set": { "key": format!("k{i}"), "value": "" } }))
        .chain([json!({ "set": { "key": "../other", "value": "x" } })])
        .chain([json!({ "setBytes": { "key": "big", "bytes": 64 << 20 } })])
        .collect();
    let report = Setup::default()
        .state(&store, "hostile")
        .limits(|limits| {
            limits.state_keys = 20;
            // Room for the bytes to reach the store, whose own quota refuses them.
            limits.transfer = 256 << 20;
        })
        .run("state", &json!(many).to_string())
        .await;
    let answers = result(&report);
    let refused = answers.as_array().unwrap().iter();
    let refused = refused.filter(|answer| answer["error"] == "quota").count();
    assert_eq!(refused, 32, "{answers}");
    let report = Setup::default()
        .state(&store, "other")
        .run("state", r#"[{"count":{"key":"n"}},{"keys":{"prefix":""}}]"#)
        .await;
    assert_eq!(result(&report), json!([2, ["n"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_program_is_a_skill() {
    let report = Setup::default().run("command", r#"{"x":1}"#).await;
    assert_eq!(result(&report), json!({ "args": [], "input": { "x": 1 } }));

    let report = Setup::default().run("command", r#"{"exit":3}"#).await;
    assert!(
        matches!(report.outcome, Outcome::Failed { .. }),
        "{:?}",
        report.outcome
    );
    assert_eq!(report.result, None);
    assert_eq!(report.log_lines, 1, "what it said on stderr is log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_a_skill_too_is_entered_as_a_program() {
    let report = Setup::default().run("both", "{}").await;
    assert_eq!(result(&report), json!("as a program"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_prints_has_to_be_utf_8() {
    let report = Setup::default().run("command", r#"{"raw":true}"#).await;
    assert_eq!(
        report.outcome,
        Outcome::Failed {
            message: "the program's standard output is not UTF-8".to_owned()
        }
    );
    assert_eq!(report.result, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_says_what_it_is_without_any_capability() {
    let bytes = std::fs::read(mcp_tests::guest("one-call")).unwrap();
    let skill =
        mcp_host::Skill::load(mcp_tests::engine(), &bytes, Some(mcp_tests::cache())).unwrap();
    let description = mcp_host::describe(&skill, &mcp_host::Limits::default())
        .await
        .unwrap();
    assert_eq!(description.name, "one-call");
    assert_eq!(description.description, "Calls one tool by name.");
    let schema: Value = serde_json::from_str(&description.input_schema.unwrap()).unwrap();
    assert_eq!(schema["required"], json!(["server", "tool"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skills_own_failure_is_reported_in_its_own_words() {
    let report = Setup::default()
        .run("fails", r#"{"message":"the moon is full"}"#)
        .await;
    assert_eq!(
        report.outcome,
        Outcome::Failed {
            message: "the moon is full".into()
        }
    );
    let report = Setup::default().run("fails", "{}").await;
    let Outcome::Failed { message } = report.outcome else {
        panic!("{:?}", report.outcome);
    };
    assert!(
        message.starts_with("invalid input: missing field `message`"),
        "{message}"
    );
}
