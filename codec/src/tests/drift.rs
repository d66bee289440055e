//! A skill built with one schema meets another one: what links converts correctly, and what does not link says why.

use mcp_codegen::shape::Int;
use serde_json::{Value, json};
use wasmtime::component::Val;

use super::component::{build, params, returns, tool};
use crate::{Codec, Mismatch, ReturnCodec};

/// An object schema with these properties, of which those in `required` must be there.
pub(super) fn object(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required})
}

/// How a property is reported that does not link, as an argument.
pub(super) fn params_error(built: &Value, live: &Value) -> String {
    text(params(built, live).unwrap_err())
}

pub(super) fn returns_error(built: &Value, live: &Value) -> String {
    text(returns(built, live).unwrap_err())
}

pub(super) fn text(mismatch: Mismatch) -> String {
    format!(
        "{}: {} -> {}",
        mismatch.field, mismatch.built, mismatch.live
    )
}

/// One property `p`, as an argument and in a result that has others beside it.
pub(super) fn p(schema: Value) -> Value {
    object(json!({"p": schema, "other": {"type": "boolean"}}), &["p"])
}

#[test]
fn property_that_is_new_links_unless_it_is_required() {
    let old = object(json!({"a": {"type": "string"}}), &["a"]);
    let optional = object(
        json!({"n": {"type": "string"}, "a": {"type": "string"}}),
        &["a"],
    );
    let required = object(
        json!({"n": {"type": "string"}, "a": {"type": "string"}}),
        &["a", "n"],
    );
    assert!(params(&old, &optional).is_ok());
    assert!(returns(&old, &optional).is_ok());
    assert!(returns(&old, &required).is_ok());
    assert_eq!(
        params_error(&old, &required),
        "params.n: (nothing) -> string, required"
    );
}

#[test]
fn properties_are_matched_by_name_and_not_by_place() {
    let schema = |names: &[&str]| {
        let properties = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({"type": "string"})));
        object(properties.collect(), &["a", "b"])
    };
    let (built, live) = (schema(&["a", "b"]), schema(&["b", "new", "a"]));
    let text = |text: &str| Val::String(text.to_owned());
    let value = Val::Record(vec![("a".into(), text("1")), ("b".into(), text("2"))]);
    let json = json!({"a": "1", "b": "2"});
    let codec = params(&built, &live).unwrap().unwrap();
    assert_eq!(codec.to_json(&value).unwrap(), json);
    let codec = returns(&built, &live).unwrap();
    assert_eq!(codec.read_structured(json).unwrap(), Some(value));
}

#[test]
fn property_that_is_lost_or_retyped_does_not_link() {
    let old = object(
        json!({"a": {"type": "object", "required": ["b"], "properties": {"b": {"type": "array", "items": {"type": "string"}}}}}),
        &["a"],
    );
    let lost = object(
        json!({"a": {"type": "object", "properties": {"c": {"type": "string"}}}}),
        &["a"],
    );
    let retyped = object(
        json!({"a": {"type": "object", "required": ["b"], "properties": {"b": {"type": "array", "items": {"type": "boolean"}}}}}),
        &["a"],
    );
    assert_eq!(
        params_error(&old, &lost),
        "params.a.b: list<string> -> (nothing)"
    );
    assert_eq!(
        returns_error(&old, &lost),
        "result.a.b: list<string> -> (nothing)"
    );
    assert_eq!(params_error(&old, &retyped), "params.a.b[]: string -> bool");
    assert_eq!(
        returns_error(&old, &retyped),
        "result.a.b[]: string -> bool"
    );
}

#[test]
fn what_may_be_absent_links_in_the_direction_that_allows_it() {
    let optional = object(
        json!({"p": {"type": "string"}, "q": {"type": "boolean"}}),
        &["q"],
    );
    let required = object(
        json!({"p": {"type": "string"}, "q": {"type": "boolean"}}),
        &["p", "q"],
    );
    assert_eq!(
        params_error(&optional, &required),
        "params.p: option<string> -> string, required"
    );
    assert!(params(&required, &optional).is_ok());
    assert_eq!(
        returns_error(&required, &optional),
        "result.p: string -> option<string>"
    );
    let codec = returns(&optional, &required).unwrap();
    let value = codec
        .read_structured(json!({"p": "x", "q": true}))
        .unwrap()
        .unwrap();
    let some = Val::Option(Some(Box::new(Val::String("x".into()))));
    assert_eq!(
        value,
        Val::Record(vec![("p".into(), some), ("q".into(), Val::Bool(true))])
    );
}

