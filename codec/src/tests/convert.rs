//! Values of both sides, conversion by conversion: what is written, and what the messages say.

use serde_json::{Value, json};
use wasmtime::component::Val;

use super::component::{params, returns};
use crate::{Codec, ReturnCodec};

fn codec(schema: &Value) -> Codec {
    params(schema, schema).unwrap().unwrap()
}

fn record(fields: &[(&str, Val)]) -> Val {
    Val::Record(
        fields
            .iter()
            .map(|(label, value)| ((*label).to_owned(), value.clone()))
            .collect(),
    )
}

fn some(value: Val) -> Val {
    Val::Option(Some(Box::new(value)))
}

fn text(text: &str) -> Val {
    Val::String(text.to_owned())
}

fn map(entries: &[(&str, Val)]) -> Val {
    Val::List(
        entries
            .iter()
            .map(|(key, value)| Val::Tuple(vec![text(key), value.clone()]))
            .collect(),
    )
}

#[test]
fn absent_null_and_present_are_distinguished_as_the_shape_says() {
    let schema = json!({"type": "object", "required": ["b"], "properties": {
        "a": {"type": "string"},
        "b": {"type": ["string", "null"]},
        "c": {"type": ["string", "null"]},
        "d": {},
    }});
    let codec = codec(&schema);
    let none = Val::Option(None);
    let empty = record(&[
        ("a", none.clone()),
        ("b", none.clone()),
        ("c", none.clone()),
        ("d", none.clone()),
    ]);
    assert_eq!(codec.to_json(&empty).unwrap(), json!({"b": null}));
    assert_eq!(
        codec.read_json(json!({"b": null, "c": null})).unwrap(),
        empty
    );
    assert_eq!(
        codec.read_json(json!({"a": null, "b": null})).unwrap(),
        empty
    );
    // `json` has a `null` of its own, so this one is there.
    let null = record(&[
        ("a", none.clone()),
        ("b", none.clone()),
        ("c", none),
        ("d", some(text("null"))),
    ]);
    assert_eq!(
        codec.read_json(json!({"b": null, "d": null})).unwrap(),
        null
    );
    assert_eq!(codec.to_json(&null).unwrap(), json!({"b": null, "d": null}));
    let error = codec.read_json(json!({"a": "x"})).unwrap_err();
    assert_eq!(error.to_string(), "`/b`: required, but absent");
}

#[test]
fn properties_come_in_any_order_and_unknown_ones_are_passed_over() {
    let schema = json!({"type": "object", "required": ["one", "two"], "properties": {
        "one": {"type": "boolean"}, "two": {"type": "boolean"}, "three": {"type": "boolean"},
    }});
    let value = codec(&schema)
        .read_json(json!({"three": true, "new": [1], "two": false, "one": true}))
        .unwrap();
    let expected = record(&[
        ("one", Val::Bool(true)),
        ("two", Val::Bool(false)),
        ("three", some(Val::Bool(true))),
    ]);
    assert_eq!(value, expected);
}

