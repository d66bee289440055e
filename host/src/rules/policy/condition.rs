//! Conditions on the arguments of a call. A condition is true, false, or unknown where the server may read the value in
//! another way than the host. Looks at a bounded part of each value, and keeps nothing of it.

use std::cmp::Ordering;
use std::fmt;

use mcp_codegen::numbers;
use serde_json::{Map, Number, Value};

use super::glob::glob;
use super::pointer::{Found, Pointer};
use super::truth::Truth;
use super::under::Under;

/// The longest text that `glob` looks at, in bytes: its work is the product of both lengths.
const LONGEST_TEXT: usize = 16 << 10;

/// The longest pattern of `glob`, in bytes.
pub(crate) const LONGEST_GLOB: usize = 1 << 10;

/// The most characters of a number that are compared.
const LONGEST_NUMBER: usize = 1_000;

/// What has to hold for one value of the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Where the value is.
    pub pointer: Pointer,
    /// All of these have to hold.
    pub checks: Vec<Check>,
    /// What the condition is where the arguments have no such value; unknown unless it is given.
    pub if_absent: Option<bool>,
}

/// One requirement on a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// The value is this one.
    Equals(Value),
    /// The value is one of these.
    OneOf(Vec<Value>),
    /// The text matches, with `*` for any characters.
    Glob(String),
    /// The number is not less.
    Min(Number),
    /// The number is not greater.
    Max(Number),
    /// The path is this one or below it.
    Under(Under),
}

impl Condition {
    pub(super) fn holds(&self, arguments: &Map<String, Value>) -> Truth {
        match (self.pointer.find(arguments), self.if_absent) {
            (Found::Value(value), _) => {
                Truth::all(self.checks.iter().map(|check| check.holds(value)))
            }
            (Found::Nothing, Some(given)) => Truth::of(given),
            (Found::Nothing, None) => Truth::Unknown("is not given"),
            (Found::Unclear(why), _) => Truth::Unknown(why),
        }
    }
}

impl Check {
    fn holds(&self, value: &Value) -> Truth {
        match (self, value) {
            (Self::Equals(wanted), _) => equal(wanted, value),
            (Self::OneOf(wanted), _) => Truth::any(wanted.iter().map(|one| equal(one, value))),
            (Self::Glob(_), Value::String(text)) if text.len() > LONGEST_TEXT => {
                Truth::Unknown("is longer than 16 KiB")
            }
            (Self::Glob(pattern), Value::String(text)) => Truth::of(glob(pattern, text)),
            (Self::Under(path), Value::String(text)) => path.holds(text),
            (Self::Glob(_) | Self::Under(_), _) => Truth::Unknown("is not a text"),
            (Self::Min(least), Value::Number(number)) => ordered(number, least, Ordering::is_ge),
            (Self::Max(most), Value::Number(number)) => ordered(number, most, Ordering::is_le),
            (Self::Min(_) | Self::Max(_), _) => Truth::Unknown("is not a number"),
        }
    }
}

fn ordered(number: &Number, bound: &Number, fits: fn(Ordering) -> bool) -> Truth {
    if number.as_str().len() > LONGEST_NUMBER {
        return Truth::Unknown("has more than 1,000 digits");
    }
    match numbers::compare(number, bound) {
        Some(order) if fits(order) => Truth::True,
        // Most servers round numbers to doubles.
        Some(_) if rounded(number, bound).is_some_and(fits) => {
            Truth::Unknown("fits once it is rounded to a double")
        }
        Some(_) => Truth::False,
        None => Truth::Unknown("has an exponent that is too large"),
    }
}

fn rounded(number: &Number, bound: &Number) -> Option<Ordering> {
    let double = |number: &Number| number.as_str().parse::<f64>().ok();
    double(number)?.partial_cmp(&double(bound)?)
}

/// Whether a value is the wanted one. A value of another type may become the wanted one at the server: `"true"`, `"5"`,
/// `null` and `["main"]` are unknown where `true`, `5` and `"main"` are wanted.
fn equal(wanted: &Value, value: &Value) -> Truth {
    match (wanted, value) {
        (Value::Null, Value::Null) => Truth::True,
        (Value::Bool(a), Value::Bool(b)) => Truth::of(a == b),
        (Value::Number(a), Value::Number(b)) => ordered(b, a, Ordering::is_eq),
        (Value::String(a), Value::String(b)) => Truth::of(a == b),
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => Truth::False,
        (Value::Array(a), Value::Array(b)) => Truth::all(a.iter().zip(b).map(|(a, b)| equal(a, b))),
        (Value::Object(a), Value::Object(b)) if a.len() != b.len() => Truth::False,
        (Value::Object(a), Value::Object(b)) => {
            Truth::all(a.iter().map(|(key, a)| match b.get(key) {
                Some(b) => equal(a, b),
                None => Truth::False,
            }))
        }
        _ => Truth::Unknown("has another type"),
    }
}

impl fmt::Display for Condition {
    /// As in a settings file: `"/path" = { under = "/srv/reports" }`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks = self.checks.iter().map(ToString::to_string);
        let absent = self.if_absent.map(|given| format!("if-absent = {given}"));
        let all: Vec<_> = checks.chain(absent).collect();
        write!(
            f,
            "{} = {{ {} }}",
            toml(&self.pointer.to_string()),
            all.join(", ")
        )
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(value) => write!(f, "equals = {}", toml_value(value)),
            Self::OneOf(values) => {
                let values: Vec<_> = values.iter().map(toml_value).collect();
                write!(f, "one-of = [{}]", values.join(", "))
            }
            Self::Glob(pattern) => write!(f, "glob = {}", toml(pattern)),
            Self::Min(number) => write!(f, "min = {number}"),
            Self::Max(number) => write!(f, "max = {number}"),
            Self::Under(path) => write!(f, "under = {}", toml(&path.to_string())),
        }
    }
}

/// A text as a string of TOML, whose escapes are those of JSON.
pub(super) fn toml(text: &str) -> String {
    Value::from(text).to_string()
}

fn toml_value(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(toml_value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(object) => {
            let pairs = object.iter();
            let pairs: Vec<_> = pairs
                .map(|(key, value)| format!("{} = {}", toml(key), toml_value(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        plain => plain.to_string(),
    }
}

#[cfg(test)]
#[path = "condition/tests.rs"]
mod tests;
