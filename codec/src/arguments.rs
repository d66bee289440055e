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

/// Arguments that the tool does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentsError {
    /// The tool's own schema cannot be used.
    #[error("{0}")]
    Refused(mcp_codegen::Refusal),
    /// A value is missing, unknown or of another type.
    #[error("argument {0}")]
    Value(String),
}

/// Whether the arguments have the tool's types.
///
/// # Errors
///
/// [`ArgumentsError`], which names the first wrong place.
pub fn check_arguments(tool: &Tool, arguments: &JsonObject) -> Result<(), ArgumentsError> {
    let definition = super::definition(tool);
    let function =
        mcp_codegen::function(&tool.name, &definition).map_err(ArgumentsError::Refused)?;
    let checked = match &function.params {
        None => match arguments.keys().next() {
            None => Ok(()),
            Some(key) => Err(ValueError::new("the tool takes no arguments").under(key)),
        },
        Some(Shape::Record(record)) => properties(record, arguments),
        Some(Shape::Map(shape)) => entries(shape, arguments),
        // A variant of objects, or free-form.
        Some(shape) => value(shape, &Value::Object(arguments.clone())),
    };
    checked.map_err(|error| ArgumentsError::Value(error.to_string()))
}

fn value(shape: &Shape<'_>, given: &Value) -> Result<(), ValueError> {
    match (shape, given) {
        (Shape::Json(_), _)
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Float, Value::Number(_))
        | (Shape::String, Value::String(_))
        | (Shape::Nullable(_), Value::Null) => Ok(()),
        (Shape::Int(int), Value::Number(number)) => integer(*int, number),
        (Shape::Enum(cases), Value::String(text)) => case(cases, text),
        (Shape::Nullable(shape), given) => value(shape, given),
        (Shape::List(shape), Value::Array(items)) => {
            each(items.iter().map(|item| (&**shape, item)))
        }
        (Shape::Tuple(shapes), Value::Array(items)) if items.len() == shapes.len() => {
            each(shapes.iter().zip(items))
        }
        (Shape::Tuple(shapes), Value::Array(items)) => Err(ValueError::new(format!(
            "has {} items, and the tool takes {}",
            items.len(),
            shapes.len()
        ))),
        (Shape::Map(shape), Value::Object(object)) => entries(shape, object),
        (Shape::Record(record), Value::Object(object)) => properties(record, object),
        (Shape::Variant(variant), given) => arm(variant, given),
        (shape, given) => Err(ValueError::new(format!(
            "is {}, and the tool takes {}",
            kind(given),
            wanted(shape)
        ))),
    }
}

fn properties(record: &Record<'_>, object: &JsonObject) -> Result<(), ValueError> {
    for field in &record.fields {
        match object.get(field.wire) {
            Some(given) => value(&field.shape, given).map_err(|error| error.under(field.wire))?,
            None if field.required => {
                let missing = format!("is missing: the tool takes {}", wanted(&field.shape));
                return Err(ValueError::new(missing).under(field.wire));
            }
            None => {}
        }
    }
    let known = || record.fields.iter().map(|field| field.wire);
    for (key, given) in object {
        if known().any(|wire| wire == key) {
            continue;
        }
        match &record.rest {
            Some((_, shape)) => value(shape, given).map_err(|error| error.under(key))?,
            None => return Err(unknown(key, known())),
        }
    }
    Ok(())
}

fn unknown<'a>(key: &str, known: impl Iterator<Item = &'a str> + Clone) -> ValueError {
    let hint = match nearest(key, known.clone()) {
        Some(near) => format!("; did you mean `{}`?", shown(near)),
        None => format!("; it takes {}", quoted(known)),
    };
    ValueError::new(format!("is not known to the tool{hint}")).under(key)
}

fn entries(shape: &Shape<'_>, object: &JsonObject) -> Result<(), ValueError> {
    object
        .iter()
        .try_for_each(|(key, given)| value(shape, given).map_err(|error| error.under(key)))
}

fn each<'a>(items: impl Iterator<Item = (&'a Shape<'a>, &'a Value)>) -> Result<(), ValueError> {
    items
        .enumerate()
        .try_for_each(|(at, (shape, item))| value(shape, item).map_err(|error| error.at(at)))
}

