//! Checks arguments that a user wrote against a tool's types, before they are sent. Only checks: it converts nothing,
//! and leaves to the server what the types do not express.

use mcp_bridge::{JsonObject, Tool};
use mcp_codegen::names::shown;
use mcp_codegen::near::nearest;
use mcp_codegen::numbers::{self, NotWhole};
use mcp_codegen::shape::{Enum, Int, Record, Shape, Test, Variant, VariantCase};
use serde_json::Value;

use super::cases;
use super::error::ValueError;

/// The most values of an enum that an error names.
const MOST_NAMED: usize = 12;

/// The most faults that are told.
const MOST_FAULTS: usize = 5;

/// Arguments that the tool does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentsError {
    /// The tool's own schema cannot be used.
    #[error("{0}")]
    Refused(mcp_codegen::Refusal),
    /// Values are missing, unknown or of another type: a line each.
    #[error("argument {0}")]
    Value(String),
}

/// Whether the arguments have the tool's types.
///
/// # Errors
///
/// [`ArgumentsError`], which names the first wrong places.
pub fn check_arguments(tool: &Tool, arguments: &JsonObject) -> Result<(), ArgumentsError> {
    let definition = super::definition(tool);
    let function =
        mcp_codegen::function(&tool.name, &definition).map_err(ArgumentsError::Refused)?;
    let is_closed = tool.input_schema.get("additionalProperties") == Some(&Value::Bool(false));
    let mut faults = match &function.params {
        // An object of which the schema says nothing takes anything.
        None if !is_closed => Vec::new(),
        None => {
            let keys = arguments.keys().take(MOST_FAULTS);
            keys.map(|key| ValueError::new("the tool takes no arguments").under(key))
                .collect()
        }
        Some(Shape::Record(record)) => properties(record, arguments),
        Some(Shape::Map(shape)) => entries(shape, arguments),
        // A variant of objects, or free-form.
        Some(shape) => value(shape, &Value::Object(arguments.clone())),
    };
    if faults.is_empty() {
        return Ok(());
    }
    faults.truncate(MOST_FAULTS);
    let faults: Vec<_> = faults.iter().map(ValueError::to_string).collect();
    Err(ArgumentsError::Value(faults.join("\nargument ")))
}

/// The faults of a value: none, if it has the shape.
fn value(shape: &Shape<'_>, given: &Value) -> Vec<ValueError> {
    match (shape, given) {
        (Shape::Json(_), _)
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Float, Value::Number(_))
        | (Shape::String, Value::String(_))
        | (Shape::Nullable(_), Value::Null) => Vec::new(),
        (Shape::Int(int), Value::Number(number)) => fault(integer(*int, number)),
        (Shape::Enum(cases), Value::String(text)) => fault(case(cases, text)),
        (Shape::Nullable(shape), given) => value(shape, given),
        (Shape::List(shape), Value::Array(items)) => {
            each(items.iter().map(|item| (&**shape, item)))
        }
        (Shape::Tuple(shapes), Value::Array(items)) if items.len() == shapes.len() => {
            each(shapes.iter().zip(items))
        }
        (Shape::Tuple(shapes), Value::Array(items)) => vec![ValueError::new(format!(
            "has {} items, and the tool takes {}",
            items.len(),
            shapes.len()
        ))],
        (Shape::Map(shape), Value::Object(object)) => entries(shape, object),
        (Shape::Record(record), Value::Object(object)) => properties(record, object),
        (Shape::Variant(variant), given) => arm(variant, given),
        (shape, given) => vec![ValueError::new(format!(
            "is {}, and the tool takes {}",
            kind(given),
            wanted(shape)
        ))],
    }
}

fn fault(checked: Result<(), ValueError>) -> Vec<ValueError> {
    checked.err().into_iter().collect()
}

fn properties(record: &Record<'_>, object: &JsonObject) -> Vec<ValueError> {
    let mut faults = Vec::new();
    let known = || record.fields.iter().map(|field| field.wire);
    for (key, given) in object {
        if faults.len() >= MOST_FAULTS {
            return faults;
        }
        let field = record.fields.iter().find(|field| field.wire == key);
        let found = match (field, &record.rest) {
            (Some(field), _) => value(&field.shape, given),
            (None, Some((_, shape))) => value(shape, given),
            (None, None) => {
                faults.push(unknown(key, known(), object));
                continue;
            }
        };
        faults.extend(found.into_iter().map(|error| error.under(key)));
    }
    let missing = record
        .fields
        .iter()
        .filter(|field| field.required && !object.contains_key(field.wire));
    faults.extend(missing.take(MOST_FAULTS).map(|field| {
        let missing = format!("is missing: the tool takes {}", wanted(&field.shape));
        ValueError::new(missing).under(field.wire)
    }));
    faults
}

