//! Converts between component values and JSON. No other module does.

mod exported;
pub mod json;
mod member;
mod record;
mod scalar;
mod text;

use mcp_codegen::names::shown;
use mcp_codegen::numbers::{self, NotWhole};
use mcp_codegen::shape::Int;
use serde_json::{Map, Number, Value};
use wasmtime::component::Val;

pub(super) use self::exported::{TAG, VAL};
use self::record::{read_entry, write_entry};
#[cfg(test)]
use super::ReturnCodec;
use super::cases::holds;
use super::error::ValueError;
use super::{CaseCodec, Codec, Labels};
use crate::account::{Spend, Stop};

/// The size of one guest value, in a box of its own or as an element of a list, which may have twice the room that it
/// needs.
pub(super) const NODE: usize = 2 * size_of::<Val>();

/// The additional size of a list with its first item: it has room for four.
const FIRST_ITEM: usize = 4 * size_of::<Val>();

/// Charges the additional size of a list or an object of this many items.
fn first(items: usize, room: usize, spend: &mut Spend<'_>) -> Result<(), Stop> {
    if items > 0 { spend.take(room) } else { Ok(()) }
}

/// Charges an existing value of the guest.
pub fn charge(value: &Val, spend: &mut Spend<'_>) -> Result<(), Stop> {
    spend.take(NODE)?;
    match value {
        Val::String(text) | Val::Enum(text) => spend.take(json::TEXT + text.len()),
        Val::List(items) | Val::Tuple(items) => {
            items.iter().try_for_each(|item| charge(item, spend))
        }
        Val::Record(fields) => fields.iter().try_for_each(|(label, value)| {
            spend.take(size_of::<String>() + json::TEXT + label.len())?;
            charge(value, spend)
        }),
        Val::Variant(label, payload) => {
            spend.take(json::TEXT + label.len())?;
            payload.iter().try_for_each(|value| charge(value, spend))
        }
        Val::Option(value) | Val::Result(Ok(value) | Err(value)) => {
            value.iter().try_for_each(|value| charge(value, spend))
        }
        Val::Flags(labels) => labels
            .iter()
            .try_for_each(|label| spend.take(size_of::<String>() + json::TEXT + label.len())),
        Val::Map(entries) => entries.iter().try_for_each(|(key, value)| {
            charge(key, spend)?;
            charge(value, spend)
        }),
        // Numbers and handles.
        _ => Ok(()),
    }
}

impl Codec {
    /// A guest value as JSON, without a charge to a run.
    #[cfg(test)]
    pub(crate) fn to_json(&self, value: &Val) -> Result<Value, ValueError> {
        self.write(value, &mut Spend::free())
    }

    /// JSON as a guest value, without a charge to a run.
    #[cfg(test)]
    pub(crate) fn read_json(&self, value: Value) -> Result<Val, ValueError> {
        self.read(value, &mut Spend::free())
    }

