//! JSON Schema as the shortest TypeScript type that says what to pass. It checks no value and follows references within
//! the same schema only.

use std::borrow::Cow;
use std::fmt::Write as _;

use mcp_codegen::names::is_invisible;
use serde_json::Value;

/// How much of a type is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Objects with the types of their properties, and up to 8 values of an `enum`.
    Nested,
    /// Objects as `object`, and up to 4 values.
    Flat,
    /// The names of types only.
    Plain,
}

/// Properties of one object that are read.
pub(crate) const MOST_PROPERTIES: usize = 64;
/// Bytes of one value or name, and of one whole type.
const LONGEST_VALUE: usize = 40;
const LONGEST_TYPE: usize = 240;

/// The type of a value of this schema, whose references start at `root`.
#[must_use]
pub fn type_of(schema: &Value, root: &Value, detail: Detail) -> String {
    let written = written(schema, root, detail, DEPTH);
    if written.len() > LONGEST_TYPE {
        "object".to_owned()
    } else {
        written
    }
}

const DEPTH: usize = 4;

fn written(schema: &Value, root: &Value, detail: Detail, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else {
        return "unknown".to_owned();
    };
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target = target.strip_prefix('#').and_then(|path| root.pointer(path));
        return target.map_or("unknown".to_owned(), |target| {
            written(target, root, detail, depth)
        });
    }
    if let Some(value) = schema.get("const") {
        return literal(value).unwrap_or_else(|| kind_of(value).to_owned());
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return one_of(values, detail)
            .unwrap_or_else(|| values.first().map_or("unknown", kind_of).to_owned());
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(options) = schema.get(key).and_then(Value::as_array) {
            return union(
                options
                    .iter()
                    .map(|option| written(option, root, detail, depth)),
            );
        }
    }
    if let Some([only]) = schema
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        return written(only, root, detail, depth);
    }
    match schema.get("type") {
        Some(Value::String(kind)) => of_kind(kind, schema, root, detail, depth),
        Some(Value::Array(kinds)) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            union(kinds.map(|kind| of_kind(kind, schema, root, detail, depth)))
        }
        _ if schema.get("properties").is_some() => of_kind("object", schema, root, detail, depth),
        _ if schema.get("items").is_some() => of_kind("array", schema, root, detail, depth),
        _ => "unknown".to_owned(),
    }
}

fn of_kind(kind: &str, schema: &Value, root: &Value, detail: Detail, depth: usize) -> String {
    match kind {
        "array" => {
            // What a list holds is flat: `describe_tools` writes its objects.
            let detail = if detail == Detail::Nested {
                Detail::Flat
            } else {
                detail
            };
            let items = schema.get("items");
            let item = items.map_or("unknown".to_owned(), |items| {
                written(items, root, detail, depth)
            });
            if item.contains([' ', '|']) {
                format!("({item})[]")
            } else {
                format!("{item}[]")
            }
        }
        "object" if detail == Detail::Nested => object(schema, root, depth),
        "integer" => "number".to_owned(),
        "string" | "number" | "boolean" | "object" | "null" => kind.to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn object(schema: &Value, root: &Value, depth: usize) -> String {
    let properties = schema.get("properties").and_then(Value::as_object);
    let Some(properties) = properties.filter(|all| !all.is_empty()) else {
        return "object".to_owned();
    };
    let required = schema.get("required").and_then(Value::as_array);
    let mut out = String::from("{");
    for (at, (name, property)) in properties.iter().take(MOST_PROPERTIES).enumerate() {
        let is_required = required.is_some_and(|names| names.iter().any(|one| one == name));
        let (comma, mark) = (
            if at > 0 { ", " } else { "" },
            if is_required { "" } else { "?" },
        );
        let property = written(property, root, Detail::Flat, depth);
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}{}{mark}: {property}", key(name));
        if out.len() > LONGEST_TYPE {
            return "object".to_owned();
        }
    }
    out.push('}');
    out
}

/// The values of an `enum`, or none where they are too many or too long for the detail.
fn one_of(values: &[Value], detail: Detail) -> Option<String> {
    let most = match detail {
        Detail::Nested => 8,
        Detail::Flat => 4,
        Detail::Plain => return None,
    };
    let mut literals = values
        .iter()
        .take(most)
        .map(literal)
        .collect::<Option<Vec<String>>>()?;
    if values.len() > most {
        literals.push(kind_of(values.first()?).to_owned());
    }
    (!literals.is_empty()).then(|| literals.join("|"))
}

fn literal(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => value.to_string(),
        Value::Array(_) | Value::Object(_) => return None,
    };
    (text.len() <= LONGEST_VALUE && is_shown(&text)).then_some(text)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
        Value::Array(_) => "unknown[]",
        Value::Object(_) => "object",
    }
}

