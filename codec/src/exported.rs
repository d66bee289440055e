//! The codec of a function that a skill exports, from the function's own type alone. Rejects types without values
//! outside of a run: resources, streams, futures and error contexts.

use mcp_codegen::names::shown;
use mcp_codegen::shape::Int;
use serde_json::Value;
use wasmtime::component::{Type, Val, types};

pub(super) use super::TaggedType;
use super::contract::is_tool_error;
use super::error::ValueError;
use super::{Codec, FieldCodec, Labels, Presence, RecordCodec, TaggedCodec};
use crate::account::Spend;

/// Converts calls of one exported function from and to JSON.
#[derive(Debug)]
pub struct Signature {
    /// The parameters, as one closed record.
    pub(super) params: RecordCodec,
    pub(super) returns: Returned,
}

/// The result type of the function.
#[derive(Debug)]
pub(super) enum Returned {
    Nothing,
    Value(Codec),
    /// `result<T, E>`: the error is the skill's failure.
    Fallible {
        ok: Option<Codec>,
        err: Option<Codec>,
        /// Whether `E` is the contract's `tool-error`.
        tool_error: bool,
    },
}

/// A function that cannot be called from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// `parameter `x`` or `the result`.
    pub place: String,
    /// `resource`, `stream` and so on.
    pub what: &'static str,
}

impl Signature {
    /// For an exported function of a component.
    ///
    /// # Errors
    ///
    /// If a type has no values outside of a run; names the type and its place.
    pub fn of(function: &types::ComponentFunc) -> Result<Self, Unsupported> {
        let mut fields = Vec::with_capacity(function.params().len());
        for (name, ty) in function.params() {
            let field = field(name, &ty).map_err(|what| Unsupported {
                place: format!("parameter `{}`", shown(name)),
                what,
            })?;
            fields.push(field);
        }
        let returns = returned(function).map_err(|what| Unsupported {
            place: "the result".to_owned(),
            what,
        })?;
        Ok(Self {
            params: record(fields),
            returns,
        })
    }

    /// The arguments: an object of the parameters by name, or an array of them in order. An array may omit trailing
    /// options; an object may omit every option.
    pub fn arguments(&self, input: Value) -> Result<Vec<Val>, ValueError> {
        let object = match input {
            Value::Object(object) => object,
            Value::Array(items) => {
                let params = &self.params.fields;
                if items.len() > params.len() {
                    return Err(ValueError::new(format!(
                        "{} arguments for {} parameters",
                        items.len(),
                        params.len()
                    )));
                }
                let names = params.iter().map(|field| field.wire.clone());
                names.zip(items).collect()
            }
            _ => {
                return Err(ValueError::new(
                    "expected an object of the arguments by name, or an array of them in order",
                ));
            }
        };
        match self.params.read(object, &mut Spend::free())? {
            Val::Record(fields) => Ok(fields.into_iter().map(|(_, value)| value).collect()),
            _ => Err(ValueError::new("the arguments are no record")),
        }
    }

    /// The function's result as JSON: its value, or its error. Both sides are charged.
    pub fn result(
        &self,
        value: Option<&Val>,
        spend: &mut Spend<'_>,
    ) -> Result<Result<Value, Value>, ValueError> {
        let mut part = |codec: &Option<Codec>, value: &Option<Box<Val>>| match (codec, value) {
            (Some(codec), Some(value)) => codec.write(value, spend),
            _ => Ok(Value::Null),
        };
        match (&self.returns, value) {
            (Returned::Nothing, _) => Ok(Ok(Value::Null)),
            (Returned::Value(codec), Some(value)) => codec.write(value, spend).map(Ok),
            (Returned::Fallible { ok, .. }, Some(Val::Result(Ok(value)))) => {
                part(ok, value).map(Ok)
            }
            (Returned::Fallible { err, .. }, Some(Val::Result(Err(value)))) => {
                part(err, value).map(Err)
            }
            _ => Err(ValueError::new("not what the function's type says")),
        }
    }
}

