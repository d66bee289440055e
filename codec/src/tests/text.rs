//! A server's text becomes a guest's value without a tree, and is charged for what it takes.

use serde_json::json;
use wasmtime::component::Val;

use super::component::returns;
use crate::account::{Account, Spend, Stop};

const RECORD: &str = r#"{"id":184467,"name":"Ada Lovelace","email":"ada@example.org","active":true,"score":0.75,"city":"London","created":"2026-01-31T12:00:00Z","tag":"a","count":42,"note":null}"#;

fn records() -> serde_json::Value {
    let text = json!({"type": "string"});
    let properties = json!({"id": {"type": "integer"}, "name": text, "email": text, "active": {"type": "boolean"},
        "score": {"type": "number"}, "city": text, "created": text, "tag": text, "count": {"type": "integer"},
        "note": {"type": ["string", "null"]}});
    let required: Vec<&str> = properties
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let record = json!({"type": "object", "properties": properties, "required": required});
    json!({"type": "object", "required": ["records"], "properties": {"records": {"type": "array", "items": record}}})
}

#[test]
fn ordinary_records_take_less_than_ten_times_their_text() {
    let schema = records();
    let codec = returns(&schema, &schema).unwrap();
    let text = format!("{{\"records\":[{}]}}", vec![RECORD; 1_000].join(","));
    let account = Account::new(10 * text.len(), None);
    let mut spend = Spend::of(&account);
    codec.read(&text, &mut spend).unwrap().unwrap();
    drop(spend);
    let small = Account::new(2 * text.len(), None);
    let error = codec.read(&text, &mut Spend::of(&small)).unwrap_err();
    assert_eq!(error.stop(), Some(Stop::Memory));
}

#[test]
fn last_of_two_equal_properties_counts_as_in_a_tree() {
    let schema = json!({"type": "object", "required": ["a", "m"], "properties": {"a": {"type": "integer"},
        "m": {"type": "object", "additionalProperties": {"type": "integer"}}}});
    let codec = returns(&schema, &schema).unwrap();
    let written = r#"{"a":1,"m":{"x":1,"y":2,"x":3},"a":2}"#;
    let tree: serde_json::Value = serde_json::from_str(written).unwrap();
    let read = |text: &str| codec.read(text, &mut Spend::free()).unwrap();
    assert_eq!(read(written), read(&tree.to_string()));
}

#[test]
fn text_is_read_whatever_stands_between_its_parts_and_json_stays_as_written() {
    let schema = json!({"type": "object", "required": ["any", "s"], "properties": {"any": {}, "s": {"type": "string"}}});
    let codec = returns(&schema, &schema).unwrap();
    let written =
        " {\"s\" : \"a\\u0301\\n\" ,\n \"\\u0061ny\": [ 12345678901234567890123, 1.50 ] } ";
    let Val::Record(fields) = codec.read(written, &mut Spend::free()).unwrap().unwrap() else {
        panic!("a record");
    };
    let value = |label: &str| {
        fields
            .iter()
            .find(|(field, _)| field == label)
            .map(|(_, value)| value)
    };
    assert_eq!(value("s"), Some(&Val::String("a\u{301}\n".into())));
    assert_eq!(
        value("any"),
        Some(&Val::String("[ 12345678901234567890123, 1.50 ]".into()))
    );
}

#[test]
fn number_where_a_list_a_map_or_a_record_belongs_is_an_error() {
    for of in [
        json!({"type": "array", "items": {"type": "integer"}}),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        json!({"type": "object", "properties": {"p": {"type": "string"}}}),
    ] {
        let schema = json!({"type": "object", "required": ["a"], "properties": {"a": of}});
        let codec = returns(&schema, &schema).unwrap();
        for number in ["1", "-1", "1.5"] {
            let text = format!(r#"{{"a":{number}}}"#);
            let error = codec
                .read(&text, &mut Spend::free())
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(&format!("found the number `{number}`")),
                "{error}"
            );
        }
    }
}
