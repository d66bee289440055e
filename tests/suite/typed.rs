//! Guest -> typed WIT import -> server -> result, and the errors if the two no longer match.

use std::sync::{Arc, Mutex};

use mcp_host::{ImportError, LinkError, Outcome};
use mcp_tests::{Fake, Setup, guest, structured};
use serde_json::{Value, json};
use tokio::sync::Notify;

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_survives_the_way_to_the_server_and_back() {
    let fake = Fake::standard();
    let calls = fake.calls();
    let report = Setup::default()
        .server(fake)
        .run("typed-sync", "null")
        .await;
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(
        serde_json::from_str::<Value>(report.result.as_deref().unwrap()).unwrap(),
        json!({ "same": [true, true, true, true], "names": ["a", "b"] })
    );
    // The server gets the names of the wire, and no properties that the guest did not set.
    let calls = calls.lock().unwrap();
    assert_eq!(
        calls[1].1,
        json!({
            "text": "line\nand \u{1f980}",
            "big": u64::MAX,
            "small": -128,
            "flag": true,
            "level": "veryHigh",
            "points": [{ "x": i64::MIN, "y": 0.5 }, { "x": i64::MAX }],
            "shape": { "x": -1 },
            "labels": { "a": 0, "b": u32::MAX },
            "pair": ["left", true],
            "nothing": null,
            "anything": { "deep": [1, null] }
        })
    );
    assert_eq!(report.tools["fake/echo"].calls, 4);
    assert_eq!(report.tools["fake/wait"].calls, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_of_an_async_skill_overlap() {
    // `a` is answered only after `b` has arrived: if the calls did not overlap, the run would time out.
    let events = Arc::new(Mutex::new(Vec::new()));
    let b_arrived = Arc::new(Notify::new());
    let seen = Arc::clone(&events);
    let fake = Fake::new("fake", Fake::standard_tools(), move |_, arguments| {
        let (events, b_arrived) = (Arc::clone(&seen), Arc::clone(&b_arrived));
        Box::pin(async move {
            let name = arguments["name"].as_str().unwrap().to_owned();
            events.lock().unwrap().push(format!("{name} arrives"));
            if name == "a" {
                b_arrived.notified().await;
            } else {
                b_arrived.notify_one();
            }
            events.lock().unwrap().push(format!("{name} is answered"));
            Ok(structured(json!({ "name": name })))
        })
    });
    let report = Setup::default()
        .server(fake)
        .run("typed-async", "null")
        .await;
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(report.result.as_deref(), Some(r#"{"names":["a","b"]}"#));
    let events = events.lock().unwrap();
    let at = |event: &str| events.iter().position(|seen| seen == event).unwrap();
    assert!(at("b arrives") < at("a is answered"), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_the_tools_own_schema_is_a_protocol_error() {
    let fake = Fake::new("fake", Fake::standard_tools(), |_, _| {
        Box::pin(async { Ok(structured(json!({ "text": 7 }))) })
    });
    let report = Setup::default()
        .server(fake)
        .run("typed-sync", "null")
        .await;
    let Outcome::Failed { message } = report.outcome else {
        panic!("{:?}", report.outcome);
    };
    assert!(message.contains("protocol"), "{message}");
    assert!(
        message.contains("tool `echo` of server `fake`"),
        "{message}"
    );
    assert!(
        message.contains("`/text`: expected a string, found the number `7`"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_structured_content_is_a_protocol_error() {
    let fake = Fake::new("fake", Fake::standard_tools(), |_, _| {
        Box::pin(async { Ok(mcp_tests::text("hello")) })
    });
    let report = Setup::default()
        .server(fake)
        .run("typed-sync", "null")
        .await;
    let Outcome::Failed { message } = report.outcome else {
        panic!("{:?}", report.outcome);
    };
    assert!(message.contains("without structured content"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_the_schema_is_a_protocol_error_for_async_imports_too() {
    let fake = Fake::new("fake", Fake::standard_tools(), |_, _| {
        Box::pin(async { Ok(structured(json!({ "name": null }))) })
    });
    let report = Setup::default()
        .server(fake)
        .run("typed-async", "null")
        .await;
    let Outcome::Failed { message } = report.outcome else {
        panic!("{:?}", report.outcome);
    };
    assert!(
        message.contains("`/name`: expected a string, found null"),
        "{message}"
    );
}

/// Links `typed-sync` against the standard catalog after a change; nothing may be called.
async fn link_against(change: impl FnOnce(&mut Value)) -> Result<(), Vec<ImportError>> {
    let mut tools = Fake::standard_tools();
    change(&mut tools);
    let fake = Fake::new("fake", tools, |_, arguments| {
        Box::pin(async move { Ok(structured(Value::Object(arguments))) })
    });
    let calls = fake.calls();
    let run = Setup::default()
        .server(fake)
        .try_run(&guest("typed-sync"), "null")
        .await;
    match run {
        Ok(report) => {
            assert_eq!(report.outcome, Outcome::Finished);
            Ok(())
        }
        Err(LinkError::Imports(errors)) => {
            assert!(
                calls.lock().unwrap().is_empty(),
                "nothing runs before types fit"
            );
            Err(errors)
        }
        Err(error) => panic!("{error}"),
    }
}

fn messages(result: Result<(), Vec<ImportError>>) -> Vec<String> {
    result
        .expect_err("it links")
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retyped_argument_does_not_link() {
    let errors = link_against(|tools| {
        tools[0]["inputSchema"]["properties"]["text"] = json!({ "type": "boolean" });
    });
    assert_eq!(
        messages(errors.await),
        ["tool `echo` of server `fake` changed: `params.text` was string, now bool"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_argument_does_not_link() {
    let errors = link_against(|tools| {
        let schema = &mut tools[0]["inputSchema"];
        schema["properties"]
            .as_object_mut()
            .unwrap()
            .remove("small");
    });
    assert_eq!(
        messages(errors.await),
        ["tool `echo` of server `fake` changed: `params.small` was option<s8>, now (nothing)"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newly_required_argument_does_not_link() {
    let errors = link_against(|tools| {
        let schema = &mut tools[1]["inputSchema"];
        schema["properties"]["zone"] = json!({ "type": "string" });
        schema["required"] = json!(["name", "zone"]);
    });
    assert_eq!(
        messages(errors.await),
        ["tool `wait` of server `fake` changed: `params.zone` was (nothing), now string, required"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_argument_that_became_required_does_not_link() {
    let errors = link_against(|tools| {
        let required = tools[0]["inputSchema"]["required"].as_array_mut().unwrap();
        required.push(json!("small"));
    });
    assert_eq!(
        messages(errors.await),
        ["tool `echo` of server `fake` changed: `params.small` was option<s8>, now s8, required"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_integer_does_not_link_as_an_argument() {
    let errors = link_against(|tools| {
        tools[0]["inputSchema"]["properties"]["small"]["minimum"] = json!(0);
    });
    assert_eq!(
        messages(errors.await),
        ["tool `echo` of server `fake` changed: `params.small` was s8, now u8"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_enum_value_does_not_link_as_an_argument() {
    let errors = link_against(|tools| {
        tools[0]["inputSchema"]["$defs"]["Level"]["enum"] = json!(["low", "other"]);
    });
    assert_eq!(
        messages(errors.await),
        [
            "tool `echo` of server `fake` changed: `params.level.very-high` was a case, now (nothing)"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_enum_value_does_not_link_as_a_result() {
    let errors = link_against(|tools| {
        tools[0]["outputSchema"]["$defs"]["Level"]["enum"] = json!(["low", "veryHigh", "other"]);
    });
    assert_eq!(
        messages(errors.await),
        ["tool `echo` of server `fake` changed: `result.level.other` was (nothing), now a case"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_became_optional_does_not_link() {
    let errors = link_against(|tools| {
        let required = tools[0]["outputSchema"]["required"].as_array_mut().unwrap();
        required.retain(|name| name != "flag");
    });
    assert_eq!(
        messages(errors.await),
        ["tool `echo` of server `fake` changed: `result.flag` was bool, now option<bool>"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nested_change_is_named_by_its_path() {
    let errors = link_against(|tools| {
        tools[0]["inputSchema"]["$defs"]["Point"]["properties"]["x"] = json!({ "type": "string" });
    });
    let messages = messages(errors.await);
    assert_eq!(
        messages,
        ["tool `echo` of server `fake` changed: `params.points[].x` was s64, now string"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn compatible_drift_links() {
    link_against(|tools| {
        let echo = &mut tools[0];
        // A new optional argument, a widened integer, a new enum value in an input, an argument that may be omitted
        // now, a new property in a result, and a result that is always present now.
        echo["inputSchema"]["properties"]["added"] = json!({ "type": "string" });
        echo["inputSchema"]["properties"]["small"]["maximum"] = json!(1000);
        echo["inputSchema"]["$defs"]["Level"]["enum"] = json!(["other", "low", "veryHigh"]);
        let required = echo["inputSchema"]["required"].as_array_mut().unwrap();
        required.retain(|name| name != "flag");
        echo["outputSchema"]["properties"]["added"] = json!({ "type": "string" });
        let required = echo["outputSchema"]["required"].as_array_mut().unwrap();
        required.push(json!("small"));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_import_that_cannot_be_satisfied_is_named_at_once() {
    let errors = link_against(|tools| {
        tools[0]["inputSchema"]["properties"]["text"] = json!({ "type": "boolean" });
        tools[1]["name"] = json!("waits");
    });
    assert_eq!(
        messages(errors.await),
        [
            "tool `echo` of server `fake` changed: `params.text` was string, now bool",
            "import `mcp-server:fake/tools#wait`: server `fake` has no such tool; did it mean `waits`?",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_a_server_that_is_not_there_does_not_link() {
    let error = Setup::default()
        .try_run(&guest("typed-sync"), "null")
        .await
        .expect_err("no server");
    assert_eq!(
        error.to_string(),
        "import `mcp-server:fake/tools`: no server `fake` in this run"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_can_have_no_function_any_more_does_not_link() {
    let errors = link_against(|tools| tools[0]["inputSchema"] = json!({ "type": "string" }));
    assert_eq!(
        messages(errors.await),
        [
            "import `mcp-server:fake/tools#echo`: tool `echo` is left out: its inputSchema allows no object, and the arguments of a tool are one"
        ]
    );
}
