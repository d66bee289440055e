//! A value against a JSON Schema, as far as the schema says it plainly: types, enums, bounds, members, items, local
//! references and combinations of these. Ignores every other keyword, resolves no reference to another document, and
//! runs no pattern. The schema is a skill's: work and depth are bounded, and past the bound the value passes.

use std::fmt;

use mcp_bridge::text;
use mcp_codegen::names::shown;
use serde_json::{Map, Value};

/// How many schemas are applied to values in one check.
const WORK: usize = 100_000;

/// How deep schemas are nested or refer to each other.
const DEPTH: usize = 96;

/// The most values of an enum, and members of an object, that an error names.
const MOST: usize = 8;

/// Bytes of a value in an error.
const SHORT: usize = 60;

/// The first place where the value does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// A JSON pointer into the value.
    at: String,
    expected: String,
    got: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at.as_str() {
            "" => {}
            at => write!(f, "at `{}`: ", text::short(at, 200))?,
        }
        write!(f, "expected {}, got {}", self.expected, self.got)
    }
}

pub(super) fn check(schema: &Value, value: &Value) -> Result<(), Mismatch> {
    let mut check = Check {
        root: schema,
        work: WORK,
    };
    check.value(schema, value, "", DEPTH)
}

struct Check<'s> {
    root: &'s Value,
    work: usize,
}

impl<'s> Check<'s> {
    fn value(
        &mut self,
        schema: &'s Value,
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Result<(), Mismatch> {
        if self.work == 0 || depth == 0 {
            return Ok(());
        }
        self.work -= 1;
        let schema = match schema {
            Value::Bool(false) => return Err(mismatch(at, "nothing here".to_owned(), value)),
            Value::Object(schema) => schema,
            _ => return Ok(()),
        };
        if let Some(target) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|name| self.target(name))
        {
            self.value(target, value, at, depth - 1)?;
        }
        of_type(schema, value, at)?;
        among(schema, value, at)?;
        bounds(schema, value, at)?;
        match value {
            Value::Object(object) => self.object(schema, object, at, depth)?,
            Value::Array(items) => self.items(schema, items, at, depth)?,
            _ => {}
        }
        for part in list(schema, "allOf") {
            self.value(part, value, at, depth - 1)?;
        }
        for key in ["anyOf", "oneOf"] {
            self.one_of(list(schema, key), value, at, depth)?;
        }
        Ok(())
    }

