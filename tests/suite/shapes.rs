//! A value of every WIT shape from each language, to a server that echoes it: what arrives is what was sent, both ways.
//! And a server that grows: a skill runs against its next version, and is refused by one that does not fit.

use std::path::{Path, PathBuf};
use std::process::Command;

use mcp_host::{LinkError, Outcome};
use mcp_tests::{Fake, Setup, guest, root, structured};
use serde_json::{Value, json};

use crate::install::{self, done, lock};

/// The least and the most of an `s64`, and the most of a `u64` and of a `u32`, that a language sends.
type Integers = (i64, i64, u64, u32);

const ALL_64_BITS: Integers = (i64::MIN, i64::MAX, u64::MAX, u32::MAX);
/// What `componentize-qjs` 0.4.3 carries exactly.
const NUMBERS: Integers = (
    -9_007_199_254_740_991,
    9_007_199_254_740_991,
    9_007_199_254_740_991,
    2_147_483_647,
);

/// What the tool gets for each shape of the variant.
fn expected(shape: &Value, (least, most, big, count): Integers) -> Value {
    json!({
        "text": "line\nand \u{1f980}", "big": big, "small": -128, "flag": true, "level": "veryHigh",
        "points": [{ "x": least, "y": 0.5 }, { "x": most }],
        "shape": shape, "labels": { "a": 0, "b": count }, "pair": ["left", true],
        "nothing": null, "anything": { "deep": [1, null] }
    })
}

/// A server `fake` of another version, which echoes what it knows.
fn version(change: impl Fn(&mut Value)) -> Fake {
    let mut tools = Fake::standard_tools();
    change(&mut tools[0]);
    Fake::new("fake", tools, |_, arguments| {
        Box::pin(async move { Ok(structured(Value::Object(arguments))) })
    })
}

fn with_optional_fields(tool: &mut Value) {
    for schema in ["inputSchema", "outputSchema"] {
        tool[schema]["properties"]["since"] = json!({ "type": "string" });
        tool[schema]["$defs"]["Point"]["properties"]["z"] = json!({ "type": "number" });
    }
}

fn with_a_required_field(tool: &mut Value) {
    tool["inputSchema"]["properties"]["token"] = json!({ "type": "string" });
    let required = tool["inputSchema"]["required"].as_array_mut().unwrap();
    required.push(json!("token"));
}

async fn every_shape_arrives(component: &Path, server: Fake, integers: Integers) {
    let calls = server.calls();
    let report = Setup::default().server(server).try_run(component, "null");
    let report = report.await.unwrap();
    assert_eq!(report.outcome, Outcome::Finished);
    let calls: Vec<_> = calls
        .lock()
        .unwrap()
        .iter()
        .map(|(_, sent)| sent.clone())
        .collect();
    let shapes = [json!({ "x": -1 }), json!("grüße"), json!([0, 255])];
    // Each was sent, and what came back was sent once more.
    let sent: Vec<_> = shapes
        .iter()
        .flat_map(|shape| [expected(shape, integers), expected(shape, integers)])
        .collect();
    assert_eq!(calls, sent);
}

async fn grows_with_its_server(component: &Path, integers: Integers) {
    every_shape_arrives(component, Fake::standard(), integers).await;
    every_shape_arrives(component, version(with_optional_fields), integers).await;
    is_refused(component).await;
    what_does_not_fit_ends_the_run(component).await;
}

/// Neither toolchain makes an exception of it, but nothing is cut, and nothing is sent.
async fn what_does_not_fit_ends_the_run(component: &Path) {
    let server = Fake::standard();
    let calls = server.calls();
    let report = Setup::default()
        .server(server)
        .try_run(component, "\"wrong\"");
    let outcome = report.await.unwrap().outcome;
    assert!(matches!(outcome, Outcome::Trapped { .. }), "{outcome:?}");
    assert_eq!(calls.lock().unwrap().len(), 0);
}

async fn is_refused(component: &Path) {
    let server = version(with_a_required_field);
    let refused = Setup::default().server(server).try_run(component, "null");
    let Err(LinkError::Imports(errors)) = refused.await else {
        panic!("it linked against a server that wants more");
    };
    assert_eq!(
        errors[0].to_string(),
        "tool `echo` of server `fake` changed: `params.token` was (nothing), now string, required"
    );
}

/// `componentize-qjs` 0.4.3 makes -1 of the largest `u64`, and 2^31 - 1 of the largest `u32`. When this fails, `docs/shapes.md` is to be corrected.
async fn what_is_larger_is_wrong_as_the_docs_say(component: &Path) {
    let server = Fake::new("fake", Fake::standard_tools(), |_, mut arguments| {
        arguments.insert("big".to_owned(), json!(u64::MAX));
        Box::pin(async move { Ok(structured(Value::Object(arguments))) })
    });
    let report = Setup::default()
        .server(server)
        .try_run(component, "\"large\"");
    assert_eq!(report.await.unwrap().result.as_deref(), Some("-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rust_runs_against_the_next_version_and_is_refused_by_one_that_wants_more() {
    let component = guest("typed-sync");
    for server in [Fake::standard(), version(with_optional_fields)] {
        let report = Setup::default().server(server).try_run(&component, "null");
        assert_eq!(report.await.unwrap().outcome, Outcome::Finished);
    }
    is_refused(&component).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_sends_and_gets_every_shape_and_grows_with_its_server() {
    let test = "javascript_sends_and_gets_every_shape_and_grows_with_its_server";
    let Some(installation) = install::node(test, "tests/bindings/javascript", "componentize-qjs")
    else {
        return;
    };
    let component = component("skill.js", |dir| {
        let mut command = Command::new("node");
        command
            .arg(installation.join("node_modules/componentize-qjs/bin/componentize-qjs"))
            .args(["--wit", "wit", "--world", "shapes", "--js", "skill.js"])
            .args(["--output", "skill.wasm"])
            .current_dir(dir);
        command
    });
    grows_with_its_server(&component, NUMBERS).await;
    what_is_larger_is_wrong_as_the_docs_say(&component).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_sends_and_gets_every_shape_and_grows_with_its_server() {
    let test = "python_sends_and_gets_every_shape_and_grows_with_its_server";
    let Some(installation) = install::python(test, "tests/bindings/python", "componentize-py")
    else {
        return;
    };
    let component = component("skill.py", |dir| {
        let mut command = Command::new(installation.join("bin/componentize-py"));
        command
            .args(["--wit-path", "wit", "--world", "shapes"])
            .args(["componentize", "skill", "--output", "skill.wasm"])
            .current_dir(dir);
        command
    });
    grows_with_its_server(&component, ALL_64_BITS).await;
}

/// The skill as a component, made in a directory of its own with the WIT of the server `fake`.
fn component(skill: &str, componentize: impl FnOnce(&PathBuf) -> Command) -> PathBuf {
    let _lock = lock(&format!("shapes-{skill}"));
    let dir = root().join("target/shapes").join(skill);
    let sources = root().join("tests/shapes");
    let packages = root().join("tests/guests/wit/sync/deps");
    for package in ["mcp-tools", "mcp-server-fake"] {
        let to = dir.join("wit/deps").join(package);
        std::fs::create_dir_all(&to).unwrap();
        for file in std::fs::read_dir(packages.join(package)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    std::fs::copy(sources.join("world.wit"), dir.join("wit/world.wit")).unwrap();
    std::fs::copy(sources.join(skill), dir.join(skill)).unwrap();
    done(&mut componentize(&dir));
    dir.join("skill.wasm")
}
