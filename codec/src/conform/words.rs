//! What an error about a value says: the place, what was expected, and what was found. Shows no more than a few words
//! of either.

use std::fmt;

use mcp_bridge::text;
use mcp_codegen::names::shown;
use serde_json::Value;

/// The most values of an enum, and members of an object, that an error names.
pub(super) const MOST: usize = 8;

/// Bytes of a value in an error.
const SHORT: usize = 60;

/// The first place where the value does not fit.
#[derive(Debug, PartialEq, Eq)]
pub struct Misfit {
    /// A JSON pointer into the value.
    pub(super) at: String,
    pub(super) expected: String,
    pub(super) got: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at.as_str() {
            "" => {}
            at => write!(f, "at `{}`: ", text::short(at, 200))?,
        }
        write!(f, "expected {}, got {}", self.expected, self.got)
    }
}

/// What a schema asks for, in a few words.
pub(super) fn wanted(schema: &Value) -> String {
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

pub(super) fn only<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = mcp_codegen::near::nearest(name, known.clone()) {
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

pub(super) fn misfit(at: &str, expected: String, value: &Value) -> Misfit {
    Misfit {
        at: at.to_owned(),
        expected,
        got: got(value),
    }
}

pub(super) fn got(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(items) => format!("an array of {} items", items.len()),
        Value::Object(_) => "an object".to_owned(),
        value => short(value),
    }
}

/// A scalar as JSON, cut.
pub(super) fn short(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", text::short(text, SHORT)),
        value => text::short(&value.to_string(), SHORT).into_owned(),
    }
}

pub(super) fn under(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The type in words, if there is one of this name.
pub(super) fn article(name: &str) -> Option<&'static str> {
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