fn arm(variant: &Variant<'_>, given: &Value) -> Result<(), ValueError> {
    match variant
        .cases
        .iter()
        .find(|case| cases::holds(&case.test, given))
    {
        Some(case) => case
            .shape
            .as_ref()
            .map_or(Ok(()), |shape| value(shape, given)),
        None => {
            // Labels are names of WIT, which no argument has.
            let forms: Vec<_> = variant.cases.iter().map(form).collect();
            Err(ValueError::new(format!(
                "is {}, and fits none of its forms: {}",
                kind(given),
                forms.join(", ")
            )))
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
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    fn checked(schema: Value, arguments: &Value) -> String {
        let tool = json!({"name": "t", "inputSchema": schema});
        let tool: Tool = serde_json::from_value(tool).unwrap();
        match check_arguments(&tool, arguments.as_object().unwrap()) {
            Ok(()) => "taken".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_mistake_is_named_with_its_place() {
        let schema = json!({
            "type": "object",
            "properties": {
                "owner": {"type": "string"},
                "number": {"type": "integer", "minimum": 0, "maximum": 255},
                "state": {"enum": ["open", "closed"]},
                "labels": {"type": "array", "items": {
                    "type": "object", "properties": {"a/b": {"type": "boolean"}}
                }},
                "when": {"type": ["number", "null"]},
            },
            "required": ["owner"],
            "additionalProperties": false,
        });
        let cases = [
            (
                json!({"owner": "o", "number": 7.0, "state": "open", "labels": [{"a/b": true}, {}], "when": null}),
                "taken",
            ),
            (
                json!({}),
                "argument `/owner`: is missing: the tool takes a string",
            ),
            (
                json!({"owner": 1}),
                "argument `/owner`: is a number, and the tool takes a string",
            ),
            (
                json!({"owner": "o", "number": 256}),
                "argument `/number`: `256` is not between 0 and 255",
            ),
            (
                json!({"owner": "o", "number": 1.5}),
                "argument `/number`: `1.5` is not a whole number",
            ),
            (
                json!({"owner": "o", "number": null}),
                "argument `/number`: is null, and the tool takes a whole number",
            ),
            (
                json!({"owner": "o", "state": "opne"}),
                "argument `/state`: `opne` is not one of its values; did you mean `open`?",
            ),
            (
                json!({"owner": "o", "state": "?"}),
                "argument `/state`: `?` is not one of its values; it takes `open`, `closed`",
            ),
            (
                json!({"owner": "o", "labels": [{}, {"a/b": 1}]}),
                "argument `/labels/1/a~1b`: is a number, and the tool takes a boolean",
            ),
            (
                json!({"owner": "o", "ownr": "o"}),
                "argument `/ownr`: is not known to the tool; did you mean `owner`?",
            ),
            (
                json!({"owner": "o", "xyz": "o"}),
                "argument `/xyz`: is not known to the tool; it takes `owner`, `number`, `state`, `labels`, `when`",
            ),
        ];
        for (arguments, expected) in cases {
            assert_eq!(checked(schema.clone(), &arguments), expected, "{arguments}");
        }
    }

    #[test]
    fn a_tool_without_arguments_takes_none() {
        let none = json!({"type": "object", "properties": {}, "additionalProperties": false});
        assert_eq!(checked(none.clone(), &json!({})), "taken");
        assert_eq!(
            checked(none, &json!({"a": 1})),
            "argument `/a`: the tool takes no arguments"
        );
    }

    #[test]
    fn free_form_and_variants_take_what_fits() {
        let free = json!({"type": "object", "additionalProperties": true});
        assert_eq!(checked(free, &json!({"a": [1]})), "taken");
        let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
        assert_eq!(checked(map.clone(), &json!({"a": "b"})), "taken");
        assert_eq!(
            checked(map, &json!({"a": 1})),
            "argument `/a`: is a number, and the tool takes a string"
        );
        let either = json!({"type": "object", "properties": {"v": {"anyOf": [
            {"type": "string"}, {"type": "array", "items": {"type": "integer"}}]}}});
        assert_eq!(checked(either.clone(), &json!({"v": [1]})), "taken");
        assert_eq!(
            checked(either.clone(), &json!({"v": ["x"]})),
            "argument `/v/0`: is a string, and the tool takes a whole number"
        );
        assert_eq!(
            checked(either, &json!({"v": true})),
            "argument `/v`: is a boolean, and fits none of its forms: a string, an array"
        );
        let tagged = json!({"type": "object", "properties": {"v": {"oneOf": [
            {"type": "object", "properties": {"kindOf": {"const": "by_name"}, "name": {"type": "string"}}, "required": ["kindOf"]},
            {"type": "object", "properties": {"kindOf": {"const": "by_id"}, "id": {"type": "string"}}, "required": ["kindOf"]}]}}});
        let wrong = checked(tagged, &json!({"v": {"kindOf": "x"}}));
        assert!(
            wrong.contains("an object with `kindOf` \"by_name\""),
            "{wrong}"
        );
    }
}
