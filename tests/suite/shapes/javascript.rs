//! JavaScript and TypeScript, whose toolchain truncates and wraps integers: `mcp-host build` puts checks between it and
//! the skill.

use std::path::Path;

use mcp_host::Outcome;
use mcp_tests::{Fake, Setup, structured};
use serde_json::{Value, json};

use super::{Integers, component, grows_with_its_server};
use crate::install::node_version;

const SAFE: Integers = (
    -9_007_199_254_740_991,
    9_007_199_254_740_991,
    9_007_199_254_740_991,
);

#[tokio::test(flavor = "multi_thread")]
async fn javascript_sends_and_gets_every_shape_and_grows_with_its_server() {
    if node_version("javascript_sends_and_gets_every_shape_and_grows_with_its_server").is_none() {
        return;
    }
    let component = component("javascript");
    grows_with_its_server(&component, SAFE).await;
    let u64 = "u64 is a whole number from 0 to 9007199254740991 in JavaScript";
    assert_eq!(
        refusals(&component).await,
        json!([
            "RangeError: `big` of what `echo` takes is a bigint, and u64 is a number",
            "RangeError: `big` of what `echo` takes is a string, and u64 is a number",
            "RangeError: `big` of what `echo` takes is undefined, and u64 is a number",
            format!("RangeError: `big` of what `echo` takes is 1.5, and {u64}"),
            format!("RangeError: `big` of what `echo` takes is -1, and {u64}"),
            format!("RangeError: `big` of what `echo` takes is 9007199254740992, and {u64}"),
            format!("RangeError: `big` of what `echo` takes is NaN, and {u64}"),
            "RangeError: `small` of what `echo` takes is 128, and s8 is a whole number from -128 to 127",
            "RangeError: `points[1].x` of what `echo` takes is -9007199254740992, and s64 is a whole number from \
             -9007199254740991 to 9007199254740991 in JavaScript",
            "RangeError: `labels[0][1]` of what `echo` takes is 4294967296, and u32 is a whole number from 0 to 4294967295",
            "RangeError: `shape.object.x` of what `echo` takes is 0.5, and s64 is a whole number from -9007199254740991 \
             to 9007199254740991 in JavaScript",
            "RangeError: `shape.array[1]` of what `echo` takes is 256, and u8 is a whole number from 0 to 255",
        ])
    );
    let beyond = "is beyond 9007199254740991: JavaScript has no such number";
    assert_eq!(
        what_is_larger(&component).await,
        json!([
            4_294_967_295_u32,
            format!("RangeError: `big` of what `echo` gave {beyond}"),
            format!("RangeError: `x` of what `echo` gave {beyond}"),
            format!("RangeError: `big` of what `echo` gave {beyond}"),
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_sends_and_gets_every_shape_and_grows_with_its_server() {
    if node_version("typescript_sends_and_gets_every_shape_and_grows_with_its_server").is_none() {
        return;
    }
    let component = component("typescript");
    grows_with_its_server(&component, SAFE).await;
    let u64 = "u64 is a whole number from 0 to 9007199254740991 in JavaScript";
    assert_eq!(
        refusals(&component).await,
        json!([
            format!("RangeError: `big` of what `echo` takes is 1.5, and {u64}"),
            format!("RangeError: `big` of what `echo` takes is 9007199254740992, and {u64}"),
            "RangeError: `labels[0][1]` of what `echo` takes is 4294967296, and u32 is a whole number from 0 to 4294967295",
        ])
    );
    assert_eq!(
        what_is_larger(&component).await,
        json!([
            4_294_967_295_u32,
            "RangeError: `big` of what `echo` gave is beyond 9007199254740991: JavaScript has no such number"
        ])
    );
}

/// The other direction: the skill's arguments, and its result.
#[tokio::test(flavor = "multi_thread")]
async fn javascript_functions_take_and_give_integers_exactly_or_not_at_all() {
    let test = "javascript_functions_take_and_give_integers_exactly_or_not_at_all";
    if node_version(test).is_none() {
        return;
    }
    let component = std::fs::read(component("javascript-functions")).unwrap();
    let call = async |call: &str| Setup::default().invoke_bytes(&component, call).await;
    let gives = async |text: &str, result: Value| {
        let report = call(text).await;
        assert_eq!(report.outcome, Outcome::Finished, "{text}");
        let given: Value = serde_json::from_str(&report.result.unwrap()).unwrap();
        assert_eq!(given, result, "{text}");
    };
    let half = json!({ "name": "x", "of": 4_294_967_294_u32 });
    gives("double({name: \"x\", of: 2147483647})", half).await;
    gives(
        "delete(9007199254740991, 4294967295)",
        json!(9_007_194_959_773_696_u64),
    )
    .await;
    gives("greet(\"Ada\")", json!("hello Ada")).await;
    for wrong in [
        "double({name: \"x\", of: 2147483648})",
        "double({name: \"\", of: 1})",
        "delete(1, 2)",
        "delete(9007199254740992, 1)",
    ] {
        let outcome = call(wrong).await.outcome;
        assert!(
            matches!(outcome, Outcome::Trapped { .. }),
            "{wrong}: {outcome:?}"
        );
    }
}

/// The errors that the skill gets for values that do not fit, none of which is sent.
async fn refusals(component: &Path) -> Value {
    let server = Fake::standard();
    let calls = server.calls();
    let refused = finished(component, server, "\"wrong\"").await;
    assert_eq!(calls.lock().unwrap().len(), 0);
    refused
}

/// The skill's view of a response with the largest numbers, the rest of which is usable.
async fn what_is_larger(component: &Path) -> Value {
    let server = Fake::new("fake", Fake::standard_tools(), |_, mut arguments| {
        arguments.insert("big".to_owned(), json!(u64::MAX));
        arguments["points"][0]["x"] = json!(i64::MIN);
        Box::pin(async move { Ok(structured(Value::Object(arguments))) })
    });
    finished(component, server, "\"large\"").await
}

async fn finished(component: &Path, server: Fake, input: &str) -> Value {
    let report = Setup::default().server(server).try_run(component, input);
    let report = report.await.unwrap();
    assert_eq!(report.outcome, Outcome::Finished);
    serde_json::from_str(&report.result.unwrap()).unwrap()
}