#[test]
fn what_may_be_null_links_in_the_direction_that_allows_it() {
    let plain = p(json!({"type": "array", "items": {"type": "string"}}));
    let nullable = p(json!({"type": "array", "items": {"type": ["string", "null"]}}));
    assert!(params(&plain, &nullable).is_ok());
    assert_eq!(
        params_error(&nullable, &plain),
        "params.p[]: option<string> -> string"
    );
    assert!(returns(&nullable, &plain).is_ok());
    assert_eq!(
        returns_error(&plain, &nullable),
        "result.p[]: string -> option<string>"
    );
}

#[test]
fn integers_link_where_every_value_of_the_sender_fits() {
    let small = p(json!({"type": "integer", "minimum": 0, "maximum": 200}));
    let large = p(json!({"type": "integer", "minimum": -5, "maximum": 1000}));
    let any = p(json!({"type": "integer"}));
    let number = p(json!({"type": "number"}));
    assert!(params(&small, &large).is_ok());
    assert!(params(&small, &number).is_ok());
    assert_eq!(params_error(&large, &small), "params.p: s16 -> u8");
    assert_eq!(params_error(&number, &any), "params.p: f64 -> s64");
    assert!(returns(&large, &small).is_ok());
    assert!(returns(&number, &small).is_ok());
    assert_eq!(returns_error(&small, &large), "result.p: u8 -> s16");
    assert_eq!(returns_error(&number, &any), "result.p: f64 -> s64");
    assert_eq!(returns_error(&any, &number), "result.p: s64 -> f64");
    let unsigned = p(json!({"type": "integer", "minimum": 0}));
    assert_eq!(params_error(&unsigned, &any), "params.p: u64 -> s64");
    assert_eq!(params_error(&any, &unsigned), "params.p: s64 -> u64");
}

#[test]
fn enums_link_where_the_receiver_knows_every_case() {
    let two = p(json!({"enum": ["a", "b"]}));
    let three = p(json!({"enum": ["c", "b", "a"]}));
    let open = p(json!({"type": "string"}));
    assert!(params(&two, &three).is_ok());
    assert_eq!(
        params_error(&three, &two),
        "params.p.c: a case -> (nothing)"
    );
    assert!(returns(&three, &two).is_ok());
    assert_eq!(
        returns_error(&two, &three),
        "result.p.c: (nothing) -> a case"
    );
    assert!(returns(&open, &two).is_ok());
    assert_eq!(
        params_error(&open, &two),
        "params.p: string -> enum { a, b }"
    );
    assert_eq!(
        params_error(&two, &open),
        "params.p: enum { a, b } -> string"
    );
}

