//! Converts JSON of the wire to values of generated types, and back, with the shape that the host's codec uses too.
//! `codegen/tests/values.json` has the cases in which both agree (decision 0016).

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use mcp_codegen::shape::{Field, Record, Returns, Shape};
use serde_json::{Map, Value};

use super::cases::holds;
use super::numbers;
use super::wit::Wit;

/// The arguments of a call, as the tool gets them.
pub(super) fn arguments(params: &Wit, shape: Option<&Shape<'_>>) -> Result<Value, String> {
    match shape {
        None => Ok(Value::Object(Map::new())),
        // The function was generated when the tool took no arguments.
        Some(_) if *params == Wit::Tuple(Vec::new()) => Ok(Value::Object(Map::new())),
        Some(shape) => to_json(params, shape),
    }
}

/// The function's result for this `structuredContent`; `None` if it returns the whole `tool-result`.
pub(super) fn structured(content: Value, returns: &Returns<'_>) -> Result<Option<Wit>, String> {
    match returns {
        Returns::ToolResult => Ok(None),
        Returns::Structured(shape) => from_json(content, shape).map(Some),
        Returns::Wrapped { key, shape } => match content {
            Value::Object(mut object) => match object.remove(*key) {
                Some(inner) => from_json(inner, shape).map(Some),
                None => Err(format!("`{key}`: required, but absent")),
            },
            other => Err(format!("expected an object, found {other}")),
        },
    }
}

fn to_json(value: &Wit, shape: &Shape<'_>) -> Result<Value, String> {
    Ok(match (shape, value) {
        (Shape::Json(_), Wit::Text(text)) => {
            serde_json::from_str(text).map_err(|error| format!("not JSON text: {error}"))?
        }
        (Shape::Bool, Wit::Bool(value)) => Value::Bool(*value),
        (Shape::Int(_) | Shape::Float, Wit::Int(int)) => Value::Number(numbers::of_integer(*int)?),
        (Shape::Float, Wit::Float(float)) => Value::Number(numbers::of_float(*float)?),
        (Shape::String, Wit::Text(text)) => Value::String(text.clone()),
        (Shape::Enum(cases), Wit::Case(case, None)) => cases
            .cases
            .iter()
            .find(|known| known.label.to_upper_camel_case() == *case)
            .map(|known| Value::String(known.wire.to_owned()))
            .ok_or_else(|| format!("the tool has no value for `{case}`"))?,
        (Shape::Nullable(_), Wit::Option(None)) => Value::Null,
        (Shape::Nullable(inner), Wit::Option(Some(value))) => to_json(value, inner)?,
        (Shape::Nullable(inner), value) => to_json(value, inner)?,
        (Shape::List(inner), Wit::List(items)) => items
            .iter()
            .map(|item| to_json(item, inner))
            .collect::<Result<_, _>>()?,
        (Shape::Map(inner), Wit::List(entries)) => {
            let mut object = Map::new();
            write_entries(entries, inner, &mut object)?;
            Value::Object(object)
        }
        (Shape::Tuple(shapes), Wit::Tuple(items)) if shapes.len() == items.len() => items
            .iter()
            .zip(shapes)
            .map(|(item, shape)| to_json(item, shape))
            .collect::<Result<_, _>>()?,
        (Shape::Record(record), Wit::Record(fields)) => object(record, fields)?,
        (Shape::Variant(variant), Wit::Case(case, payload)) => {
            let known = variant
                .cases
                .iter()
                .find(|known| known.label.to_upper_camel_case() == *case)
                .ok_or_else(|| format!("the tool has no case `{case}`"))?;
            match (&known.shape, payload) {
                (Some(shape), Some(payload)) => to_json(payload, shape)?,
                _ => Value::Null,
            }
        }
        (shape, value) => return Err(format!("{value:?} is not what the tool takes: {shape:?}")),
    })
}

fn object(record: &Record<'_>, fields: &[(String, Wit)]) -> Result<Value, String> {
    let mut object = Map::new();
    for (name, value) in fields {
        let at = |why: String| format!("`{name}`: {why}");
        if let Some(field) = record.fields.iter().find(|field| is(&field.label, name)) {
            let value = match value {
                Wit::Option(None) if !field.required => continue,
                Wit::Option(Some(value)) if !field.required => value,
                value => value,
            };
            let value = to_json(value, inner(field)).map_err(at)?;
            object.insert(field.wire.to_owned(), value);
        } else if let Some((label, shape)) = &record.rest
            && is(label, name)
            && let Wit::List(entries) = value
        {
            write_entries(entries, shape, &mut object).map_err(at)?;
        } else {
            return Err(format!("the tool has no property for `{name}`"));
        }
    }
    Ok(Value::Object(object))
}

