use serde_json::json;

use super::*;

fn checked(schema: &Value, value: &Value) -> String {
    match check(schema, value) {
        Ok(()) => "taken".to_owned(),
        Err(mismatch) => mismatch.to_string(),
    }
}

#[test]
fn a_mismatch_names_the_place_what_was_expected_and_what_came() {
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
        json!({"not": {"type": "string"}}),
        json!({"pattern": "^(a+)+$"}),
        json!({"patternProperties": {"x": false}, "additionalProperties": false}),
        json!({"if": {"type": "string"}, "then": false}),
    ] {
        for value in [
            json!("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
            json!({"x": 1}),
        ] {
            assert_eq!(checked(&schema, &value), "taken", "{schema}");
        }
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
