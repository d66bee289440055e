//! The only file that converts between component values and JSON.

use std::fmt;

use mcp_codegen::shape::{Int, JsonType, Test};
use serde_json::{Map, Number, Value};
use wasmtime::component::Val;

use super::{CaseCodec, Codec, Presence, RecordCodec, ReturnCodec};

/// A value that does not fit, and where: a JSON pointer (RFC 6901) into the arguments or the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValueError {
    path: String,
    what: String,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        write!(f, "`{path}`: {}", self.what)
    }
}

impl ValueError {
    fn new(what: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            what: what.into(),
        }
    }

    /// The same error, seen from one level further out.
    fn under(mut self, key: impl fmt::Display) -> Self {
        let key = key.to_string().replace('~', "~0").replace('/', "~1");
        self.path = format!("/{key}{}", self.path);
        self
    }
}

impl Codec {
    /// A value of the guest as JSON.
    pub(crate) fn to_json(&self, value: &Val) -> Result<Value, ValueError> {
        Ok(match (self, value) {
            (Self::Json, Val::String(text)) => serde_json::from_str(text)
                .map_err(|error| ValueError::new(format!("not JSON text: {error}")))?,
            (Self::Bool, Val::Bool(value)) => Value::Bool(*value),
            (Self::Int(_), value) => Value::Number(integer(value)?),
            (Self::Float, Val::Float64(value)) => Value::Number(
                Number::from_f64(*value)
                    .ok_or_else(|| ValueError::new(format!("JSON has no number `{value}`")))?,
            ),
            (Self::String, Val::String(text)) => Value::String(text.clone()),
            (Self::Enum(labels), Val::Enum(label)) => match labels.to_wire.get(label) {
                Some(wire) => Value::String(wire.clone()),
                None => return Err(ValueError::new(format!("no such case `{label}`"))),
            },
            (Self::Nullable(inner), Val::Option(value)) => match value {
                Some(value) => inner.to_json(value)?,
                None => Value::Null,
            },
            (Self::List(inner), Val::List(items)) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| inner.to_json(item).map_err(|error| error.under(i)))
                    .collect::<Result<_, _>>()?,
            ),
            (Self::Map(inner), Val::List(entries)) => {
                let mut object = Map::new();
                write_entries(inner, entries, &mut object)?;
                Value::Object(object)
            }
            (Self::Tuple(codecs), Val::Tuple(items)) => Value::Array(
                codecs
                    .iter()
                    .zip(items)
                    .enumerate()
                    .map(|(i, (codec, item))| codec.to_json(item).map_err(|error| error.under(i)))
                    .collect::<Result<_, _>>()?,
            ),
            (Self::Record(record), Val::Record(fields)) => Value::Object(record.to_object(fields)?),
            (Self::Variant(cases), Val::Variant(label, payload)) => {
                let case = cases
                    .iter()
                    .find(|case| case.label == *label)
                    .ok_or_else(|| ValueError::new(format!("no such case `{label}`")))?;
                case.to_json(payload.as_deref())?
            }
            (_, value) => return Err(ValueError::new(unexpected(value))),
        })
    }

    /// JSON as a value of the guest.
    pub(crate) fn read_json(&self, value: &Value) -> Result<Val, ValueError> {
        Ok(match (self, value) {
            (Self::Json, value) => Val::String(value.to_string()),
            (Self::Bool, Value::Bool(value)) => Val::Bool(*value),
            (Self::Int(int), Value::Number(number)) => integer_val(*int, number)?,
            (Self::Float, Value::Number(number)) => Val::Float64(float(number)?),
            (Self::String, Value::String(text)) => Val::String(text.clone()),
            (Self::Enum(labels), Value::String(wire)) => match labels.to_label.get(wire) {
                Some(label) => Val::Enum(label.clone()),
                None => {
                    return Err(ValueError::new(format!(
                        "`{wire}` is not one of the {} values declared",
                        labels.to_label.len()
                    )));
                }
            },
            (Self::Nullable(_), Value::Null) => Val::Option(None),
            (Self::Nullable(inner), value) => Val::Option(Some(Box::new(inner.read_json(value)?))),
            (Self::List(inner), Value::Array(items)) => Val::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| inner.read_json(item).map_err(|error| error.under(i)))
                    .collect::<Result<_, _>>()?,
            ),
            (Self::Map(inner), Value::Object(object)) => Val::List(
                object
                    .iter()
                    .map(|(key, value)| entry(inner, key, value))
                    .collect::<Result<_, _>>()?,
            ),
            (Self::Tuple(codecs), Value::Array(items)) => {
                if items.len() != codecs.len() {
                    return Err(ValueError::new(format!(
                        "expected {} items, found {}",
                        codecs.len(),
                        items.len()
                    )));
                }
                Val::Tuple(
                    codecs
                        .iter()
                        .zip(items)
                        .enumerate()
                        .map(|(i, (codec, item))| {
                            codec.read_json(item).map_err(|error| error.under(i))
                        })
                        .collect::<Result<_, _>>()?,
                )
            }
            (Self::Record(record), Value::Object(object)) => record.read_object(object)?,
            (Self::Variant(cases), value) => {
                let case = cases
                    .iter()
                    .find(|case| holds(&case.test, value))
                    .ok_or_else(|| {
                        ValueError::new(format!("{} fits none of the cases", kind(value)))
                    })?;
                let payload = case.codec.as_ref().map(|codec| codec.read_json(value));
                Val::Variant(case.label.clone(), payload.transpose()?.map(Box::new))
            }
            (codec, value) => {
                return Err(ValueError::new(format!(
                    "expected {}, found {}",
                    codec.expects(),
                    kind(value)
                )));
            }
        })
    }

    fn expects(&self) -> &'static str {
        match self {
            Self::Json | Self::Nullable(_) | Self::Variant(_) => "a value",
            Self::Bool => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float => "a number",
            Self::String | Self::Enum(_) => "a string",
            Self::List(_) | Self::Tuple(_) => "an array",
            Self::Map(_) | Self::Record(_) => "an object",
        }
    }
}