    /// A guest value as JSON. Charges both.
    pub(crate) fn write(&self, value: &Val, spend: &mut Spend<'_>) -> Result<Value, ValueError> {
        // Both exist until the call is over: the value, and its JSON.
        spend.take(NODE + json::NODE)?;
        Ok(match (self, value) {
            (Self::Json, Val::String(text)) => {
                spend.take(json::TEXT + text.len())?;
                json::parse(text, spend)?
            }
            (Self::Bool, Val::Bool(value)) => Value::Bool(*value),
            (Self::Int(_), value) => json::number(integer(value)?, spend)?,
            (Self::Float, Val::Float64(value)) => {
                let number = numbers::number(*value)
                    .ok_or_else(|| ValueError::new(format!("JSON has no number `{value}`")))?;
                json::number(number, spend)?
            }
            (Self::Single, Val::Float32(value)) => {
                let number = numbers::single(*value)
                    .ok_or_else(|| ValueError::new(format!("JSON has no number `{value}`")))?;
                json::number(number, spend)?
            }
            (Self::Char, Val::Char(value)) => Value::String(value.to_string()),
            (Self::String, Val::String(text)) => {
                spend.take(2 * (json::TEXT + text.len()))?;
                Value::String(text.clone())
            }
            (Self::Flags(labels), Val::Flags(set)) => labels.write_set(set, spend)?,
            (Self::Tagged(tagged), value) => tagged.write(value, spend)?,
            (Self::Enum(labels), Val::Enum(label)) => match labels.wire(label) {
                Some(wire) => {
                    spend.take(2 * json::TEXT + label.len() + wire.len())?;
                    Value::String(wire.to_owned())
                }
                None => return Err(ValueError::new(format!("no such case `{label}`"))),
            },
            (Self::Nullable(inner), Val::Option(value)) => match value {
                Some(value) => inner.write(value, spend)?,
                None => Value::Null,
            },
            (Self::List(inner), Val::List(items)) => {
                first(items.len(), json::FIRST_ITEM, spend)?;
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| inner.write(item, spend).map_err(|error| error.at(at)))
                    .collect::<Result<_, _>>()?
            }
            (Self::Map(inner), Val::List(entries)) => {
                first(entries.len(), json::FIRST_ENTRY, spend)?;
                let mut object = Map::new();
                for entry in entries {
                    write_entry(inner, entry, &mut object, spend)?;
                }
                Value::Object(object)
            }
            (Self::Tuple(codecs), Val::Tuple(items)) => {
                first(items.len(), json::FIRST_ITEM, spend)?;
                codecs
                    .iter()
                    .zip(items)
                    .enumerate()
                    .map(|(at, (codec, item))| {
                        codec.write(item, spend).map_err(|error| error.at(at))
                    })
                    .collect::<Result<_, _>>()?
            }
            (Self::Record(record), Val::Record(fields)) => {
                Value::Object(record.write(fields, spend)?)
            }
            (Self::Variant(cases), Val::Variant(label, payload)) => {
                let case = cases
                    .iter()
                    .find(|case| case.label == *label)
                    .ok_or_else(|| ValueError::new(format!("no such case `{label}`")))?;
                case.write(payload.as_deref(), spend)?
            }
            (codec, _) => return Err(codec.unexpected()),
        })
    }

    /// JSON as a guest value, which is charged. The caller charges the JSON.
    pub(crate) fn read(&self, value: Value, spend: &mut Spend<'_>) -> Result<Val, ValueError> {
        spend.take(NODE)?;
        self.convert(value, spend)
    }

    /// The same for a value whose place is charged already.
    // Long: one arm for each kind of codec.
    fn convert(&self, value: Value, spend: &mut Spend<'_>) -> Result<Val, ValueError> {
        Ok(match (self, value) {
            (Self::Json, value) => {
                spend.take(json::size(&value))?;
                Val::String(value.to_string())
            }
            (Self::Bool, Value::Bool(value)) => Val::Bool(value),
            (Self::Int(int), Value::Number(number)) => integer_val(*int, &number)?,
            (Self::Float, Value::Number(number)) => {
                Val::Float64(numbers::double(&number).ok_or_else(|| {
                    let number = shown(number.as_str());
                    ValueError::new(format!("`{number}` does not fit in f64 without rounding"))
                })?)
            }
            (Self::Single, Value::Number(number)) => {
                Val::Float32(numbers::to_single(&number).ok_or_else(|| {
                    let number = shown(number.as_str());
                    ValueError::new(format!("`{number}` does not fit in f32 without rounding"))
                })?)
            }
            (Self::Char, Value::String(text)) => exported::char_val(&text)?,
            (Self::String, Value::String(text)) => Val::String(text),
            (Self::Flags(labels), Value::Array(items)) => labels.read_set(items, spend)?,
            (Self::Tagged(tagged), Value::Object(object)) => tagged.read(object, spend)?,
            (Self::Enum(labels), Value::String(wire)) => match labels.label(&wire) {
                Some(label) => {
                    spend.take(json::TEXT + label.len())?;
                    Val::Enum(label.to_owned())
                }
                None => return Err(labels.unknown(&wire)),
            },
            (Self::Nullable(_), Value::Null) => Val::Option(None),
            (Self::Nullable(inner), value) => {
                Val::Option(Some(Box::new(inner.read(value, spend)?)))
            }
            (Self::List(inner), Value::Array(items)) => {
                first(items.len(), FIRST_ITEM, spend)?;
                Val::List(
                    items
                        .into_iter()
                        .enumerate()
                        .map(|(at, item)| inner.read(item, spend).map_err(|error| error.at(at)))
                        .collect::<Result<_, _>>()?,
                )
            }
            (Self::Map(inner), Value::Object(object)) => {
                first(object.len(), FIRST_ITEM, spend)?;
                Val::List(
                    object
                        .into_iter()
                        .map(|(key, value)| read_entry(inner, key, value, spend))
                        .collect::<Result<_, _>>()?,
                )
            }
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
                            codec.read(item, spend).map_err(|error| error.at(at))
                        })
                        .collect::<Result<_, _>>()?,
                )
            }
            (Self::Record(record), Value::Object(object)) => record.read(object, spend)?,
            (Self::Variant(cases), value) => {
                let case = cases
                    .iter()
                    .find(|case| holds(&case.test, &value))
                    .ok_or_else(|| {
                        ValueError::new(format!("{} fits none of the cases", kind(&value)))
                    })?;
                let payload = match &case.codec {
                    Some(codec) => Some(Box::new(codec.read(value, spend)?)),
                    None => None,
                };
                spend.take(json::TEXT + case.label.len())?;
                Val::Variant(case.label.clone(), payload)
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

    pub(super) fn expects(&self) -> &'static str {
        match self {
            Self::Json | Self::Nullable(_) | Self::Variant(_) => "a value",
            Self::Bool => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float | Self::Single => "a number",
            Self::Char => "a string of one character",
            Self::String | Self::Enum(_) => "a string",
            Self::List(_) | Self::Tuple(_) | Self::Flags(_) => "an array",
            Self::Map(_) | Self::Record(_) => "an object",
            Self::Tagged(_) => "an object with a `tag`",
        }
    }

    /// Reached only if a value's type was not compared.
    fn unexpected(&self) -> ValueError {
        ValueError::new(format!("not the guest's form of {}", self.expects()))
    }
}

