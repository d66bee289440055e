//! Values against schemas: what is refused, with its place, and what passes.

use serde_json::json;

use super::*;

fn checked(schema: &Value, value: &Value) -> String {
    match conforms(schema, value) {
        Ok(()) => "taken".to_owned(),
        Err(misfit) => misfit.to_string(),
    }
}

#[test]
fn a_misfit_names_the_place_what_was_expected_and_what_came() {
    let schema = json!({
        "type": "object",
        "properties": {
            "repo": {"type": "string", "minLength": 1},
            "days": {"type": "integer", "minimum": 1, "maximum": 31},
            "order": {"enum": ["new", "old"]},
            "labels": {"type": "array", "items": {"$ref": "#/$defs/label"}, "maxItems": 2},
            "since": {"type": ["string", "null"]},
            "who": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["id"]}]},
        },
        "required": ["repo"],
        "$defs": {"label": {
            "type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": false
        }},
    });
    let cases = [
        (
            json!({"repo": "a", "days": 7.0, "order": "new", "labels": [{"name": "x"}], "since": null, "other": 1}),
            "taken",
        ),
        (json!([]), "expected an object, got an array of 0 items"),
        (
            json!({}),
            "at `/repo`: expected a string, got nothing: it is required",
        ),
        (json!({"repo": 5}), "at `/repo`: expected a string, got 5"),
        (
            json!({"repo": ""}),
            "at `/repo`: expected 1 characters or more, got \"\"",
        ),
        (
            json!({"repo": "a", "days": "7"}),
            "at `/days`: expected an integer, got \"7\"",
        ),
        (
            json!({"repo": "a", "days": 1.5}),
            "at `/days`: expected an integer, got 1.5",
        ),
        (
            json!({"repo": "a", "days": 32}),
            "at `/days`: expected 31 or less, got 32",
        ),
        (
            json!({"repo": "a", "order": "x"}),
            "at `/order`: expected \"new\" or \"old\", got \"x\"",
        ),
        (
            json!({"repo": "a", "labels": [{"names": "x"}]}),
            "at `/labels/0/names`: expected no such member (did you mean `name`?), got \"x\"",
        ),
        (
            json!({"repo": "a", "labels": [{}, {}, {}]}),
            "at `/labels`: expected 2 items or less, got an array of 3 items",
        ),
        (
            json!({"repo": "a", "since": 1}),
            "at `/since`: expected a string or null, got 1",
        ),
        (
            json!({"repo": "a", "who": true}),
            "at `/who`: expected a string or an object, got true",
        ),
        (
            json!({"repo": "a", "who": {}}),
            "at `/who/id`: expected a value, got nothing: it is required",
        ),
    ];
    for (value, expected) in cases {
        assert_eq!(checked(&schema, &value), expected, "{value}");
    }
}

#[test]
fn what_a_schema_does_not_plainly_say_is_left_to_the_skill() {
    for schema in [
        json!(true),
        json!("string"),
        json!({"type": "date"}),
        json!({"$ref": "https://example.org/other.json"}),
        json!({"pattern": "^(?=b)"}),
        json!({"patternProperties": {"(?!x)": false}, "additionalProperties": false}),
        // Of what is under `not` and `if`, nothing is known for sure.
        json!({"not": {"format": "date"}}),
        json!({"not": {"contains": {}}}),
        json!({"if": {"$ref": "https://example.org/other.json"}, "then": false, "else": false}),
        json!({"oneOf": [{"format": "a"}, {"format": "b"}]}),
    ] {
        for value in [json!("aaaa"), json!({"x": 1})] {
            assert_eq!(checked(&schema, &value), "taken", "{schema}");
        }
    }
}

#[test]
fn what_a_schema_rules_out_is_refused() {
    for (schema, value, expected) in [
        (
            json!({"properties": {"repo": {"type": "string", "pattern": "^[a-z]+/[a-z]+$"}}}),
            json!({"repo": "rust"}),
            "at `/repo`: expected a string with the pattern \"^[a-z]+/[a-z]+$\", got \"rust\"",
        ),
        (
            json!({"not": {"required": ["a", "b"]}}),
            json!({"a": 1, "b": 2}),
            "expected an object without all of \"a\", \"b\", got an object",
        ),
        (
            json!({"not": {"enum": ["main", "master"]}}),
            json!("main"),
            "expected anything but \"main\" or \"master\", got \"main\"",
        ),
        (
            json!({"if": {"required": ["from"]}, "then": {"required": ["to"]}, "else": {"required": ["days"]}}),
            json!({"from": 1}),
            "at `/to`: expected a value, got nothing: it is required",
        ),
        (
            json!({"if": {"required": ["from"]}, "then": {"required": ["to"]}, "else": {"required": ["days"]}}),
            json!({}),
            "at `/days`: expected a value, got nothing: it is required",
        ),
        (
            json!({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
            json!({"a": 1, "b": 1}),
            "expected exactly one of 2 forms, and 2 fit, got an object",
        ),
        (
            json!({"dependentRequired": {"from": ["to"]}}),
            json!({"from": 1}),
            "at `/to`: expected a value, got nothing: it is required",
        ),
        (
            json!({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false}),
            json!({"x-a": 1}),
            "at `/x-a`: expected a string, got 1",
        ),
        (
            json!({"patternProperties": {"^x-": {}}, "additionalProperties": false}),
            json!({"y": 1}),
            "at `/y`: expected no members, got 1",
        ),
        (
            json!({"propertyNames": {"maxLength": 2}}),
            json!({"abc": 1}),
            "at `/abc`: expected 2 characters or less, got \"abc\"",
        ),
        (
            json!({"exclusiveMinimum": 0}),
            json!(0),
            "expected more than 0, got 0",
        ),
        (
            json!({"minProperties": 1}),
            json!({}),
            "expected 1 members or more, got an object",
        ),
        (json!({"enum": [1, 2]}), json!(3), "expected 1 or 2, got 3"),
    ] {
        assert_eq!(checked(&schema, &value), expected, "{schema}");
    }
    for (schema, value) in [
        (json!({"enum": [1, 2]}), json!(1.0)),
        (json!({"not": {"type": "string"}}), json!(1)),
        (json!({"exclusiveMinimum": true, "minimum": 0}), json!(0)),
        (
            json!({"if": {"properties": {"k": {"const": "a"}}}, "then": {"required": ["b"]}}),
            json!({"k": "x"}),
        ),
    ] {
        assert_eq!(checked(&schema, &value), "taken", "{schema}");
    }
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    assert_eq!(checked(&json!({"$ref": "#"}), &json!(1)), "taken");
    let doubling = json!({"anyOf": [{"allOf": [{"$ref": "#"}, {"$ref": "#"}]}, {"$ref": "#"}]});
    assert_eq!(checked(&doubling, &json!(1)), "taken");
    let tree = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
    assert_eq!(
        checked(&tree, &json!({"next": {"next": {"next": 1}}})),
        "at `/next/next/next`: expected an object, got 1"
    );
}

#[test]
fn the_work_of_a_hostile_schema_is_bounded() {
    let names: Vec<_> = (0..100_000).map(|n| format!("n{n}")).collect();
    let schema = json!({"type": "array", "items": {"enum": names}});
    // Each item costs a look at the whole list: past the bound the rest passes.
    let last = vec!["n99999"; 100_000];
    assert_eq!(checked(&schema, &json!(last)), "taken");
}
