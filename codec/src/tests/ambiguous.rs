//! What two schemas share and mean differently: strings and `json`, and labels that a new name may have taken.

use serde_json::{Value, json};

use super::component::{params, returns};
use super::drift::{object, p, params_error, returns_error};
use crate::{Codec, ReturnCodec};

#[test]
fn json_never_passes_for_a_string_nor_a_string_for_json() {
    let hole = p(json!({}));
    let string = p(json!({"type": "string"}));
    let closed = p(json!({"enum": ["a"]}));
    assert_eq!(params_error(&hole, &string), "params.p: json -> string");
    assert_eq!(params_error(&string, &hole), "params.p: string -> json");
    assert_eq!(returns_error(&hole, &string), "result.p: json -> string");
    assert_eq!(returns_error(&string, &hole), "result.p: string -> json");
    assert_eq!(
        returns_error(&hole, &closed),
        "result.p: json -> enum { a }"
    );
}

#[test]
fn json_is_known_wherever_it_stands_in_a_type() {
    let places: [fn(Value) -> Value; 6] = [
        |inner| json!({"type": "array", "items": inner}),
        |inner| json!({"type": "object", "additionalProperties": inner}),
        |inner| json!({"type": "array", "prefixItems": [{"type": "string"}, inner], "items": false, "minItems": 2}),
        |inner| json!({"type": "object", "properties": {"a": {"type": "string"}, "b": inner}, "required": ["b"]}),
        |inner| json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "array", "items": inner}}),
        |inner| json!({"anyOf": [{"type": "boolean"}, {"type": "array", "items": inner}]}),
    ];
    for place in places {
        let free = p(place(json!({})));
        let string = p(place(json!({"type": "string"})));
        for live in [&free, &string] {
            assert!(params(live, live).is_ok(), "{live}");
            assert!(returns(live, live).is_ok(), "{live}");
        }
        // With a second string elsewhere: it is the place that counts, not whether the component has `json` at all.
        assert!(params(&free, &string).is_err(), "{free}");
        assert!(params(&string, &free).is_err(), "{free}");
        assert!(returns(&free, &string).is_err(), "{free}");
        assert!(returns(&string, &free).is_err(), "{free}");
    }
}

#[test]
fn whole_results_that_are_json_are_distinguished_from_strings() {
    let wrapped = |inner: Value| object(json!({"result": inner}), &["result"]);
    assert_eq!(
        returns_error(&wrapped(json!({})), &wrapped(json!({"type": "string"}))),
        "result: json -> string"
    );
    assert_eq!(
        returns_error(&wrapped(json!({"type": "string"})), &wrapped(json!({}))),
        "result: string -> json"
    );
    let free = json!({"type": "object"});
    assert!(matches!(
        returns(&free, &free),
        Ok(ReturnCodec::Structured(Codec::Json))
    ));
}

#[test]
fn label_that_a_new_property_may_have_taken_does_not_link() {
    let old = object(json!({"perPage": {"type": "integer"}}), &[]);
    let both = object(
        json!({"perPage": {"type": "integer"}, "per-page": {"type": "integer"}}),
        &[],
    );
    let error = "params.per-page: one property -> two with that label, one of them `perPage`";
    assert_eq!(params_error(&old, &both), error);
    assert_eq!(
        returns_error(&old, &both),
        error.replace("params", "result")
    );
    // A skill that was built with both says which one it means.
    assert!(params(&both, &both).is_ok());
    let map = |name: &str| json!({"type": "object", "properties": {name: {"type": "object", "additionalProperties": {"type": "string"}}}, "additionalProperties": {"type": "string"}});
    assert_eq!(
        params_error(
            &map("x"),
            &json!({"type": "object", "properties": {
            "x": {"type": "object", "additionalProperties": {"type": "string"}},
            "additional": {"type": "object", "additionalProperties": {"type": "string"}},
        }, "additionalProperties": {"type": "string"}})
        ),
        "params.additional: one property -> two with that label, one of them `additional`"
    );
}

#[test]
fn label_that_a_new_value_may_have_taken_does_not_link() {
    let old = p(json!({"enum": ["Y", "n"]}));
    let both = p(json!({"enum": ["Y", "n", "y"]}));
    assert_eq!(
        params_error(&old, &both),
        "params.p.y: one value -> two with that label, one of them `Y`"
    );
    assert!(params(&both, &both).is_ok());
}
