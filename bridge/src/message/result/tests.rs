//! Ill-formed results of tool calls, and what of each comes through.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::json;

use super::*;
use crate::message::flaws;

/// What is read, without and with its flaws.
fn read(result: &Value) -> (Value, Vec<String>) {
    let mut read = super::read(&result.to_string()).unwrap();
    let flaws = read.meta.as_mut().map(|meta| flaws::taken(&mut meta.0));
    read.meta = read.meta.filter(|meta| !meta.0.is_empty());
    (
        serde_json::to_value(read).unwrap(),
        flaws.unwrap_or_default(),
    )
}

#[test]
fn content_block_that_lacks_a_member_is_passed_on_as_what_it_has() {
    let (result, flaws) = read(&json!({"content": [
        {"type": "resource_link", "uri": "file:///a"},
        {"type": "image", "data": "AAEC"},
        {"type": "text", "text": {"a": 1}},
        {"text": "untyped"},
        {"type": "resource", "resource": {"text": "t"}},
        {"type": "json", "json": {"a": 1}},
        "bare",
    ]}));
    assert_eq!(
        result,
        json!({"content": [
            {"type": "resource_link", "uri": "file:///a", "name": "file:///a"},
            {"type": "image", "data": "AAEC", "mimeType": "application/octet-stream"},
            {"type": "text", "text": "{\"a\":1}"},
            {"type": "text", "text": "untyped"},
            {"type": "resource", "resource": {"uri": "", "text": "t"}},
            {"type": "text", "text": "{\"type\":\"json\",\"json\":{\"a\":1}}"},
            {"type": "text", "text": "bare"},
        ]})
    );
    assert_eq!(flaws.len(), 7, "{flaws:?}");
    assert_eq!(flaws[0], "`content/0` has no `name`: `file:///a` is taken");
}

#[test]
fn content_block_in_which_nothing_can_be_used_is_left_out_alone() {
    let (result, flaws) = read(&json!({"content": [
        {"type": "text", "text": null}, {"type": "image"}, {"type": 1}, null, {},
        {"type": "resource"}, {"type": "resource_link"}, {"type": "resource", "resource": {"uri": "a"}},
        {"type": "text", "text": "rest"},
    ]}));
    assert_eq!(
        result,
        json!({"content": [{"type": "text", "text": "rest"}]})
    );
    assert_eq!(flaws.len(), 8, "{flaws:?}");
    assert_eq!(
        flaws[1],
        "`content/1` is left out: its type is `image`, and it has no `data`"
    );
}

#[test]
fn what_is_for_display_costs_no_answer() {
    let (result, flaws) = read(&json!({"content": [
        {"type": "text", "text": "a", "annotations": {
            "audience": ["user", "robot"], "priority": "high", "lastModified": 5}},
        {"type": "resource_link", "uri": "u", "name": "n", "size": -1, "title": 1, "icons": "x", "annotations": []},
    ], "_meta": 5, "isError": "false"}));
    assert_eq!(
        result,
        json!({"content": [
            {"type": "text", "text": "a", "annotations": {"audience": ["user"]}},
            {"type": "resource_link", "uri": "u", "name": "n"},
        ], "isError": false})
    );
    assert!(
        flaws
            .iter()
            .any(|flaw| flaw == "`priority` of `content/0` is a text"),
        "{flaws:?}"
    );
}

#[test]
fn content_that_is_not_a_list_is_one_block() {
    let (result, _) = read(&json!({"content": "Hello"}));
    assert_eq!(result["content"][0]["text"], "Hello");
    let (result, _) = read(&json!({"content": {"type": "text", "text": "Hello"}}));
    assert_eq!(result["content"][0]["text"], "Hello");
}

#[test]
fn result_of_2024_10_is_read() {
    let (result, flaws) =
        read(&json!({"toolResult": {"content": [{"type": "text", "text": "a"}]}}));
    assert_eq!(result["content"][0]["text"], "a");
    assert_eq!(flaws.len(), 1);
    let (result, _) = read(&json!({"toolResult": [1]}));
    assert_eq!(result["structuredContent"], json!([1]));
}

#[test]
fn result_that_cannot_be_used_says_which_member_and_what_was_found() {
    for (result, why) in [
        (
            json!({}),
            "it has none of `content`, `structuredContent` and `isError`",
        ),
        (
            json!({"content": null}),
            "it has none of `content`, `structuredContent` and `isError`",
        ),
        (json!("Hello"), "it is a text, not an object"),
        (json!(null), "it is null, not an object"),
        (
            json!({"content": [], "resultType": "later"}),
            "its `resultType` is \"later\", which this client does not know",
        ),
        (
            json!({"content": 5}),
            "`content` is a number, not a list of content blocks",
        ),
        (
            json!({"content": [], "isError": 1}),
            "`isError` is a number, not true or false",
        ),
        (
            json!({"content": [{"type": "text"}]}),
            "nothing in its `content` can be used: `content/0` is left out: a text block without `text`",
        ),
    ] {
        assert_eq!(
            super::read(&result.to_string()).unwrap_err(),
            why,
            "{result}"
        );
    }
}

#[test]
fn block_with_a_flaw_keeps_the_digits_of_its_numbers() {
    const NUMBERS: &str = "[123456789012345678901234567890,1e+400,-0.10]";
    let text = format!(
        r#"{{"content":[{{"type":"resource_link","uri":"file:///a","_meta":{{"n":{NUMBERS}}}}}]}}"#
    );
    let read = super::read(&text).unwrap();
    let block = serde_json::to_string(&read.content).unwrap();
    assert!(block.contains(NUMBERS), "{block}");
}