#[test]
fn property_unknown_to_the_skill_does_not_go_into_the_map_of_further_ones() {
    let old = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}});
    let new = json!({"type": "object", "properties": {"a": {"type": "string"}, "count": {"type": "integer"}}, "additionalProperties": {"type": "string"}});
    let codec = returns(&old, &new).unwrap();
    let value = codec
        .read_structured(json!({"a": "1", "count": 2, "b": "3"}))
        .unwrap()
        .unwrap();
    let Val::Record(fields) = value else {
        panic!("no record")
    };
    let entry = Val::Tuple(vec![Val::String("b".into()), Val::String("3".into())]);
    assert_eq!(fields[1], ("additional".to_owned(), Val::List(vec![entry])));
    let codec = params(&old, &new).unwrap().unwrap();
    let entry = Val::Tuple(vec![Val::String("count".into()), Val::String("3".into())]);
    let error = codec
        .to_json(&Val::Record(vec![
            ("a".into(), Val::Option(None)),
            ("additional".into(), Val::List(vec![entry])),
        ]))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/count`: not a further property: the schema describes it"
    );
}

#[test]
fn variants_link_where_the_receiver_knows_every_case() {
    let two = p(json!({"anyOf": [{"type": "string"}, {"type": "boolean"}]}));
    let three = p(
        json!({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "boolean"}, {"type": "string"}]}),
    );
    let string = p(json!({"type": "string"}));
    let codec = params(&two, &three).unwrap().unwrap();
    let bool = Val::Variant("boolean".into(), Some(Box::new(Val::Bool(true))));
    let value = Val::Record(vec![
        ("p".into(), bool),
        ("other".into(), Val::Option(None)),
    ]);
    assert_eq!(codec.to_json(&value).unwrap(), json!({"p": true}));
    assert_eq!(
        params_error(&three, &two),
        "params.p.array: a case -> (nothing)"
    );
    assert!(returns(&three, &two).is_ok());
    assert_eq!(
        returns_error(&two, &three),
        "result.p.array: (nothing) -> a case"
    );
    assert_eq!(
        params_error(&string, &two),
        "params.p: string -> variant { string(string), boolean(bool) }"
    );
}

#[test]
fn tuples_and_lists_of_other_lengths_or_kinds_do_not_link() {
    let tuple = |items: &[Value]| {
        p(json!({"type": "array", "prefixItems": items, "items": false, "minItems": items.len()}))
    };
    let (n, s) = (json!({"type": "number"}), json!({"type": "string"}));
    let two = tuple(&[n.clone(), s.clone()]);
    assert_eq!(
        params_error(&two, &tuple(&[n.clone(), s.clone(), s.clone()])),
        "params.p: tuple<f64, string> -> tuple<f64, string, string>"
    );
    assert_eq!(
        returns_error(&two, &tuple(&[s.clone(), n.clone()])),
        "result.p[]: f64 -> string"
    );
    let list = p(json!({"type": "array", "items": n}));
    assert_eq!(
        params_error(&list, &two),
        "params.p: list<f64> -> tuple<f64, string>"
    );
    let map = p(json!({"type": "object", "additionalProperties": s}));
    assert_eq!(
        params_error(&list, &map),
        "params.p: list<f64> -> list<tuple<string, string>>"
    );
}

#[test]
fn functions_without_arguments_link_to_tools_that_need_none() {
    let none = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let optional = object(json!({"a": {"type": "string"}}), &[]);
    let required = object(json!({"a": {"type": "string"}}), &["a"]);
    let union = json!({"type": "object", "oneOf": [
        {"properties": {"kind": {"const": "a"}, "x": {"type": "string"}}, "required": ["kind", "x"]},
        {"properties": {"kind": {"const": "b"}, "y": {"type": "string"}}, "required": ["kind", "y"]},
    ]});
    assert!(matches!(params(&none, &none), Ok(None)));
    assert!(matches!(params(&none, &optional), Ok(None)));
    assert_eq!(
        params_error(&none, &required),
        "params.a: (nothing) -> string, required"
    );
    assert!(params_error(&none, &union).starts_with("params: (nothing) -> variant {"));
    assert_eq!(
        params_error(&optional, &none),
        "params: record { a: option<string> } -> (nothing)"
    );
}

#[test]
fn result_that_gained_or_lost_its_schema() {
    let input = json!({"type": "object"});
    let schema = p(json!({"type": "integer", "minimum": 0, "maximum": 9}));
    let plain = build(&[tool("t", input.clone(), None)]);
    let typed = tool("t", input.clone(), Some(schema));
    assert!(matches!(
        plain.link("t", &typed),
        Ok((_, ReturnCodec::ToolResult))
    ));
    let error = build(&[typed])
        .link("t", &tool("t", input, None))
        .unwrap_err();
    assert_eq!(
        text(error),
        "result: record { p: u8, other: option<bool> } -> tool-result"
    );
}

#[test]
fn widened_integers_are_written_as_they_were_built() {
    let small = p(json!({"type": "integer", "minimum": 0, "maximum": 200}));
    let large = p(json!({"type": "integer"}));
    let codec = params(&small, &large).unwrap().unwrap();
    let Codec::Record(record) = &codec else {
        panic!("no record")
    };
    assert!(matches!(record.fields[0].codec, Codec::Int(Int::U8)));
    let value = Val::Record(vec![
        ("p".into(), Val::U8(200)),
        ("other".into(), Val::Option(None)),
    ]);
    assert_eq!(codec.to_json(&value).unwrap(), json!({"p": 200}));
}
