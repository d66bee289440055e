//! Each mistake of somebody who writes arguments by hand.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::json;

use super::*;

fn checked(schema: Value, arguments: &Value) -> String {
    let tool = json!({"name": "t", "inputSchema": schema});
    let tool: Tool = serde_json::from_value(tool).unwrap();
    match check_arguments(&tool, arguments.as_object().unwrap()) {
        Ok(()) => "taken".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn each_mistake_is_named_with_its_place() {
    let schema = json!({
        "type": "object",
        "properties": {
            "owner": {"type": "string"},
            "number": {"type": "integer", "minimum": 0, "maximum": 255},
            "state": {"enum": ["open", "closed"]},
            "labels": {"type": "array", "items": {
                "type": "object", "properties": {"a/b": {"type": "boolean"}}
            }},
            "when": {"type": ["number", "null"]},
        },
        "required": ["owner"],
        "additionalProperties": false,
    });
    let cases = [
        (
            json!({"owner": "o", "number": 7.0, "state": "open", "labels": [{"a/b": true}, {}], "when": null}),
            "taken",
        ),
        (
            json!({}),
            "argument `/owner`: is missing: the tool takes a string",
        ),
        (
            json!({"owner": 1}),
            "argument `/owner`: is a number, and the tool takes a string",
        ),
        (
            json!({"owner": "o", "number": 256}),
            "argument `/number`: `256` is not between 0 and 255",
        ),
        (
            json!({"owner": "o", "number": 1.5}),
            "argument `/number`: `1.5` is not a whole number",
        ),
        (
            json!({"owner": "o", "number": null}),
            "argument `/number`: is null, and the tool takes a whole number",
        ),
        (
            json!({"owner": "o", "state": "opne"}),
            "argument `/state`: `opne` is not one of its values; did you mean `open`?",
        ),
        (
            json!({"owner": "o", "state": "?"}),
            "argument `/state`: `?` is not one of its values; it takes `open`, `closed`",
        ),
        (
            json!({"owner": "o", "labels": [{}, {"a/b": 1}]}),
            "argument `/labels/1/a~1b`: is a number, and the tool takes a boolean",
        ),
        (
            json!({"ownr": "o", "number": "7"}),
            "argument `/ownr`: is not known to the tool; did you mean `owner`?\n\
             argument `/number`: is a string, and the tool takes a whole number\n\
             argument `/owner`: is missing: the tool takes a string",
        ),
        (
            json!({"owner": "o", "labels": [1, 2, 3, 4, 5, 6, 7]}),
            "argument `/labels/0`: is a number, and the tool takes an object\n\
             argument `/labels/1`: is a number, and the tool takes an object\n\
             argument `/labels/2`: is a number, and the tool takes an object\n\
             argument `/labels/3`: is a number, and the tool takes an object\n\
             argument `/labels/4`: is a number, and the tool takes an object",
        ),
        (
            json!({"owner": "o", "ownr": "o"}),
            "argument `/ownr`: is not known to the tool; did you mean `owner`?",
        ),
        (
            json!({"owner": "o", "xyz": "o"}),
            "argument `/xyz`: is not known to the tool; it takes `owner`, `number`, `state`, `labels`, `when`",
        ),
    ];
    for (arguments, expected) in cases {
        assert_eq!(checked(schema.clone(), &arguments), expected, "{arguments}");
    }
}

#[test]
fn a_tool_without_arguments_takes_none() {
    let none = json!({"type": "object", "properties": {}, "additionalProperties": false});
    assert_eq!(checked(none.clone(), &json!({})), "taken");
    assert_eq!(
        checked(none, &json!({"a": 1})),
        "argument `/a`: the tool takes no arguments"
    );
}

#[test]
fn object_of_which_nothing_is_said_takes_anything() {
    for open in [
        json!({"type": "object"}),
        json!({"type": "object", "properties": {}}),
        json!({"type": "object", "additionalProperties": true}),
    ] {
        assert_eq!(checked(open.clone(), &json!({"h": 1})), "taken", "{open}");
    }
}

#[test]
fn free_form_and_variants_take_what_fits() {
    let free = json!({"type": "object", "additionalProperties": true});
    assert_eq!(checked(free, &json!({"a": [1]})), "taken");
    let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
    assert_eq!(checked(map.clone(), &json!({"a": "b"})), "taken");
    assert_eq!(
        checked(map, &json!({"a": 1})),
        "argument `/a`: is a number, and the tool takes a string"
    );
    let either = json!({"type": "object", "properties": {"v": {"anyOf": [
        {"type": "string"}, {"type": "array", "items": {"type": "integer"}}]}}});
    assert_eq!(checked(either.clone(), &json!({"v": [1]})), "taken");
    assert_eq!(
        checked(either.clone(), &json!({"v": ["x"]})),
        "argument `/v/0`: is a string, and the tool takes a whole number"
    );
    assert_eq!(
        checked(either, &json!({"v": true})),
        "argument `/v`: is a boolean, and fits none of its forms: a string, an array"
    );
    let tagged = json!({"type": "object", "properties": {"v": {"oneOf": [
        {"type": "object", "properties": {"kindOf": {"const": "by_name"}, "name": {"type": "string"}}, "required": ["kindOf"]},
        {"type": "object", "properties": {"kindOf": {"const": "by_id"}, "id": {"type": "string"}}, "required": ["kindOf"]}]}}});
    let wrong = checked(tagged, &json!({"v": {"kindOf": "x"}}));
    assert!(
        wrong.contains("an object with `kindOf` \"by_name\""),
        "{wrong}"
    );
}
