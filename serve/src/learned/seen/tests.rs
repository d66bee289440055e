//! Shapes of values that were seen, and their bounds.

use serde_json::json;

use super::*;

fn seen(values: &[Value]) -> Seen {
    let shapes = values.iter().map(Seen::of);
    shapes.fold(Seen::default(), Seen::with).bounded()
}

fn line(values: &[Value]) -> String {
    let mut out = String::new();
    seen(values).line(&mut out);
    out
}

#[test]
fn shapes_of_several_answers_become_one() {
    for (values, expected) in [
        (
            vec![json!(1), json!("a"), json!(null)],
            "number | string | null",
        ),
        (vec![json!([1, 2]), json!([])], "Array<number>"),
        (
            vec![json!({"id": 1, "name": "x"}), json!({"id": 2})],
            "{id: number, name?: string}",
        ),
        (
            vec![json!([{"a": 1}, {"a": null}])],
            "Array<{a: number | null}>",
        ),
        (vec![json!({})], "Record<string, unknown>"),
    ] {
        assert_eq!(line(&values), expected);
    }
}

#[test]
fn keys_that_are_data_have_no_name() {
    for (value, expected) in [
        (json!({"a@b.c": 1}), "Record<string, number>"),
        (
            json!({"2026-11-30": {"n": 1}}),
            "Record<string, {n: number}>",
        ),
        (json!({"3fa85f64": true}), "Record<string, boolean>"),
        (json!({"AKIAfoo1234bar9x": 1}), "Record<string, number>"),
        (
            json!({"alice": {"age": 1}, "bob": {"age": 2}}),
            "Record<string, {age: number}>",
        ),
        (json!({"ünï": 1}), "Record<string, number>"),
        (json!({"user-5d1f-x": 1}), "Record<string, number>"),
        (
            json!({"sha256": 1, "base64url": 2}),
            "{sha256: number, base64url: number}",
        ),
    ] {
        assert_eq!(line(std::slice::from_ref(&value)), expected, "{value}");
    }
    let apart = [json!({"alice": 1}), json!({"bob": 2})];
    assert_eq!(line(&apart), "Record<string, number>");
    let many: Map<String, Value> = (0..100).map(|at| (format!("k{at}"), json!(1))).collect();
    assert_eq!(line(&[Value::Object(many)]), "Record<string, number>");
}

#[test]
fn a_shape_has_no_more_than_its_parts_and_levels() {
    let wide: Map<String, Value> = (0..60)
        .map(|at| {
            let inner: Map<String, Value> = (0..60)
                .map(|inner| (format!("i{at}x{inner}"), json!(1)))
                .collect();
            (format!("o{at}"), Value::Object(inner))
        })
        .collect();
    assert!(seen(&[Value::Object(wide)]).parts() <= MOST_PARTS);
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(line(&[deep]).matches("Array").count(), DEEPEST + 1);
}