#[cfg(test)]
impl ReturnCodec {
    /// Like [`Self::read`], without a charge to a run.
    pub(crate) fn read_structured(&self, value: Value) -> Result<Option<Val>, ValueError> {
        self.read(&value.to_string(), &mut Spend::free())
    }
}

const ABSENT: &str = "required, but absent";

impl CaseCodec {
    fn write(&self, payload: Option<&Val>, spend: &mut Spend<'_>) -> Result<Value, ValueError> {
        match (&self.codec, payload) {
            (Some(codec), Some(payload)) => codec.write(payload, spend),
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
        not_one_of(wire, self.wires())
    }
}

fn not_one_of<'a>(wire: &str, all: impl ExactSizeIterator<Item = &'a str>) -> ValueError {
    /// The most values that a message names.
    const NAMED: usize = 12;
    let wire = shown(wire);
    ValueError::new(if all.len() > NAMED {
        format!("`{wire}` is not one of the {} values declared", all.len())
    } else {
        let all: Vec<_> = all.map(|wire| format!("`{}`", shown(wire))).collect();
        format!("`{wire}` is not one of {}", all.join(", "))
    })
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
    let shown = || shown(number.as_str());
    let unfit = || ValueError::new(format!("`{}` does not fit in {}", shown(), int.keyword()));
    let whole = match numbers::whole(number) {
        Ok(whole) => whole,
        Err(NotWhole::TooLarge) => return Err(unfit()),
        Err(NotWhole::Fraction) => {
            return Err(ValueError::new(format!(
                "expected an integer, found `{}`",
                shown()
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
        Value::Number(number) => format!("the number `{}`", shown(number.as_str())),
        Value::String(_) => "a string".into(),
        Value::Array(_) => "an array".into(),
        Value::Object(_) => "an object".into(),
    }
}