    fn object(
        &mut self,
        schema: &'s Map<String, Value>,
        object: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<(), Mismatch> {
        let properties = schema.get("properties").and_then(Value::as_object);
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                let declared = properties.and_then(|known| known.get(name));
                return Err(Mismatch {
                    at: under(at, name),
                    expected: declared.map_or_else(|| "a value".to_owned(), wanted),
                    got: "nothing: it is required".to_owned(),
                });
            }
        }
        // A pattern may allow any other name.
        let rest = schema
            .get("additionalProperties")
            .filter(|_| !schema.contains_key("patternProperties"));
        for (name, value) in object {
            let declared = properties.and_then(|known| known.get(name));
            let place = under(at, name);
            match (declared, rest) {
                (Some(declared), _) => self.value(declared, value, &place, depth - 1)?,
                (None, Some(Value::Bool(false))) => {
                    let known = properties
                        .into_iter()
                        .flat_map(Map::keys)
                        .map(String::as_str);
                    return Err(Mismatch {
                        at: place,
                        expected: only(name, known),
                        got: got(value),
                    });
                }
                (None, Some(rest)) => self.value(rest, value, &place, depth - 1)?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn items(
        &mut self,
        schema: &'s Map<String, Value>,
        items: &[Value],
        at: &str,
        depth: usize,
    ) -> Result<(), Mismatch> {
        let first = list(schema, "prefixItems");
        let rest = schema.get("items");
        for (index, item) in items.iter().enumerate() {
            if let Some(declared) = first.get(index).or(rest) {
                self.value(declared, item, &format!("{at}/{index}"), depth - 1)?;
            }
        }
        Ok(())
    }

    /// The error of the only form that has the value's type, or all forms.
    fn one_of(
        &mut self,
        forms: &'s [Value],
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Result<(), Mismatch> {
        let mut deeper = Vec::new();
        for form in forms {
            match self.value(form, value, at, depth - 1) {
                Ok(()) => return Ok(()),
                Err(mismatch) if mismatch.at != at => deeper.push(mismatch),
                Err(_) => {}
            }
        }
        match (forms, deeper.len()) {
            ([], _) => Ok(()),
            (_, 1) => Err(deeper.remove(0)),
            (forms, _) => {
                let mut names: Vec<_> = forms.iter().take(MOST).map(wanted).collect();
                names.dedup();
                Err(mismatch(at, names.join(" or "), value))
            }
        }
    }

    /// A reference into the same document.
    fn target(&self, reference: &str) -> Option<&'s Value> {
        self.root.pointer(reference.strip_prefix('#')?)
    }
}

fn list<'v>(schema: &'v Map<String, Value>, key: &str) -> &'v [Value] {
    schema
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn of_type(schema: &Map<String, Value>, value: &Value, at: &str) -> Result<(), Mismatch> {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let known = |name: &&str| article(name).is_some();
    if types.is_empty() || !types.iter().all(known) || types.iter().any(|name| is(value, name)) {
        return Ok(());
    }
    let names: Vec<_> = types.iter().filter_map(|name| article(name)).collect();
    Err(mismatch(at, names.join(" or "), value))
}

fn is(value: &Value, name: &str) -> bool {
    match (name, value) {
        ("integer", Value::Number(number)) => {
            number.is_i64()
                || number.is_u64()
                || number.as_f64().is_none_or(|number| number.fract() == 0.0)
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

fn article(name: &str) -> Option<&'static str> {
    Some(match name {
        "null" => "null",
        "boolean" => "a boolean",
        "integer" => "an integer",
        "number" => "a number",
        "string" => "a string",
        "array" => "an array",
        "object" => "an object",
        _ => return None,
    })
}

fn among(schema: &Map<String, Value>, value: &Value, at: &str) -> Result<(), Mismatch> {
    let allowed = match (schema.get("enum"), schema.get("const")) {
        (Some(Value::Array(values)), _) => values.as_slice(),
        (_, Some(value)) => std::slice::from_ref(value),
        _ => return Ok(()),
    };
    // `1` and `1.0` are one value for JSON Schema. Numbers are left to the skill.
    if allowed.is_empty()
        || value.is_number()
        || allowed.contains(value)
        || value.is_array()
        || value.is_object()
    {
        return Ok(());
    }
    let mut names: Vec<_> = allowed.iter().take(MOST).map(short).collect();
    if allowed.len() > MOST {
        names.push(format!("{} more", allowed.len() - MOST));
    }
    Err(mismatch(at, names.join(" or "), value))
}

fn bounds(schema: &Map<String, Value>, value: &Value, at: &str) -> Result<(), Mismatch> {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    // Counts are far below 2^53.
    let counted = |length: usize| u32::try_from(length).map_or(f64::MAX, f64::from);
    let (size, least, most, unit) = match value {
        Value::Number(number) => {
            let Some(number) = number.as_f64() else {
                return Ok(());
            };
            (number, bound("minimum"), bound("maximum"), "")
        }
        Value::String(text) => (
            counted(text.chars().count()),
            bound("minLength"),
            bound("maxLength"),
            " characters",
        ),
        Value::Array(items) => (
            counted(items.len()),
            bound("minItems"),
            bound("maxItems"),
            " items",
        ),
        _ => return Ok(()),
    };
    if let Some(least) = least.filter(|least| size < *least) {
        return Err(mismatch(at, format!("{least}{unit} or more"), value));
    }
    if let Some(most) = most.filter(|most| size > *most) {
        return Err(mismatch(at, format!("{most}{unit} or less"), value));
    }
    Ok(())
}

/// What a schema asks for, in a few words.
fn wanted(schema: &Value) -> String {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let names: Vec<_> = types.into_iter().filter_map(article).collect();
    match names.as_slice() {
        [] => "a value of another form".to_owned(),
        names => names.join(" or "),
    }
}

fn only<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = mcp_bridge::nearest(name, known.clone()) {
        return format!("no such member (did you mean `{}`?)", shown(near));
    }
    let names: Vec<_> = known
        .take(MOST)
        .map(|name| format!("`{}`", shown(name)))
        .collect();
    match names.as_slice() {
        [] => "no members".to_owned(),
        names => format!("only {}", names.join(", ")),
    }
}

fn mismatch(at: &str, expected: String, value: &Value) -> Mismatch {
    Mismatch {
        at: at.to_owned(),
        expected,
        got: got(value),
    }
}

fn got(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(items) => format!("an array of {} items", items.len()),
        Value::Object(_) => "an object".to_owned(),
        value => short(value),
    }
}

/// A scalar as JSON, cut.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", text::short(text, SHORT)),
        value => text::short(&value.to_string(), SHORT).into_owned(),
    }
}

fn under(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
#[path = "schema/tests.rs"]
mod tests;