impl ReturnCodec {
    /// The function's result from the structured content of an answer. Not for `ToolResult`.
    pub(crate) fn read_structured(&self, value: &Value) -> Result<Option<Val>, ValueError> {
        match self {
            Self::ToolResult => Ok(None),
            Self::Structured(codec) => codec.read_json(value).map(Some),
            Self::Wrapped { key, codec } => {
                let inner = value
                    .as_object()
                    .and_then(|object| object.get(key))
                    .ok_or_else(|| ValueError::new("required, but absent").under(key))?;
                codec
                    .read_json(inner)
                    .map(Some)
                    .map_err(|error| error.under(key))
            }
        }
    }
}

impl RecordCodec {
    fn to_object(&self, fields: &[(String, Val)]) -> Result<Map<String, Value>, ValueError> {
        let mut object = Map::with_capacity(self.fields.len());
        // Both lists are in the order of the component's type; `rest` may stand anywhere in it.
        let mut codecs = self.fields.iter();
        for (label, value) in fields {
            if let Some((rest, codec)) = &self.rest
                && rest == label
            {
                let Val::List(entries) = value else {
                    return Err(ValueError::new(unexpected(value)).under(label));
                };
                write_entries(codec, entries, &mut object)?;
                continue;
            }
            let Some(field) = codecs.next().filter(|field| field.label == *label) else {
                return Err(ValueError::new(format!("unexpected field `{label}`")));
            };
            let value = match (field.presence, value) {
                (Presence::Optional, Val::Option(None)) => continue,
                (Presence::Optional, Val::Option(Some(value))) => value,
                (Presence::Required | Presence::Optional, value) => value,
            };
            let value = field
                .codec
                .to_json(value)
                .map_err(|error| error.under(&field.wire))?;
            object.insert(field.wire.clone(), value);
        }
        Ok(object)
    }

    fn read_object(&self, object: &Map<String, Value>) -> Result<Val, ValueError> {
        let mut fields = Vec::with_capacity(self.fields.len() + 1);
        for field in &self.fields {
            let value = match (field.presence, object.get(&field.wire)) {
                (Presence::Optional, None | Some(Value::Null)) => Val::Option(None),
                (Presence::Required, None) => {
                    return Err(ValueError::new("required, but absent").under(&field.wire));
                }
                (presence, Some(value)) => {
                    let value = field
                        .codec
                        .read_json(value)
                        .map_err(|error| error.under(&field.wire))?;
                    if presence == Presence::Optional {
                        Val::Option(Some(Box::new(value)))
                    } else {
                        value
                    }
                }
            };
            fields.push((field.label.clone(), value));
        }
        if let Some((label, codec)) = &self.rest {
            let entries = object
                .iter()
                .filter(|(key, _)| !self.fields.iter().any(|field| field.wire == **key))
                .map(|(key, value)| entry(codec, key, value))
                .collect::<Result<_, _>>()?;
            fields.push((label.clone(), Val::List(entries)));
        }
        Ok(Val::Record(fields))
    }
}

