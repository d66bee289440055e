//! Numbers and strings made from a JSON Schema: at its bounds, beside them, and where others have been wrong before.

use serde_json::{Value, json};

use super::instances::{Layer, count};

/// Those of the scalars that are within the limits: what is made of one that is not would never be valid.
pub(super) fn within(layers: &[Layer<'_>], mut scalars: Vec<Value>) -> Vec<Value> {
    const LIMITS: [&str; 8] = [
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ];
    let limits = |layer: &Layer<'_>| {
        let limits = layer
            .iter()
            .filter(|(key, _)| LIMITS.contains(&key.as_str()));
        Value::Object(
            limits
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        )
    };
    let schema = json!({"allOf": layers.iter().map(limits).collect::<Vec<_>>()});
    if let Ok(validator) = jsonschema::validator_for(&schema) {
        scalars.retain(|value| validator.is_valid(value));
    }
    scalars
}

pub(super) fn integers(layers: &[Layer<'_>]) -> Vec<Value> {
    let mut out: Vec<Value> = [
        0,
        1,
        -1,
        2,
        10,
        42,
        255,
        256,
        -129,
        65_536,
        2_147_483_648,
        9_007_199_254_740_993,
        i64::MAX,
        i64::MIN,
    ]
    .into_iter()
    .map(Value::from)
    .collect();
    out.push(json!(2.0));
    for keyword in [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ] {
        for bound in layers
            .iter()
            .filter_map(|layer| layer.get(keyword)?.as_i64())
        {
            out.extend(
                [-1, 0, 1]
                    .into_iter()
                    .filter_map(|step| bound.checked_add(step))
                    .map(Value::from),
            );
        }
    }
    out
}

pub(super) fn numbers(layers: &[Layer<'_>]) -> Vec<Value> {
    let mut out = vec![
        json!(0.5),
        json!(0),
        json!(7),
        json!(-2.25),
        json!(1e-7),
        json!(1e300),
        json!(123_456.789),
        json!(-0.0),
        json!(0.1),
        json!(4_503_599_627_370_497_i64),
        json!(1.0),
        json!(-1),
    ];
    for keyword in [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ] {
        for bound in layers.iter().filter_map(|layer| layer.get(keyword)) {
            out.push(bound.clone());
            out.extend(
                bound
                    .as_f64()
                    .into_iter()
                    .flat_map(|bound| [json!(bound + 0.25), json!(bound - 0.25)]),
            );
        }
    }
    out
}

pub(super) fn strings(layers: &[Layer<'_>]) -> Vec<Value> {
    const PLAIN: [&str; 24] = [
        "text",
        "",
        "Grüße, 世界 🦀 \u{202e}\u{0}\n\"\\/",
        "a",
        "0",
        "12",
        "true",
        "null",
        "{\"a\":1}",
        "2024-02-29",
        "2024-02-29T12:00:00Z",
        "https://example.com/a?b=c#d",
        "a@example.com",
        "123e4567-e89b-12d3-a456-426614174000",
        "00:01:02",
        "1.2.3.4",
        "::1",
        "ff00ff",
        "#ff00ff",
        "/a/b.txt",
        "a-b_c.d",
        "ABC",
        "A1",
        "1280x720",
    ];
    let mut out: Vec<String> = PLAIN.into_iter().map(str::to_owned).collect();
    for keyword in ["minLength", "maxLength"] {
        out.extend(count(layers, keyword).map(|count| "é".repeat(count)));
        out.extend(count(layers, keyword).map(|count| "a".repeat(count)));
    }
    out.into_iter().map(Value::String).collect()
}