#[test]
fn further_properties_are_a_map_that_no_declared_property_gets_into() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "boolean"}}, "additionalProperties": {"type": "string"}});
    let codec = codec(&schema);
    let value = record(&[
        ("a", some(Val::Bool(true))),
        ("additional", map(&[("x/y", text("1")), ("", text("2"))])),
    ]);
    let json = json!({"a": true, "x/y": "1", "": "2"});
    assert_eq!(codec.to_json(&value).unwrap(), json);
    assert_eq!(codec.read_json(json).unwrap(), value);
    // Past the type of `a`, which is there or not.
    for a in [Val::Option(None), some(Val::Bool(true))] {
        let value = record(&[("a", a), ("additional", map(&[("a", text("no boolean"))]))]);
        let error = codec.to_json(&value).unwrap_err();
        assert!(error.to_string().starts_with("`/a`: "), "{error}");
    }
    let twice = record(&[
        ("a", Val::Option(None)),
        ("additional", map(&[("x", text("1")), ("x", text("2"))])),
    ]);
    assert_eq!(
        codec.to_json(&twice).unwrap_err().to_string(),
        "`/x`: the key is there twice"
    );
    let error = codec.read_json(json!({"x~/": 1})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/x~0~1`: expected a string, found the number `1`"
    );
}

#[test]
fn errors_point_at_the_innermost_value() {
    let schema = json!({"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {
        "type": "object", "required": ["pair", "kind"], "properties": {
            "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false, "minItems": 2},
            "kind": {"enum": ["Open", "closed"]},
            "by": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 9}},
        },
    }}}});
    let codec = codec(&schema);
    let error = |item: Value| {
        codec
            .read_json(json!({"items": [{"pair": [1, "a"], "kind": "Open"}, item]}))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(json!({"pair": [1, 2], "kind": "Open"})),
        "`/items/1/pair/1`: expected a string, found the number `2`"
    );
    assert_eq!(
        error(json!({"pair": [1], "kind": "Open"})),
        "`/items/1/pair`: expected an array of 2, found one of 1"
    );
    assert_eq!(
        error(json!({"pair": [1, "a", 2], "kind": "Open"})),
        "`/items/1/pair`: expected an array of 2, found one of 3"
    );
    assert_eq!(
        error(json!({"pair": [1, "a"], "kind": "open"})),
        "`/items/1/kind`: `open` is not one of `Open`, `closed`"
    );
    assert_eq!(
        error(json!({"pair": [1, "a"], "kind": "Open", "by": {"a": 300}})),
        "`/items/1/by/a`: `300` does not fit in u8"
    );
    assert_eq!(
        error(json!({"pair": [1, "a"]})),
        "`/items/1/kind`: required, but absent"
    );
    assert_eq!(
        error(json!([])),
        "`/items/1`: expected an object, found an array"
    );
}

#[test]
fn text_of_a_server_cannot_make_a_message_long_or_invisible() {
    let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x"]}, "m": {"type": "object", "additionalProperties": {"type": "string"}}}});
    let codec = codec(&schema);
    let long = "\u{202e}y".repeat(1_000_000);
    for value in [
        json!({"a": long}),
        json!({"a": "x", "m": {long.clone(): 1}}),
    ] {
        let error = codec.read_json(value).unwrap_err().to_string();
        assert!(
            error.len() < 1_000 && !error.contains('\u{202e}'),
            "{}",
            error.len()
        );
    }
}

#[test]
fn case_of_a_variant_is_the_one_whose_test_holds() {
    let schema = json!({"type": "object", "required": ["v"], "properties": {"v": {"anyOf": [
        {"type": "object", "required": ["kind", "n"], "properties": {"kind": {"const": 1}, "n": {"type": "integer"}}},
        {"type": "object", "required": ["kind", "s"], "properties": {"kind": {"const": 2}, "s": {"type": "string"}}},
        {"type": "integer"},
        {"type": "string"},
    ]}}});
    let codec = codec(&schema);
    for (value, back) in [
        (json!({"kind": 1, "n": 3}), json!({"kind": 1, "n": 3})),
        (json!({"kind": 1.0, "n": 3}), json!({"kind": 1, "n": 3})),
        (json!({"kind": 2, "s": "a"}), json!({"kind": 2, "s": "a"})),
        (json!(7), json!(7)),
        (json!("7"), json!("7")),
    ] {
        let guest = codec.read_json(json!({"v": value})).unwrap();
        assert_eq!(codec.to_json(&guest).unwrap(), json!({"v": back}));
    }
    let error = |value: Value| {
        codec
            .read_json(json!({"v": value}))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(json!({"kind": 3})),
        "`/v`: an object fits none of the cases"
    );
    assert_eq!(
        error(json!({"kind": 2, "s": 1})),
        "`/v/s`: expected a string, found the number `1`"
    );
    assert_eq!(error(json!(1e300)), "`/v`: `1e+300` does not fit in s64");
    assert_eq!(error(json!(null)), "`/v`: null fits none of the cases");
}

#[test]
fn wrapper_of_a_result_is_taken_off() {
    let schema = json!({"type": "object", "required": ["result"], "properties": {"result": {"type": "array", "items": {"type": "integer"}}}});
    let codec = returns(&schema, &schema).unwrap();
    assert!(matches!(codec, ReturnCodec::Wrapped { .. }), "{codec:?}");
    let value = codec.read_structured(json!({"result": [1, 2]})).unwrap();
    assert_eq!(value, Some(Val::List(vec![Val::S64(1), Val::S64(2)])));
    let error = |value: Value| codec.read_structured(value).unwrap_err().to_string();
    assert_eq!(
        error(json!({"result": [1, "2"]})),
        "`/result/1`: expected an integer, found a string"
    );
    assert_eq!(error(json!({})), "`/result`: required, but absent");
    assert_eq!(
        error(json!([])),
        "the top level: expected an object, found an array"
    );
}

#[test]
fn names_of_enums_are_those_of_the_wire() {
    let values = ["Y", "y", "5m", "+1", "-1", ".", "中", "Open Issue"];
    let schema =
        json!({"type": "object", "required": ["e"], "properties": {"e": {"enum": values}}});
    let codec = codec(&schema);
    for value in values {
        let guest = codec.read_json(json!({"e": value})).unwrap();
        assert_eq!(codec.to_json(&guest).unwrap(), json!({"e": value}));
    }
}