impl CaseCodec {
    fn to_json(&self, payload: Option<&Val>) -> Result<Value, ValueError> {
        match (&self.codec, payload) {
            (Some(codec), Some(payload)) => codec.to_json(payload),
            (None, None) => Ok(Value::Null),
            _ => Err(ValueError::new(format!(
                "case `{}` has a wrong payload",
                self.label
            ))),
        }
    }
}

fn write_entries(
    codec: &Codec,
    entries: &[Val],
    object: &mut Map<String, Value>,
) -> Result<(), ValueError> {
    for entry in entries {
        let Val::Tuple(pair) = entry else {
            return Err(ValueError::new(unexpected(entry)));
        };
        let [Val::String(key), value] = pair.as_slice() else {
            return Err(ValueError::new("a map entry is a key and a value"));
        };
        let value = codec.to_json(value).map_err(|error| error.under(key))?;
        if object.insert(key.clone(), value).is_some() {
            return Err(ValueError::new("the key is there twice").under(key));
        }
    }
    Ok(())
}

fn entry(codec: &Codec, key: &str, value: &Value) -> Result<Val, ValueError> {
    let value = codec.read_json(value).map_err(|error| error.under(key))?;
    Ok(Val::Tuple(vec![Val::String(key.to_owned()), value]))
}

/// Whether the value is of a variant's case.
fn holds(test: &Test, value: &Value) -> bool {
    match test {
        Test::Type(expected) => match expected {
            JsonType::Null => value.is_null(),
            JsonType::Bool => value.is_boolean(),
            JsonType::Integer => value.as_number().is_some_and(|n| whole(n).is_some()),
            JsonType::Number => value.is_number(),
            JsonType::String => value.is_string(),
            JsonType::Array => value.is_array(),
            JsonType::Object => value.is_object(),
        },
        Test::Tag { key, values } => value.get(key).is_some_and(|tag| values.contains(tag)),
        Test::Keys(keys) => value
            .as_object()
            .is_some_and(|object| keys.iter().all(|key| object.contains_key(key))),
    }
}

fn integer(value: &Val) -> Result<Number, ValueError> {
    Ok(match value {
        Val::U8(n) => (*n).into(),
        Val::U16(n) => (*n).into(),
        Val::U32(n) => (*n).into(),
        Val::U64(n) => (*n).into(),
        Val::S8(n) => (*n).into(),
        Val::S16(n) => (*n).into(),
        Val::S32(n) => (*n).into(),
        Val::S64(n) => (*n).into(),
        other => return Err(ValueError::new(unexpected(other))),
    })
}

/// The number as an integer. `1.0` is one (JSON Schema 2020-12, validation, section 6.1.1), as long as
/// a double holds it exactly.
fn whole(number: &Number) -> Option<i128> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(n) = number.as_i128() {
        return Some(n);
    }
    let float = number.as_f64()?;
    if float.fract() != 0.0 || float.abs() > EXACT {
        return None;
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "whole and within 2^53, as was just checked"
    )]
    Some(float as i128)
}

fn integer_val(int: Int, number: &Number) -> Result<Val, ValueError> {
    let whole = whole(number)
        .ok_or_else(|| ValueError::new(format!("expected an integer, found `{number}`")))?;
    let fits = match int {
        Int::U8 => u8::try_from(whole).map(Val::U8),
        Int::U16 => u16::try_from(whole).map(Val::U16),
        Int::U32 => u32::try_from(whole).map(Val::U32),
        Int::U64 => u64::try_from(whole).map(Val::U64),
        Int::S8 => i8::try_from(whole).map(Val::S8),
        Int::S16 => i16::try_from(whole).map(Val::S16),
        Int::S32 => i32::try_from(whole).map(Val::S32),
        Int::S64 => i64::try_from(whole).map(Val::S64),
    };
    fits.map_err(|_| ValueError::new(format!("`{number}` does not fit in {}", int.keyword())))
}

fn float(number: &Number) -> Result<f64, ValueError> {
    number
        .as_f64()
        .ok_or_else(|| ValueError::new(format!("`{number}` does not fit in f64")))
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => format!("the boolean `{value}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(_) => "a string".into(),
        Value::Array(_) => "an array".into(),
        Value::Object(_) => "an object".into(),
    }
}

fn unexpected(value: &Val) -> String {
    // Only a component whose type was not compared could get here.
    format!("a value of an unexpected type: {value:?}")
}
