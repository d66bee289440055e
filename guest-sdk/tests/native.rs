//! Skills that run natively: files, state, typed tools of every shape, and recordings of them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;

use mcp_guest_sdk::testing::{Host, Recording, structured, text};
use mcp_guest_sdk::{AsyncSkill, Error, ToolError, files, join_all, state, tools};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("../tests/guests/wit/sync/deps/mcp-server-fake");
mcp_guest_sdk::import_server!("../tests/guests/wit/async/deps/mcp-server-fake" as later);

const CATALOG: &str = include_str!("../../tests/guests/fake.tools.json");

/// A recording of these calls of the server `fake`, as the host writes them.
fn recorded(calls: &[(&str, Value, Value)]) -> Recording {
    let catalog: Value = serde_json::from_str(CATALOG).unwrap();
    let tools = catalog["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].clone()).collect();
    let mut lines = format!(
        "{}\n{}\n",
        json!({ "mcp-host-recording": 1, "input": null }),
        json!({ "server": "fake", "tools": names })
    );
    for tool in tools {
        let definition = json!({ "tool-definition": { "server": "fake", "tool": tool } });
        writeln!(lines, "{definition}").unwrap();
    }
    for (n, (tool, arguments, answer)) in calls.iter().enumerate() {
        let call = json!({
            "n": n + 1, "call": "tool", "server": "fake", "tool": tool,
            "arguments": arguments, "answer": answer,
        });
        writeln!(lines, "{call}").unwrap();
    }
    writeln!(lines, "{}", json!({ "end": true, "result": null })).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recording.jsonl");
    std::fs::write(&path, lines).unwrap();
    Recording::read(path)
}

fn everything() -> Value {
    json!({
        "text": "line\nand \u{1f980}", "big": u64::MAX, "small": -128, "flag": true, "level": "veryHigh",
        "points": [{ "x": i64::MIN, "y": 0.5 }, { "x": i64::MAX }],
        "shape": { "x": -1 }, "labels": { "a": 0, "b": u32::MAX }, "pair": ["left", true],
        "nothing": null, "anything": { "deep": [1, null] }
    })
}

fn params(shape: fake::Shape) -> fake::EchoParams {
    let points = vec![
        fake::Point {
            x: i64::MIN,
            y: Some(0.5),
        },
        fake::Point::new(i64::MAX),
    ];
    let labels = vec![("a".to_owned(), 0), ("b".to_owned(), u32::MAX)];
    fake::EchoParams {
        small: Some(-128),
        shape: Some(shape),
        pair: Some(("left".to_owned(), true)),
        anything: Some(r#"{"deep":[1,null]}"#.to_owned()),
        ..fake::EchoParams::new(
            "line\nand \u{1f980}",
            u64::MAX,
            true,
            fake::Level::VeryHigh,
            points,
            labels,
        )
    }
}

#[test]
fn a_recording_answers_typed_calls_of_every_shape() {
    let shapes = [
        (
            fake::Shape::Object(fake::Point::new(-1)),
            json!({ "x": -1 }),
        ),
        (fake::Shape::String("a".to_owned()), json!("a")),
        (fake::Shape::Array(vec![0, 255]), json!([0, 255])),
    ];
    for (shape, wire) in shapes {
        let mut arguments = everything();
        arguments["shape"] = wire;
        let answer = json!({ "result": { "structured": arguments, "content": [] } });
        let host = Host::replaying(&recorded(&[("echo", arguments, answer)]));
        let sent = params(shape);
        let received = host.scope(|| fake::echo(&sent)).unwrap();
        assert_eq!(received.big, u64::MAX);
        assert_eq!(received.shape, sent.shape);
        assert_eq!(received.points, sent.points);
        assert_eq!(received.level, sent.level);
        assert_eq!(received.labels, sent.labels);
        assert_eq!(received.pair, sent.pair);
        assert_eq!(received.anything, sent.anything);
        assert_eq!(received.nothing, None);
        assert_eq!(host.unused(), Vec::<String>::new());
    }
}

#[test]
#[should_panic(expected = "the recording has no such call: tool")]
fn other_arguments_than_the_recorded_ones_are_another_call() {
    let answer = json!({ "result": { "structured": everything(), "content": [] } });
    let host = Host::replaying(&recorded(&[("echo", everything(), answer)]));
    let sent = params(fake::Shape::String("b".to_owned()));
    let _ = host.scope(|| fake::echo(&sent));
}

#[test]
fn recorded_errors_and_whole_results_come_back_with_their_cases() {
    let failed = json!({ "error": {
        "case": "failed", "structured": { "code": 7 }, "content": [{ "type": "text", "text": "no" }]
    } });
    let late = json!({ "error": { "case": "timed-out", "message": "no answer in 30 s" } });
    let version = json!({ "result": { "content": [
        { "type": "text", "text": "1.0" }, { "type": "image", "data": "AAE=", "mimeType": "image/png" }
    ] } });
    let wait = json!({ "name": "a" });
    let host = Host::replaying(&recorded(&[
        ("wait", wait.clone(), failed),
        ("wait", wait, late),
        ("version", json!({}), version),
    ]));
    host.scope(|| {
        let Err(ToolError::Failed(result)) = fake::wait(&fake::WaitParams::new("a")) else {
            panic!("the first answer is a failure of the tool");
        };
        assert_eq!(result.text(), "no");
        assert_eq!(result.structured.as_deref(), Some(r#"{"code":7}"#));
        let late = ToolError::TimedOut("no answer in 30 s".to_owned());
        assert_eq!(fake::wait(&fake::WaitParams::new("a")), Err(late));
        let version = fake::version().unwrap();
        assert_eq!(version.text(), "1.0");
        let tools::ContentBlock::Image(image) = &version.content[1] else {
            panic!("{version:?}");
        };
        assert_eq!(
            (image.data.as_slice(), image.mime_type.as_str()),
            (&[0, 1][..], "image/png")
        );
    });
}

struct Concurrent;

impl AsyncSkill for Concurrent {
    const DESCRIPTION: &str = "Waits for several names at once.";
    type Input = Vec<String>;
    type Output = Vec<String>;

    async fn run(names: Vec<String>) -> Result<Vec<String>, Error> {
        let waits = names
            .into_iter()
            .map(|name| later::wait(later::WaitParams::new(name)));
        let waited: Result<Vec<_>, _> = join_all(waits).await.into_iter().collect();
        Ok(waited?.into_iter().map(|waited| waited.name).collect())
    }
}

#[test]
fn async_skills_run_against_doubles() {
    let host = Host::new().tool(later::doubles::wait(|params| {
        Ok(later::WaitResult::new(format!("{}!", params.name)))
    }));
    let waited = host.run_async::<Concurrent>(["a", "b"]).unwrap();
    assert_eq!(waited, json!(["a!", "b!"]));
    assert_eq!(host.calls().len(), 2);
}

#[test]
#[should_panic(expected = "tool `wait` of server `fake` has no double")]
fn a_tool_without_a_double_says_how_to_give_it_one() {
    let _ = Host::new().scope(|| fake::wait(&fake::WaitParams::new("a")));
}

#[test]
fn a_batch_has_a_result_for_each_call() {
    let host = Host::new()
        .named_tool("s", "good", |arguments| Ok(structured(arguments)))
        .named_tool("s", "text", |_| Ok(text("plain")));
    let batch = [
        tools::ToolCall::new("s", "good", &json!({ "a": 1 })).unwrap(),
        tools::ToolCall::new("s", "text", &json!({})).unwrap(),
    ];
    let results = host.scope(|| tools::call_all(&batch));
    assert_eq!(
        results[0].as_ref().unwrap().json::<Value>(),
        Ok(json!({ "a": 1 }))
    );
    assert_eq!(results[1].as_ref().unwrap().text(), "plain");
}

#[test]
fn state_is_typed_and_swapped_only_where_it_is_as_expected() {
    let host = Host::new().state("runs", &3);
    host.scope(|| {
        assert_eq!(
            state::update("runs", |runs: Option<u8>| runs.unwrap_or(0) + 1),
            Ok(4)
        );
        assert_eq!(
            state::compare_and_swap_bytes("runs", Some(b"3"), None),
            Ok(false)
        );
        assert_eq!(
            state::compare_and_swap_bytes("runs", Some(b"4"), None),
            Ok(true)
        );
        assert_eq!(state::get::<u8>("runs"), Ok(None));
        state::set("a/1", &"x").unwrap();
        state::set("b/1", &"y").unwrap();
        assert_eq!(state::keys("a/"), Ok(vec!["a/1".to_owned()]));
        state::set_with_ttl("gone", &1, std::time::Duration::ZERO).unwrap();
        assert_eq!(state::get::<u8>("gone"), Ok(None));
        assert!(state::set("", &1).is_err_and(|error| error.to_string().contains("invalid key")));
    });
    assert_eq!(host.state_of("b/1"), Some(json!("y")));
}

#[test]
fn files_are_read_listed_and_written_where_the_test_grants_it() {
    let host = Host::new()
        .file("/notes/a.md", "one")
        .file("/notes/old/b.md", "two")
        .writable("/out");
    host.scope(|| {
        assert_eq!(files::read_to_string("/notes/a.md").unwrap(), "one");
        let names: Vec<_> = files::list("/notes")
            .unwrap()
            .into_iter()
            .map(|entry| (entry.name, entry.kind, entry.size))
            .collect();
        assert_eq!(
            names,
            [
                ("a.md".to_owned(), files::EntryKind::File, 3),
                ("old".to_owned(), files::EntryKind::Directory, 0),
            ]
        );
        files::write("/out/c.md", "three").unwrap();
        let denied = files::write("/notes/a.md", "no").unwrap_err();
        assert!(matches!(denied, files::FileError::Denied(_)), "{denied}");
        let missing = files::read("/notes/x").unwrap_err();
        assert!(
            matches!(missing, files::FileError::NotFound(_)),
            "{missing}"
        );
        let dir = files::read("/notes").unwrap_err();
        assert!(matches!(dir, files::FileError::WrongKind(_)), "{dir}");
    });
    assert_eq!(
        host.contents_of("/out/c.md").as_deref(),
        Some(&b"three"[..])
    );
}

/// A server that is called like a word of WIT and of Rust.
mod word {
    mcp_guest_sdk::import_server!("tests/wit/deps/mcp-server-type");

    #[test]
    fn a_server_may_be_called_like_a_word_of_wit() {
        let tool = type_::doubles::ping(|| Ok(mcp_guest_sdk::testing::text("yes")));
        let host = mcp_guest_sdk::testing::Host::new().tool(tool);
        let answer = host.scope(type_::ping);
        assert_eq!(answer.unwrap().text(), "yes");
    }
}

/// Types that are called like what the macros write, as a server may have them.
mod prelude {
    mcp_guest_sdk::import_server!("tests/wit/deps/mcp-server-names");

    #[test]
    fn a_type_may_be_called_like_one_of_the_standard_library() {
        let params = names::AllParams {
            some: Some(names::Some::new("text")),
            into: Some(names::Into::new("text")),
            case: Some(names::Case::Self_),
            variant: Some(names::Variant::None(names::VariantNone::new(
                names::VariantNoneKind::None,
                "text",
            ))),
            ..names::AllParams::default()
        };
        let expected = params.clone();
        let tool = names::doubles::all(move |params| {
            assert_eq!(*params, expected);
            Ok(mcp_guest_sdk::testing::text("yes"))
        });
        let host = mcp_guest_sdk::testing::Host::new().tool(tool);
        let answer = host.scope(|| names::all(&params));
        assert_eq!(answer.unwrap().text(), "yes");
    }
}
