//! The only file that converts between component values and JSON.

use mcp_codegen::names::shown;
use mcp_codegen::shape::Int;
use serde_json::{Map, Number, Value};
use wasmtime::component::Val;

use super::cases::holds;
use super::error::ValueError;
use super::numbers::{self, NotWhole};
use super::{CaseCodec, Codec, FieldCodec, Labels, Presence, RecordCodec, ReturnCodec};

impl Codec {
    /// A value of the guest as JSON.
    pub(crate) fn to_json(&self, value: &Val) -> Result<Value, ValueError> {
        Ok(match (self, value) {
            (Self::Json, Val::String(text)) => json(text)?,
            (Self::Bool, Val::Bool(value)) => Value::Bool(*value),
            (Self::Int(_), value) => Value::Number(integer(value)?),
            (Self::Float, Val::Float64(value)) => Value::Number(
                numbers::number(*value)
                    .ok_or_else(|| ValueError::new(format!("JSON has no number `{value}`")))?,
            ),
            (Self::String, Val::String(text)) => Value::String(text.clone()),
            (Self::Enum(labels), Val::Enum(label)) => match labels.wire(label) {
                Some(wire) => Value::String(wire.to_owned()),
                None => return Err(ValueError::new(format!("no such case `{label}`"))),
            },
            (Self::Nullable(inner), Val::Option(value)) => match value {
                Some(value) => inner.to_json(value)?,
                None => Value::Null,
            },
            (Self::List(inner), Val::List(items)) => items
                .iter()
                .enumerate()
                .map(|(at, item)| inner.to_json(item).map_err(|error| error.at(at)))
                .collect::<Result<_, _>>()?,
            (Self::Map(inner), Val::List(entries)) => {
                let mut object = Map::with_capacity(entries.len());
                for entry in entries {
                    write_entry(inner, entry, &mut object)?;
                }
                Value::Object(object)
            }
            (Self::Tuple(codecs), Val::Tuple(items)) => codecs
                .iter()
                .zip(items)
                .enumerate()
                .map(|(at, (codec, item))| codec.to_json(item).map_err(|error| error.at(at)))
                .collect::<Result<_, _>>()?,
            (Self::Record(record), Val::Record(fields)) => Value::Object(record.to_object(fields)?),
            (Self::Variant(cases), Val::Variant(label, payload)) => {
                let case = cases
                    .iter()
                    .find(|case| case.label == *label)
                    .ok_or_else(|| ValueError::new(format!("no such case `{label}`")))?;
                case.to_json(payload.as_deref())?
            }
            (codec, _) => return Err(codec.unexpected()),
        })
    }