/// The case and the text of a returned `tool-error`, if the function's error has that type.
pub fn returned_tool_error<'a>(
    signature: &Signature,
    value: Option<&'a Val>,
) -> Option<(&'a str, &'a str)> {
    match (&signature.returns, value?) {
        (
            Returned::Fallible {
                tool_error: true, ..
            },
            Val::Result(Err(Some(error))),
        ) => match error.as_ref() {
            Val::Variant(case, Some(payload)) => match payload.as_ref() {
                Val::String(text) => Some((case, text)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn returned(function: &types::ComponentFunc) -> Result<Returned, &'static str> {
    let Some(ty) = function.results().next() else {
        return Ok(Returned::Nothing);
    };
    let Type::Result(result) = ty else {
        return codec(&ty).map(Returned::Value);
    };
    let (ok, err) = (result.ok(), result.err());
    Ok(Returned::Fallible {
        ok: ok.map(|ty| codec(&ty)).transpose()?,
        tool_error: err.as_ref().is_some_and(is_tool_error),
        err: err.map(|ty| codec(&ty)).transpose()?,
    })
}

/// Matches a type, with an arm for each primitive type. `Type` is Wasmtime's, or that of `wit-parser`, which names the
/// floats otherwise.
macro_rules! codec_of {
    (match $ty:ident { $single:pat => single, $double:pat => double, $($others:tt)* }) => {
        match $ty {
            Type::Bool => Codec::Bool,
            Type::S8 => Codec::Int(Int::S8),
            Type::U8 => Codec::Int(Int::U8),
            Type::S16 => Codec::Int(Int::S16),
            Type::U16 => Codec::Int(Int::U16),
            Type::S32 => Codec::Int(Int::S32),
            Type::U32 => Codec::Int(Int::U32),
            Type::S64 => Codec::Int(Int::S64),
            Type::U64 => Codec::Int(Int::U64),
            $single => Codec::Single,
            $double => Codec::Float,
            Type::Char => Codec::Char,
            Type::String => Codec::String,
            Type::ErrorContext => return Err("an error context"),
            $($others)*
        }
    };
}
pub(super) use codec_of;

fn codec(ty: &Type) -> Result<Codec, &'static str> {
    Ok(codec_of!(match ty {
        Type::Float32 => single,
        Type::Float64 => double,
        Type::List(list) => match map_value(&list.ty()) {
            Some(value) => Codec::Map(Box::new(codec(&value)?)),
            None => Codec::List(Box::new(codec(&list.ty())?)),
        },
        Type::Record(fields) => Codec::Record(record(
            fields
                .fields()
                .map(|of| field(of.name, &of.ty))
                .collect::<Result<_, _>>()?,
        )),
        Type::Tuple(tuple) => Codec::Tuple(
            tuple
                .types()
                .map(|ty| codec(&ty))
                .collect::<Result<_, _>>()?,
        ),
        Type::Variant(variant) => tagged(
            TaggedType::Variant,
            variant.cases().map(|case| (case.name, case.ty)),
        )?,
        Type::Enum(cases) => Codec::Enum(labels(cases.names())),
        Type::Option(option) => Codec::Nullable(Box::new(some(&option.ty())?)),
        Type::Result(result) => tagged(
            TaggedType::Result,
            [("ok", result.ok()), ("err", result.err())].into_iter(),
        )?,
        Type::Flags(flags) => Codec::Flags(labels(flags.names())),
        Type::Own(_) | Type::Borrow(_) => return Err("a resource"),
        Type::Stream(_) => return Err("a stream"),
        Type::Future(_) => return Err("a future"),
        // Proposals that this host's engines disable.
        Type::Map(_) => return Err("a `map`"),
        Type::FixedLengthList(_) => return Err("a list of fixed length"),
    }))
}

/// The codec of `T` in `option<T>`. An option in an option names its case, because JSON has only one `null`.
fn some(ty: &Type) -> Result<Codec, &'static str> {
    match ty {
        Type::Option(option) => tagged(
            TaggedType::Option,
            [("none", None), ("some", Some(option.ty()))].into_iter(),
        ),
        ty => codec(ty),
    }
}

fn tagged<'a>(
    of: TaggedType,
    cases: impl Iterator<Item = (&'a str, Option<Type>)>,
) -> Result<Codec, &'static str> {
    tagged_of(of, cases, |ty| match of {
        TaggedType::Option => some(ty),
        TaggedType::Variant | TaggedType::Result => codec(ty),
    })
}

/// A union of these cases, with payload codecs from `codec`.
pub(super) fn tagged_of<'a, T>(
    of: TaggedType,
    cases: impl Iterator<Item = (&'a str, Option<T>)>,
    codec: impl Fn(&T) -> Result<Codec, &'static str>,
) -> Result<Codec, &'static str> {
    let mut codecs = Vec::new();
    for (label, payload) in cases {
        let payload = payload.as_ref().map(&codec).transpose()?;
        codecs.push((label.to_owned(), payload));
    }
    Ok(Codec::Tagged(TaggedCodec { of, cases: codecs }))
}

fn field(name: &str, ty: &Type) -> Result<FieldCodec, &'static str> {
    let (codec, presence) = match ty {
        Type::Option(option) => (some(&option.ty())?, Presence::Optional),
        ty => (codec(ty)?, Presence::Required),
    };
    Ok(field_of(name, codec, presence))
}

/// A field with the same name on both sides.
pub(super) fn field_of(name: &str, codec: Codec, presence: Presence) -> FieldCodec {
    FieldCodec {
        label: name.to_owned(),
        wire: name.to_owned(),
        codec,
        presence,
    }
}

pub(super) fn record(fields: Vec<FieldCodec>) -> RecordCodec {
    let mut known: Vec<_> = fields
        .iter()
        .enumerate()
        .map(|(at, field)| (field.wire.clone(), Some(at)))
        .collect();
    known.sort_unstable();
    RecordCodec {
        fields,
        rest: None,
        known,
        closed: true,
    }
}

pub(super) fn labels<'a>(names: impl Iterator<Item = &'a str>) -> Labels {
    Labels::new(names.map(|name| (name.to_owned(), name.to_owned())))
}

/// `V` of `tuple<string, V>`: a list of these is a map.
fn map_value(element: &Type) -> Option<Type> {
    let Type::Tuple(pair) = element else {
        return None;
    };
    let mut types = pair.types();
    match (types.next(), types.next(), types.next()) {
        (Some(Type::String), Some(value), None) => Some(value),
        _ => None,
    }
}
