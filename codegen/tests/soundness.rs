//! The types hold every value that the schema allows, or a loss says that they do not. Checked against the instances of
//! the JSON Schema test suite (2020-12), with a reading of `Shape` that is nothing but its documentation.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../tests/support/shared.rs"]
mod shared;

use std::fs;

use mcp_codegen::shape::{Field, JsonType, Record, Returns, Shape, Test};
use mcp_codegen::{Tool, function};
use serde_json::{Map, Value, json};

use self::shared::shared;

#[test]
fn valid_instances_of_the_test_suite_have_a_value_or_a_loss_says_why_not() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in shared("json-schema-test-suite/tests/draft2020-12") {
        let groups: Vec<Value> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for group in groups {
            let tool: Tool =
                serde_json::from_value(json!({"name": "t", "outputSchema": group["schema"]}))
                    .unwrap();
            let made = function("t", &tool).unwrap();
            // The input of this tool says nothing, and the loss of that is not of interest.
            let silent = made
                .losses
                .iter()
                .all(|loss| loss.at.starts_with("/inputSchema"));
            for test in group["tests"].as_array().unwrap() {
                seen += 1;
                let data = &test["data"];
                let accepted = match &made.returns {
                    Returns::ToolResult => unreachable!("there is an output schema"),
                    Returns::Structured(shape) => holds(shape, data),
                    Returns::Wrapped { key, shape } => {
                        data.get(key).is_some_and(|data| holds(shape, data))
                    }
                };
                if test["valid"] == true && !accepted && silent {
                    wrong.push(format!(
                        "{} / {}: {data} is not held by {:?}",
                        group["description"], test["description"], made.returns
                    ));
                }
            }
        }
    }
    assert!(seen == 0 || seen > 1_000, "{seen}");
    assert!(
        wrong.is_empty(),
        "{} of {seen}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Whether the value has a place in the shape.
fn holds(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Json(_) => true,
        Shape::Bool => value.is_boolean(),
        Shape::Int(int) => {
            whole(value).is_some_and(|whole| int.range().0 <= whole && whole <= int.range().1)
        }
        Shape::Float => value.is_number(),
        Shape::String => value.is_string(),
        Shape::Enum(cases) => cases.cases.iter().any(|case| value == case.wire),
        Shape::Nullable(shape) => value.is_null() || holds(shape, value),
        Shape::List(shape) => value
            .as_array()
            .is_some_and(|values| values.iter().all(|value| holds(shape, value))),
        Shape::Map(shape) => value
            .as_object()
            .is_some_and(|map| map.values().all(|value| holds(shape, value))),
        Shape::Tuple(shapes) => value.as_array().is_some_and(|values| {
            values.len() == shapes.len()
                && shapes
                    .iter()
                    .zip(values)
                    .all(|(shape, value)| holds(shape, value))
        }),
        Shape::Record(record) => value
            .as_object()
            .is_some_and(|object| record_holds(record, object)),
        Shape::Variant(variant) => variant
            .cases
            .iter()
            .find(|case| passes(&case.test, value))
            .is_some_and(|case| case.shape.as_ref().is_none_or(|shape| holds(shape, value))),
    }
}

fn record_holds(record: &Record, object: &Map<String, Value>) -> bool {
    let field = |field: &Field| match object.get(field.wire) {
        None => !field.required,
        Some(value) => holds(&field.shape, value),
    };
    let known = |name: &String| record.fields.iter().any(|field| field.wire == *name);
    let rest = record.rest.as_ref().is_none_or(|(_, shape)| {
        object
            .iter()
            .filter(|(name, _)| !known(name))
            .all(|(_, value)| holds(shape, value))
    });
    rest && record.fields.iter().all(field)
}

fn passes(test: &Test, value: &Value) -> bool {
    match test {
        Test::Type(ty) => match ty {
            JsonType::Null => value.is_null(),
            JsonType::Bool => value.is_boolean(),
            JsonType::Integer => whole(value).is_some(),
            JsonType::Number => value.is_number(),
            JsonType::String => value.is_string(),
            JsonType::Array => value.is_array(),
            JsonType::Object => value.is_object(),
        },
        Test::Tag { key, values } => value.get(key).is_some_and(|tag| values.contains(tag)),
        Test::Keys(keys) => keys.iter().all(|key| value.get(key).is_some()),
    }
}

/// The whole number that the value is, however it is written.
fn whole(value: &Value) -> Option<i128> {
    if let Some(whole) = value
        .as_i64()
        .map(i128::from)
        .or_else(|| value.as_u64().map(i128::from))
    {
        return Some(whole);
    }
    let float = value.as_f64().filter(|float| float.fract() == 0.0)?;
    format!("{float:.0}").parse().ok()
}
