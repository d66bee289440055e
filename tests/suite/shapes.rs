//! Sends a value of every WIT shape from each language to a server that echoes it, and checks that it arrives
//! unchanged, both ways. Also a server that grows: a skill runs against its next version, and is rejected by an
//! incompatible one.

mod javascript;

use std::path::{Path, PathBuf};
use std::process::Command;

use mcp_host::{LinkError, Outcome};
use mcp_tests::{Fake, Setup, binary, guest, root, structured};
use serde_json::{Value, json};

use crate::install::{done, lock, python_version};

/// The least and the most of an `s64`, and the most of a `u64`, that a language sends.
type Integers = (i64, i64, u64);

const ALL_64_BITS: Integers = (i64::MIN, i64::MAX, u64::MAX);

/// The value that the tool gets for each shape of the variant.
fn expected(shape: &Value, (least, most, big): Integers) -> Value {
    json!({
        "text": "line\nand \u{1f980}", "big": big, "small": -128, "flag": true, "level": "veryHigh",
        "points": [{ "x": least, "y": 0.5 }, { "x": most }],
        "shape": shape, "labels": { "a": 0, "b": u32::MAX }, "pair": ["left", true],
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
async fn python_sends_and_gets_every_shape_and_grows_with_its_server() {
    if python_version("python_sends_and_gets_every_shape_and_grows_with_its_server").is_none() {
        return;
    }
    let component = component("python");
    grows_with_its_server(&component, ALL_64_BITS).await;

    // The toolchain throws no exception for values that do not fit, but truncates nothing, and sends nothing.
    let server = Fake::standard();
    let calls = server.calls();
    let report = Setup::default()
        .server(server)
        .try_run(&component, "\"wrong\"");
    let outcome = report.await.unwrap().outcome;
    assert!(matches!(outcome, Outcome::Trapped { .. }), "{outcome:?}");
    assert_eq!(calls.lock().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn c_sends_and_gets_every_shape_and_grows_with_its_server() {
    if python_version("c_sends_and_gets_every_shape_and_grows_with_its_server").is_some() {
        grows_with_its_server(&component("c"), ALL_64_BITS).await;
    }
}

/// The skill of `tests/shapes` in a language, built as its author would, in a directory that keeps its tools.
fn component(language: &str) -> PathBuf {
    let _lock = lock(&format!("shapes-{language}"));
    let dir = root().join("target/shapes").join(language);
    let sources = root().join("tests/shapes");
    let packages = root().join("tests/guests/wit/sync/deps");
    for package in ["mcp-tools", "mcp-server-fake"] {
        copy(&packages.join(package), &dir.join("wit/deps").join(package));
    }
    std::fs::copy(sources.join("world.wit"), dir.join("wit/world.wit")).unwrap();
    // A language may have a world of its own.
    copy(&sources.join(language), &dir);
    done(Command::new(binary("mcp-host")).arg("build").arg(&dir));
    dir.join("build/skill.wasm")
}

/// Copies the files of a directory into another one, which keeps its other files.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