    /// JSON as a value of the guest.
    pub(crate) fn read_json(&self, value: Value) -> Result<Val, ValueError> {
        Ok(match (self, value) {
            (Self::Json, value) => Val::String(value.to_string()),
            (Self::Bool, Value::Bool(value)) => Val::Bool(value),
            (Self::Int(int), Value::Number(number)) => integer_val(*int, &number)?,
            (Self::Float, Value::Number(number)) => {
                Val::Float64(numbers::double(&number).ok_or_else(|| {
                    ValueError::new(format!("`{number}` does not fit in f64 without rounding"))
                })?)
            }
            (Self::String, Value::String(text)) => Val::String(text),
            (Self::Enum(labels), Value::String(wire)) => match labels.label(&wire) {
                Some(label) => Val::Enum(label.to_owned()),
                None => return Err(labels.unknown(&wire)),
            },
            (Self::Nullable(_), Value::Null) => Val::Option(None),
            (Self::Nullable(inner), value) => Val::Option(Some(Box::new(inner.read_json(value)?))),
            (Self::List(inner), Value::Array(items)) => Val::List(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(at, item)| inner.read_json(item).map_err(|error| error.at(at)))
                    .collect::<Result<_, _>>()?,
            ),
            (Self::Map(inner), Value::Object(object)) => Val::List(
                object
                    .into_iter()
                    .map(|(key, value)| read_entry(inner, key, value))
                    .collect::<Result<_, _>>()?,
            ),
            (Self::Tuple(codecs), Value::Array(items)) => {
                if items.len() != codecs.len() {
                    return Err(ValueError::new(format!(
                        "expected an array of {}, found one of {}",
                        codecs.len(),
                        items.len()
                    )));
                }
                Val::Tuple(
                    codecs
                        .iter()
                        .zip(items)
                        .enumerate()
                        .map(|(at, (codec, item))| {
                            codec.read_json(item).map_err(|error| error.at(at))
                        })
                        .collect::<Result<_, _>>()?,
                )
            }
            (Self::Record(record), Value::Object(object)) => record.read_object(object)?,
            (Self::Variant(cases), value) => {
                let case = cases
                    .iter()
                    .find(|case| holds(&case.test, &value))
                    .ok_or_else(|| {
                        ValueError::new(format!("{} fits none of the cases", kind(&value)))
                    })?;
                let payload = case.codec.as_ref().map(|codec| codec.read_json(value));
                Val::Variant(case.label.clone(), payload.transpose()?.map(Box::new))
            }
            (codec, value) => {
                return Err(ValueError::new(format!(
                    "expected {}, found {}",
                    codec.expects(),
                    kind(&value)
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

    /// Only a value of a type that was not compared is one.
    fn unexpected(&self) -> ValueError {
        ValueError::new(format!("not the guest's form of {}", self.expects()))
    }
}

impl ReturnCodec {
    /// The function's result from the structured content of an answer; `None` for `ToolResult`.
    pub(crate) fn read_structured(&self, value: Value) -> Result<Option<Val>, ValueError> {
        match (self, value) {
            (Self::ToolResult, _) => Ok(None),
            (Self::Structured(codec), value) => codec.read_json(value).map(Some),
            (Self::Wrapped { key, codec }, Value::Object(mut object)) => object
                .remove(key)
                .ok_or_else(|| ValueError::new(ABSENT))
                .and_then(|inner| codec.read_json(inner))
                .map(Some)
                .map_err(|error| error.under(key)),
            (Self::Wrapped { .. }, value) => Err(ValueError::new(format!(
                "expected an object, found {}",
                kind(&value)
            ))),
        }
    }
}

const ABSENT: &str = "required, but absent";

impl RecordCodec {
    fn to_object(&self, values: &[(String, Val)]) -> Result<Map<String, Value>, ValueError> {
        let mut object = Map::with_capacity(self.fields.len());
        // The values are in the order of the component's type, as the codecs are.
        let mut fields = self.fields.iter();
        for (at, (_, value)) in values.iter().enumerate() {
            if let Some(rest) = &self.rest
                && rest.at == at
            {
                self.write_rest(&rest.codec, value, &mut object)?;
                continue;
            }
            let Some(field) = fields.next() else {
                return Err(ValueError::new("more fields than its type has"));
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

    fn write_rest(
        &self,
        codec: &Codec,
        value: &Val,
        object: &mut Map<String, Value>,
    ) -> Result<(), ValueError> {
        let Val::List(entries) = value else {
            return Err(ValueError::new("further properties that are no map"));
        };
        for entry in entries {
            let key = write_entry(codec, entry, object)?;
            // Else it would get past the type that this property has.
            if self.place(key).is_some() {
                return Err(
                    ValueError::new("not a further property: the schema describes it").under(key),
                );
            }
        }
        Ok(())
    }

    fn read_object(&self, object: Map<String, Value>) -> Result<Val, ValueError> {
        let mut values: Vec<Option<Val>> = Vec::new();
        values.resize_with(self.fields.len(), || None);
        let mut rest = Vec::new();
        // Most servers write properties in the order of their schema, so the next one is tried first.
        let mut next = 0;
        for (key, value) in object {
            let expected = self.fields.get(next).is_some_and(|field| field.wire == key);
            let place = if expected {
                Some(Some(next))
            } else {
                self.place(&key)
            };
            match (place, &self.rest) {
                (Some(Some(at)), _) => {
                    values[at] = self.fields[at]
                        .read(value)
                        .map_err(|error| error.under(&key))?;
                    next = at + 1;
                }
                (None, Some(further)) => rest.push(read_entry(&further.codec, key, value)?),
                (Some(None), _) | (None, None) => {}
            }
        }
        let mut fields = Vec::with_capacity(values.len() + usize::from(self.rest.is_some()));
        for (field, value) in self.fields.iter().zip(values) {
            let value = match (value, field.presence) {
                (Some(value), _) => value,
                (None, Presence::Optional) => Val::Option(None),
                (None, Presence::Required) => {
                    return Err(ValueError::new(ABSENT).under(&field.wire));
                }
            };
            fields.push((field.label.clone(), value));
        }
        if let Some(further) = &self.rest {
            fields.insert(further.at, (further.label.clone(), Val::List(rest)));
        }
        Ok(Val::Record(fields))
    }
}

impl FieldCodec {
    /// The field's value; `None` where the property counts as absent.
    fn read(&self, value: Value) -> Result<Option<Val>, ValueError> {
        let optional = self.presence == Presence::Optional;
        if optional && value.is_null() && !matches!(self.codec, Codec::Json) {
            return Ok(None);
        }
        let value = self.codec.read_json(value)?;
        Ok(Some(if optional {
            Val::Option(Some(Box::new(value)))
        } else {
            value
        }))
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

impl Labels {
    fn unknown(&self, wire: &str) -> ValueError {
        /// Values that a message names.
        const NAMED: usize = 12;
        let wire = shown(wire);
        let all = self.wires();
        ValueError::new(if all.len() > NAMED {
            format!("`{wire}` is not one of the {} values declared", all.len())
        } else {
            let all: Vec<_> = all.map(|wire| format!("`{}`", shown(wire))).collect();
            format!("`{wire}` is not one of {}", all.join(", "))
        })
    }
}

/// Writes an entry of a map, and gives its key.
fn write_entry<'a>(
    codec: &Codec,
    entry: &'a Val,
    object: &mut Map<String, Value>,
) -> Result<&'a str, ValueError> {
    let pair = match entry {
        Val::Tuple(pair) => pair.as_slice(),
        _ => &[],
    };
    let [Val::String(key), value] = pair else {
        return Err(ValueError::new("an entry of a map that is no pair"));
    };
    let value = codec.to_json(value).map_err(|error| error.under(key))?;
    if object.insert(key.clone(), value).is_some() {
        return Err(ValueError::new("the key is there twice").under(key));
    }
    Ok(key)
}

fn read_entry(codec: &Codec, key: String, value: Value) -> Result<Val, ValueError> {
    match codec.read_json(value) {
        Ok(value) => Ok(Val::Tuple(vec![Val::String(key), value])),
        Err(error) => Err(error.under(&key)),
    }
}

fn json(text: &str) -> Result<Value, ValueError> {
    if let Some(number) = numbers::too_large(text) {
        return Err(ValueError::new(format!(
            "`{}` in the JSON text does not fit in s64 or u64",
            shown(number)
        )));
    }
    serde_json::from_str(text).map_err(|error| ValueError::new(format!("not JSON text: {error}")))
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
        _ => return Err(ValueError::new("not the guest's form of an integer")),
    })
}

fn integer_val(int: Int, number: &Number) -> Result<Val, ValueError> {
    let unfit = || ValueError::new(format!("`{number}` does not fit in {}", int.keyword()));
    let whole = match numbers::whole(number) {
        Ok(whole) => whole,
        Err(NotWhole::Inexact) => return Err(unfit()),
        Err(NotWhole::Fraction) => {
            return Err(ValueError::new(format!(
                "expected an integer, found `{number}`"
            )));
        }
    };
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
    fits.map_err(|_| unfit())
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
