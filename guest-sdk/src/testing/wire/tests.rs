//! The converter of native tests against the table of values that it shares with the codec.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mcp_codegen::{Tool, function};
use serde_json::json;

use super::*;

/// As `codec/src/tests/table.rs` reads it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    schema: Value,
    value: Value,
    becomes: Option<Value>,
    #[serde(default)]
    refused: bool,
}

#[test]
fn values_are_converted_as_the_shared_table_says() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../../codegen/tests/values.json")).unwrap();
    assert!(cases.len() > 40, "{}", cases.len());
    for case in cases {
        let object = json!({"type": "object", "required": ["v"], "properties": {"v": case.schema}});
        let tool: Tool =
            serde_json::from_value(json!({"name": "t", "inputSchema": object})).unwrap();
        let function = function("t", &tool).unwrap();
        let shape = function.params.as_ref().unwrap();
        let read = from_json(json!({ "v": case.value }), shape);
        let converted = match read.and_then(|guest| to_json(&guest, shape)) {
            Ok(mut object) => Some(object["v"].take()),
            Err(_) => None,
        };
        let expected = case.becomes.unwrap_or(case.value);
        assert_eq!(
            converted,
            (!case.refused).then_some(expected),
            "{}",
            case.name
        );
    }
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    let entry = |value| Wit::Tuple(vec![Wit::Text("k".to_owned()), Wit::Bool(value)]);
    let map = Wit::List(vec![entry(true), entry(false)]);
    let shape = Shape::Map(Box::new(Shape::Bool));
    assert_eq!(to_json(&map, &shape).unwrap_err(), "`k` is there twice");
}