/// A name that was not given is more likely meant.
fn unknown<'a>(
    key: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    given: &JsonObject,
) -> ValueError {
    let absent = known.clone().filter(|name| !given.contains_key(*name));
    let hint = match nearest(key, absent).or_else(|| nearest(key, known.clone())) {
        Some(near) => format!("; did you mean `{}`?", shown(near)),
        None => format!("; it takes {}", quoted(known)),
    };
    ValueError::new(format!("is not known to the tool{hint}")).under(key)
}

fn entries(shape: &Shape<'_>, object: &JsonObject) -> Vec<ValueError> {
    let faults = object.iter().flat_map(|(key, given)| {
        let found = value(shape, given);
        found.into_iter().map(move |error| error.under(key))
    });
    faults.take(MOST_FAULTS).collect()
}

fn each<'a>(items: impl Iterator<Item = (&'a Shape<'a>, &'a Value)>) -> Vec<ValueError> {
    let faults = items.enumerate().flat_map(|(at, (shape, item))| {
        let found = value(shape, item);
        found.into_iter().map(move |error| error.at(at))
    });
    faults.take(MOST_FAULTS).collect()
}

fn arm(variant: &Variant<'_>, given: &Value) -> Vec<ValueError> {
    match variant
        .cases
        .iter()
        .find(|case| cases::holds(&case.test, given))
    {
        Some(case) => case
            .shape
            .as_ref()
            .map_or_else(Vec::new, |shape| value(shape, given)),
        None => {
            // Labels are names of WIT, which no argument has.
            let forms: Vec<_> = variant.cases.iter().map(form).collect();
            vec![ValueError::new(format!(
                "is {}, and fits none of its forms: {}",
                kind(given),
                forms.join(", ")
            ))]
        }
    }
}

/// How a value of this arm is recognised, as JSON.
fn form(case: &VariantCase<'_>) -> String {
    match (&case.test, &case.shape) {
        (Test::Tag { key, values }, _) => {
            let values: Vec<_> = values.iter().map(Value::to_string).collect();
            format!(
                "an object with `{}` {}",
                shown(key),
                shown(&values.join(" or "))
            )
        }
        (Test::Keys(keys), _) => {
            format!("an object with {}", quoted(keys.iter().map(String::as_str)))
        }
        (Test::Type(_), None) => "null".to_owned(),
        (Test::Type(_), Some(shape)) => wanted(shape).to_owned(),
    }
}

fn case(cases: &Enum<'_>, text: &str) -> Result<(), ValueError> {
    let known = || cases.cases.iter().map(|case| case.wire);
    if known().any(|wire| wire == text) {
        return Ok(());
    }
    let hint = match nearest(text, known()) {
        Some(near) => format!("did you mean `{}`?", shown(near)),
        None => format!("it takes {}", quoted(known())),
    };
    Err(ValueError::new(format!(
        "`{}` is not one of its values; {hint}",
        shown(text)
    )))
}

fn integer(int: Int, number: &serde_json::Number) -> Result<(), ValueError> {
    let (least, most) = int.range();
    match numbers::whole(number) {
        Ok(whole) if (least..=most).contains(&whole) => Ok(()),
        Ok(_) | Err(NotWhole::TooLarge) => Err(ValueError::new(format!(
            "`{}` is not between {least} and {most}",
            shown(number.as_str())
        ))),
        Err(NotWhole::Fraction) => Err(ValueError::new(format!(
            "`{}` is not a whole number",
            shown(number.as_str())
        ))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn wanted(shape: &Shape<'_>) -> &'static str {
    match shape {
        Shape::Json(_) => "any value",
        Shape::Bool => "a boolean",
        Shape::Int(_) => "a whole number",
        Shape::Float => "a number",
        Shape::String => "a string",
        Shape::Enum(_) => "one of a few strings",
        Shape::Nullable(shape) => wanted(shape),
        Shape::List(_) | Shape::Tuple(_) => "an array",
        Shape::Map(_) | Shape::Record(_) => "an object",
        Shape::Variant(_) => "one of several forms",
    }
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{}`", shown(name))).collect();
    if names.len() > MOST_NAMED {
        let more = names.len() - MOST_NAMED;
        names.truncate(MOST_NAMED);
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests;