/// Each type once. `unknown` takes everything, so nothing else is said beside it.
fn union(types: impl Iterator<Item = String>) -> String {
    const MOST: usize = 4;
    let mut all: Vec<String> = Vec::new();
    for one in types.take(MOST_PROPERTIES) {
        if one == "unknown" {
            return one;
        }
        if !all.contains(&one) {
            all.push(one);
        }
    }
    if all.is_empty() || all.len() > MOST {
        "unknown".to_owned()
    } else {
        all.join("|")
    }
}

/// The name of a property, in quotes where it is no identifier.
pub(crate) fn key(name: &str) -> Cow<'_, str> {
    let is_identifier = name.starts_with(|char: char| char.is_alphabetic() || "_$".contains(char))
        && name
            .chars()
            .all(|char| char.is_alphanumeric() || "_$".contains(char));
    if is_identifier && name.len() <= LONGEST_VALUE {
        return Cow::Borrowed(name);
    }
    let shown = name
        .chars()
        .filter(|char| !is_invisible(*char))
        .take(LONGEST_VALUE);
    Cow::Owned(Value::String(shown.collect()).to_string())
}

fn is_shown(text: &str) -> bool {
    !text
        .chars()
        .any(|char| char.is_control() || is_invisible(char))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(schema: Value) -> String {
        type_of(&schema, &schema, Detail::Nested)
    }

    #[test]
    fn scalars_lists_and_objects_are_typescript() {
        assert_eq!(nested(json!({"type": "integer"})), "number");
        assert_eq!(nested(json!({"type": ["string", "null"]})), "string|null");
        assert_eq!(
            nested(json!({"type": "array", "items": {"type": "string"}})),
            "string[]"
        );
        let either = json!({"type": "array", "items": {"type": ["string", "number"]}});
        assert_eq!(nested(either), "(string|number)[]");
        let object =
            json!({"properties": {"a-b": {"type": "boolean"}, "c": {}}, "required": ["c"]});
        assert_eq!(nested(object.clone()), r#"{"a-b"?: boolean, c: unknown}"#);
        assert_eq!(type_of(&object, &object, Detail::Flat), "object");
        assert_eq!(nested(json!(true)), "unknown");
    }

    #[test]
    fn values_are_written_as_far_as_the_detail_allows() {
        let schema = json!({"enum": ["a", "b", "c", "d", "e"]});
        assert_eq!(nested(schema.clone()), r#""a"|"b"|"c"|"d"|"e""#);
        assert_eq!(
            type_of(&schema, &schema, Detail::Flat),
            r#""a"|"b"|"c"|"d"|string"#
        );
        assert_eq!(type_of(&schema, &schema, Detail::Plain), "string");
        assert_eq!(nested(json!({"enum": ["x".repeat(99)]})), "string");
        assert_eq!(nested(json!({"const": 3})), "3");
    }

    #[test]
    fn references_are_followed_and_end() {
        let schema = json!({"$defs": {"Kind": {"enum": ["x"]}, "Loop": {"$ref": "#/$defs/Loop"}},
            "properties": {"kind": {"$ref": "#/$defs/Kind"}, "loop": {"$ref": "#/$defs/Loop"},
                "far": {"$ref": "https://example.com/x"}}});
        assert_eq!(
            nested(schema),
            r#"{kind?: "x", loop?: unknown, far?: unknown}"#
        );
    }

    #[test]
    fn unions_say_each_type_once() {
        let schema = json!({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "null"}]});
        assert_eq!(nested(schema), "string|number|null");
        assert_eq!(
            nested(json!({"anyOf": [{"type": "string"}, {}]})),
            "unknown"
        );
    }
}
