//! `where` of a rule: conditions by JSON pointer, as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Number, Value};

use crate::rules::policy::{
    Check, Condition, LONGEST_GLOB, Pointer, PointerError, Under, UnderError,
};

/// All conditions of a rule.
#[derive(Deserialize, Default)]
#[serde(try_from = "BTreeMap<PointerKey, Checks>")]
pub(super) struct Conditions(pub(super) Vec<Condition>);

/// What is required of one value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Checks {
    equals: Option<JsonValue>,
    one_of: Option<Vec<JsonValue>>,
    glob: Option<Glob>,
    min: Option<Bound>,
    max: Option<Bound>,
    under: Option<UnderPath>,
    if_absent: Option<bool>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
struct PointerKey(String);

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Glob(String);

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct UnderPath(Under);

/// A value of TOML as one of JSON. TOML has no `null`.
#[derive(Deserialize)]
#[serde(try_from = "toml::Value")]
struct JsonValue(Value);

/// A number, or the text of one that TOML cannot hold.
#[derive(Deserialize)]
#[serde(try_from = "toml::Value")]
struct Bound(Number);

impl TryFrom<BTreeMap<PointerKey, Checks>> for Conditions {
    type Error = String;

    fn try_from(table: BTreeMap<PointerKey, Checks>) -> Result<Self, String> {
        let conditions = table.into_iter().map(|(PointerKey(pointer), checks)| {
            let found = [
                checks.equals.map(|JsonValue(value)| Check::Equals(value)),
                checks
                    .one_of
                    .map(|values| Check::OneOf(values.into_iter().map(|value| value.0).collect())),
                checks.glob.map(|Glob(pattern)| Check::Glob(pattern)),
                checks.min.map(|Bound(number)| Check::Min(number)),
                checks.max.map(|Bound(number)| Check::Max(number)),
                checks.under.map(|UnderPath(path)| Check::Under(path)),
            ];
            let found: Vec<_> = found.into_iter().flatten().collect();
            if found.is_empty() {
                return Err(format!(
                    "`{pointer}` has no condition; write `equals`, `one-of`, `glob`, `min`, `max` or `under`"
                ));
            }
            Ok(Condition {
                pointer: pointer.parse().map_err(|error: PointerError| error.to_string())?,
                checks: found,
                if_absent: checks.if_absent,
            })
        });
        conditions.collect::<Result<_, _>>().map(Self)
    }
}

impl TryFrom<String> for PointerKey {
    type Error = PointerError;

    fn try_from(text: String) -> Result<Self, PointerError> {
        text.parse::<Pointer>()?;
        Ok(Self(text))
    }
}

impl TryFrom<String> for Glob {
    type Error = &'static str;

    fn try_from(pattern: String) -> Result<Self, &'static str> {
        if pattern.len() > LONGEST_GLOB {
            return Err("a pattern of `glob` has at most 1 KiB");
        }
        Ok(Self(pattern))
    }
}

impl TryFrom<String> for UnderPath {
    type Error = UnderError;

    fn try_from(path: String) -> Result<Self, UnderError> {
        path.parse().map(Self)
    }
}

impl TryFrom<toml::Value> for JsonValue {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, &'static str> {
        json(value).map(Self)
    }
}

fn json(value: toml::Value) -> Result<Value, &'static str> {
    Ok(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Float(double) => Value::Number(float(double)?),
        toml::Value::Array(items) => items.into_iter().map(json).collect::<Result<_, _>>()?,
        toml::Value::Table(table) => {
            let pairs = table.into_iter();
            let pairs = pairs.map(|(key, value)| Ok((key, json(value)?)));
            Value::Object(pairs.collect::<Result<_, &'static str>>()?)
        }
        toml::Value::Datetime(_) => {
            return Err("JSON has no dates; write the text that the tool takes, in quotes");
        }
    })
}

fn float(double: f64) -> Result<Number, &'static str> {
    Number::from_f64(double).ok_or("JSON has no `inf` and no `nan`")
}

impl TryFrom<toml::Value> for Bound {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, &'static str> {
        const WANTED: &str = "`min` and `max` need a number, such as 5 or \"18446744073709551616\"";
        match value {
            toml::Value::Integer(number) => Ok(Self(number.into())),
            toml::Value::Float(double) => float(double).map(Self),
            toml::Value::String(text) => text.parse().map(Self).map_err(|_| WANTED),
            _ => Err(WANTED),
        }
    }
}
