//! A JSON Schema for readers: a table of its properties, a value that fits it, and its text. Decides no type:
//! `mcp-search` does.

use std::fmt::Write as _;

use mcp_bridge::text::{cut, json as escaped};
use mcp_search::{Detail, estimated_tokens, type_of};
use serde_json::{Map, Value};

use crate::markdown::{code, code_cell, fenced, inline, sentence};
use crate::redact::{hidden, start};
use crate::room::{Lines, counted};

/// Properties that are looked at.
const MOST_PROPERTIES: usize = 512;

/// What is known of an input or an output.
#[derive(Debug, Clone, Copy)]
pub struct Described<'a> {
    /// Its JSON Schema.
    pub schema: &'a Value,
    /// Where that comes from.
    pub source: Source,
}

/// Where a schema comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The skill declares it.
    Declared,
    /// It is what so many runs had. Other values are possible.
    Learned {
        /// How many runs.
        runs: usize,
    },
}

impl Source {
    /// A sentence.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Declared => "The skill declares it.".to_owned(),
            Self::Learned { runs } => format!(
                "Learned from {}, not declared: other values are possible.",
                counted(runs, "run")
            ),
        }
    }
}

/// Appends the table and the schema, in at most about so many tokens each.
pub(crate) fn table(
    out: &mut String,
    described: &Described<'_>,
    is_input: bool,
    [rows, text]: [usize; 2],
) {
    let schema = described.schema;
    let _ = write!(out, "{}\n\n", described.source.sentence());
    match schema.get("properties").and_then(Value::as_object) {
        Some(properties) if !properties.is_empty() => {
            properties_table(out, schema, properties, is_input, rows);
        }
        _ => {
            let written = code(&type_of(schema, schema, Detail::Nested));
            let _ = write!(out, "Its type is {written}.\n\n");
        }
    }
    match json_within(schema, text) {
        Some(text) => fenced(out, "json", &text),
        None => out.push_str(
            "Its JSON Schema is long: [the reference](references/REFERENCE.md) has it.\n",
        ),
    }
}

fn properties_table(
    out: &mut String,
    schema: &Value,
    properties: &Map<String, Value>,
    is_input: bool,
    tokens: usize,
) {
    let (head, line) = match is_input {
        true => (" Required |", "---|"),
        false => ("", ""),
    };
    let _ = write!(
        out,
        "| Name | Type |{head} What it is |\n|---|---|{line}---|\n"
    );
    let required = schema.get("required").and_then(Value::as_array);
    let mut lines = Lines::new(tokens);
    for (name, property) in properties.iter().take(MOST_PROPERTIES) {
        if lines.skips() {
            continue;
        }
        let written = code_cell(&type_of(property, schema, Detail::Nested));
        let about = property.get("description").and_then(Value::as_str);
        let about = about.map(|text| inline(&sentence(&start(text), 120), 128));
        let about = about.unwrap_or_default();
        let is_required = required.is_some_and(|names| names.iter().any(|one| one == name));
        let required = match (is_input, is_required) {
            (false, _) => "",
            (true, true) => " yes |",
            (true, false) => " no |",
        };
        lines.push(&format!(
            "| {} | {written} |{required} {about} |",
            code_cell(name)
        ));
    }
    let (lines, missing) = lines.finish();
    out.push_str(&lines);
    let missing = missing + properties.len().saturating_sub(MOST_PROPERTIES);
    if missing > 0 {
        let more = counted(missing, "more name");
        let _ = write!(out, "\n{more}: see the schema.\n");
    }
    out.push('\n');
}

/// The value as JSON on several lines or on one, whichever has room.
fn json_within(value: &Value, tokens: usize) -> Option<String> {
    // A token of JSON has few bytes: a value that is far too long is not written.
    let compact = value.to_string();
    if compact.len() > tokens.saturating_mul(16) {
        return None;
    }
    let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
    let forms = [pretty, compact].into_iter();
    forms
        .map(|text| hidden(&escaped(&text)))
        .find(|text| estimated_tokens(text) <= tokens)
}

/// Appends the whole schema, of at most so many bytes.
pub(crate) fn long(out: &mut String, described: &Described<'_>, most: usize) {
    let _ = write!(out, "{}\n\n", described.source.sentence());
    let pretty = serde_json::to_string_pretty(described.schema).unwrap_or_default();
    let text = hidden(&escaped(&pretty));
    let language = if text.len() > most { "text" } else { "json" };
    fenced(out, language, &cut(&text, most));
}

/// A value that a reader can start from: what the schema names as default or example, and the required properties.
pub(crate) fn sample(schema: &Value, tokens: usize) -> Value {
    let value = one(schema, schema, 4);
    let is_short = estimated_tokens(&value.to_string()) <= tokens;
    if is_short {
        value
    } else {
        Value::Object(Map::new())
    }
}

fn one(schema: &Value, root: &Value, depth: usize) -> Value {
    const LONGEST: usize = 80;
    let given = ["const", "default"]
        .into_iter()
        .filter_map(|key| schema.get(key));
    let listed = ["examples", "enum"]
        .into_iter()
        .filter_map(|key| schema.get(key)?.get(0));
    let mut known = given.chain(listed).filter(|value| !value.is_null());
    if let Some(value) = known.find(|value| value.to_string().len() <= LONGEST) {
        return value.clone();
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Value::from("...");
    };
    let target = schema.get("$ref").and_then(Value::as_str);
    if let Some(target) = target.and_then(|name| root.pointer(name.strip_prefix('#')?)) {
        return one(target, root, depth);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema.get(key).and_then(|options| options.get(0)) {
            return one(first, root, depth);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        kind => kind.and_then(Value::as_str),
    };
    match kind {
        Some("string") => Value::from("..."),
        Some("integer" | "number") => {
            let least = schema.get("minimum").filter(|least| least.is_number());
            least.cloned().unwrap_or_else(|| Value::from(1))
        }
        Some("boolean") => Value::from(true),
        Some("null") => Value::Null,
        Some("array") => {
            let items = schema.get("items").map(|items| one(items, root, depth));
            Value::Array(items.into_iter().collect())
        }
        _ => {
            let properties = schema.get("properties");
            let required = schema.get("required").and_then(Value::as_array);
            let names = required.into_iter().flatten().filter_map(Value::as_str);
            let members = names.take(8).map(|name| {
                let property = properties
                    .and_then(|all| all.get(name))
                    .unwrap_or(&Value::Null);
                (name.to_owned(), one(property, root, depth))
            });
            Value::Object(members.collect())
        }
    }
}
