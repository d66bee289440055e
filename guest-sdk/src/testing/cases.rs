//! Finds the variant case of a JSON value, as the host does.

use mcp_codegen::numbers::{self, NotWhole, whole};
use mcp_codegen::shape::{JsonType, Test};
use serde_json::Value;

/// Whether the value belongs to this case of a variant.
pub(super) fn holds(test: &Test, value: &Value) -> bool {
    match test {
        Test::Type(expected) => match expected {
            JsonType::Null => value.is_null(),
            JsonType::Bool => value.is_boolean(),
            // A number that is too large is still an integer, and its case reports the error.
            JsonType::Integer => value
                .as_number()
                .is_some_and(|number| whole(number) != Err(NotWhole::Fraction)),
            JsonType::Number => value.is_number(),
            JsonType::String => value.is_string(),
            JsonType::Array => value.is_array(),
            JsonType::Object => value.is_object(),
        },
        Test::Tag { key, values } => value
            .get(key)
            .is_some_and(|tag| values.iter().any(|value| same(value, tag))),
        Test::Keys(keys) => value
            .as_object()
            .is_some_and(|object| keys.iter().all(|key| object.contains_key(key))),
    }
}

/// Whether two scalars are equal in JSON, where `1` and `1.0` are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => numbers::same(a, b),
        (a, b) => a == b,
    }
}