fn write_entries(
    entries: &[Wit],
    shape: &Shape<'_>,
    object: &mut Map<String, Value>,
) -> Result<(), String> {
    for entry in entries {
        match entry {
            Wit::Tuple(pair) if let [Wit::Text(key), value] = pair.as_slice() => {
                if object.insert(key.clone(), to_json(value, shape)?).is_some() {
                    return Err(format!("`{key}` is there twice"));
                }
            }
            other => return Err(format!("{other:?} is not an entry of a map")),
        }
    }
    Ok(())
}

fn from_json(value: Value, shape: &Shape<'_>) -> Result<Wit, String> {
    Ok(match (shape, value) {
        (Shape::Json(_), value) => Wit::Text(value.to_string()),
        (Shape::Bool, Value::Bool(value)) => Wit::Bool(value),
        (Shape::Int(int), Value::Number(number)) => Wit::Int(numbers::integer(*int, &number)?),
        (Shape::Float, Value::Number(number)) => Wit::Float(numbers::float(&number)?),
        (Shape::String, Value::String(text)) => Wit::Text(text),
        (Shape::Enum(cases), Value::String(wire)) => cases
            .cases
            .iter()
            .find(|known| known.wire == wire)
            .map(|known| Wit::Case(known.label.to_upper_camel_case(), None))
            .ok_or_else(|| format!("`{wire}` is not one of the values"))?,
        (Shape::Nullable(_), Value::Null) => Wit::Option(None),
        (Shape::Nullable(inner), value) => Wit::Option(Some(Box::new(from_json(value, inner)?))),
        (Shape::List(inner), Value::Array(items)) => Wit::List(
            items
                .into_iter()
                .map(|item| from_json(item, inner))
                .collect::<Result<_, _>>()?,
        ),
        (Shape::Map(inner), Value::Object(object)) => Wit::List(
            object
                .into_iter()
                .map(|(key, value)| read_entry(key, value, inner))
                .collect::<Result<_, _>>()?,
        ),
        (Shape::Tuple(shapes), Value::Array(items)) if shapes.len() == items.len() => Wit::Tuple(
            items
                .into_iter()
                .zip(shapes)
                .map(|(item, shape)| from_json(item, shape))
                .collect::<Result<_, _>>()?,
        ),
        (Shape::Record(record), Value::Object(object)) => fields(record, object)?,
        (Shape::Variant(variant), value) => {
            let case = variant
                .cases
                .iter()
                .find(|case| holds(&case.test, &value))
                .ok_or_else(|| format!("{value} fits none of the cases"))?;
            let payload = match &case.shape {
                Some(shape) => Some(Box::new(from_json(value, shape)?)),
                None => None,
            };
            Wit::Case(case.label.to_upper_camel_case(), payload)
        }
        (_, value) => return Err(format!("{value} is not what the tool's schema says")),
    })
}

fn fields(record: &Record<'_>, mut object: Map<String, Value>) -> Result<Wit, String> {
    let mut fields = Vec::new();
    for field in &record.fields {
        let at = |why: String| format!("`{}`: {why}", field.wire);
        let value = object.remove(field.wire);
        let value = match value {
            None if field.required => return Err(at("required, but absent".to_owned())),
            None => Wit::Option(None),
            Some(Value::Null) if !field.required && !matches!(field.shape, Shape::Json(_)) => {
                Wit::Option(None)
            }
            Some(value) if field.required => from_json(value, &field.shape).map_err(at)?,
            Some(value) => Wit::Option(Some(Box::new(from_json(value, inner(field)).map_err(at)?))),
        };
        fields.push((field.label.to_snake_case(), value));
    }
    if let Some((label, shape)) = &record.rest {
        let rest = object
            .into_iter()
            .map(|(key, value)| read_entry(key, value, shape))
            .collect::<Result<_, _>>()?;
        fields.push((label.to_snake_case(), Wit::List(rest)));
    }
    Ok(Wit::Record(fields))
}

/// The shape of a field's value. An optional field of a nullable shape is one option.
fn inner<'s, 't>(field: &'s Field<'t>) -> &'s Shape<'t> {
    match &field.shape {
        Shape::Nullable(inner) if !field.required => inner,
        shape => shape,
    }
}

fn read_entry(key: String, value: Value, shape: &Shape<'_>) -> Result<Wit, String> {
    let value = from_json(value, shape).map_err(|why| format!("`{key}`: {why}"))?;
    Ok(Wit::Tuple(vec![Wit::Text(key), value]))
}

/// Whether the label became this name in Rust.
fn is(label: &str, name: &str) -> bool {
    label.to_snake_case() == name
}

#[cfg(test)]
#[path = "wire/tests.rs"]
mod tests;
