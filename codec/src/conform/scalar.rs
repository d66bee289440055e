//! What a schema says of a value without a look into it: its type, the values that it may be, its bounds.

use std::cmp::Ordering;

use mcp_codegen::numbers;
use serde_json::{Map, Value};

use super::pattern::Patterns;
use super::words::{MOST, Misfit, article, misfit, short};

/// Whether everything was understood that was said, or the first thing that does not fit.
pub(super) type Fits = Result<bool, Misfit>;

pub(super) fn of_type(schema: &Map<String, Value>, value: &Value, at: &str) -> Fits {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(_) => return Ok(false),
        None => return Ok(true),
    };
    if types.iter().any(|name| is(value, name)) {
        return Ok(true);
    }
    if types.is_empty() || types.iter().any(|name| article(name).is_none()) {
        return Ok(false);
    }
    let names: Vec<_> = types.iter().filter_map(|name| article(name)).collect();
    Err(misfit(at, names.join(" or "), value))
}

fn is(value: &Value, name: &str) -> bool {
    match (name, value) {
        ("integer", Value::Number(number)) => {
            numbers::whole(number) != Err(numbers::NotWhole::Fraction)
        }
        ("number", Value::Number(_))
        | ("null", Value::Null)
        | ("boolean", Value::Bool(_))
        | ("string", Value::String(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        _ => false,
    }
}

pub(super) fn among(schema: &Map<String, Value>, value: &Value, at: &str) -> Fits {
    let of = |key| match schema.get(key) {
        None => None,
        Some(Value::Array(values)) if key == "enum" => Some(values.as_slice()),
        Some(value) => Some(std::slice::from_ref(value)),
    };
    for allowed in ["enum", "const"].into_iter().filter_map(of) {
        if allowed.iter().any(|known| same(known, value)) {
            continue;
        }
        if allowed.is_empty() {
            return Ok(false);
        }
        let mut names: Vec<_> = allowed.iter().take(MOST).map(short).collect();
        if allowed.len() > MOST {
            names.push(format!("{} more", allowed.len() - MOST));
        }
        return Err(misfit(at, names.join(" or "), value));
    }
    Ok(true)
}

/// Whether two values are one in JSON Schema, where `1` and `1.0` are.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => numbers::same(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// A bound: how the value must not compare with it, and what is to be said.
const BOUNDS: [(&str, &str, Ordering, &str); 10] = [
    ("minimum", "", Ordering::Less, "or more"),
    ("maximum", "", Ordering::Greater, "or less"),
    ("exclusiveMinimum", "", Ordering::Equal, "more than"),
    ("exclusiveMaximum", "", Ordering::Equal, "less than"),
    ("minLength", " characters", Ordering::Less, "or more"),
    ("maxLength", " characters", Ordering::Greater, "or less"),
    ("minItems", " items", Ordering::Less, "or more"),
    ("maxItems", " items", Ordering::Greater, "or less"),
    ("minProperties", " members", Ordering::Less, "or more"),
    ("maxProperties", " members", Ordering::Greater, "or less"),
];

pub(super) fn bounds(schema: &Map<String, Value>, value: &Value, at: &str) -> Fits {
    // Counts are far below 2^53.
    let counted = |length: usize| u32::try_from(length).map_or(f64::MAX, f64::from);
    let (size, keys) = match value {
        Value::Number(number) => match number.as_f64() {
            Some(number) => (number, 0..4),
            None => return Ok(false),
        },
        Value::String(text) => (counted(text.chars().count()), 4..6),
        Value::Array(items) => (counted(items.len()), 6..8),
        Value::Object(members) => (counted(members.len()), 8..10),
        Value::Null | Value::Bool(_) => return Ok(true),
    };
    let mut is_sure = true;
    for (key, unit, wrong, words) in &BOUNDS[keys] {
        let Some(bound) = schema.get(*key) else {
            continue;
        };
        let Some(bound) = bound.as_f64() else {
            // `exclusiveMinimum: true` of draft 4.
            is_sure = false;
            continue;
        };
        let order = size.partial_cmp(&bound);
        let is_wrong = match (*key, order) {
            (_, Some(order)) if order == *wrong => true,
            ("exclusiveMinimum", Some(Ordering::Less)) => true,
            ("exclusiveMaximum", Some(Ordering::Greater)) => true,
            _ => false,
        };
        if is_wrong {
            let expected = match *wrong {
                Ordering::Equal => format!("{words} {bound}"),
                _ => format!("{bound}{unit} {words}"),
            };
            return Err(misfit(at, expected, value));
        }
    }
    Ok(is_sure)
}

/// The pattern of a text.
pub(super) fn pattern(
    schema: &Map<String, Value>,
    value: &Value,
    at: &str,
    patterns: &mut Patterns,
) -> Fits {
    let (Some(pattern), Value::String(text)) = (schema.get("pattern"), value) else {
        return Ok(true);
    };
    let found = pattern
        .as_str()
        .and_then(|pattern| patterns.occurs(pattern, text));
    match found {
        Some(true) => Ok(true),
        Some(false) => Err(misfit(
            at,
            format!("a string with the pattern {}", short(pattern)),
            value,
        )),
        None => Ok(false),
    }
}
