//! Compares the type that a skill was built with against the live shape, and builds the codec. *Compatible* types link,
//! not only identical ones: the server must accept what the guest sends, and the guest must accept what the server
//! sends. A removed property never links.

mod choice;
mod object;
mod path;

use mcp_codegen::shape::{self, Field, Int, Returns, Shape};
use wasmtime::component::Type;

pub use self::path::Mismatch;
use self::path::Path;
use super::built::{Built, Function, Text};
use super::contract::{is_tool_error, is_tool_result};
use super::describe::{shape_text, type_text};
use super::{Codec, ReturnCodec};

/// The codec of a function's arguments; `None` if it takes none.
pub(crate) fn params(
    built: &Function<'_>,
    live: &shape::Function<'_>,
) -> Result<Option<Codec>, Mismatch> {
    let mut params = built.params();
    let path = Path::Root("params");
    if params.len() > 1 {
        return Err(path.mismatch("more than one parameter", "one `params` record"));
    }
    match (params.next(), &live.params) {
        (None, None) => Ok(None),
        (None, Some(shape)) => match shape {
            Shape::Record(record) => match record.fields.iter().find(|field| field.required) {
                None => Ok(None),
                Some(field) => Err(path.field(&field.label).mismatch(NOTHING, required(field))),
            },
            Shape::Map(_) | Shape::Json(_) => Ok(None),
            shape => Err(path.mismatch(NOTHING, shape_text(shape))),
        },
        (Some(built), None) => Err(path.mismatch(built_text(&built), NOTHING)),
        (Some(built), Some(shape)) => build(&built, shape, Direction::ToServer, path).map(Some),
    }
}

/// The codec of a function's result.
pub(crate) fn returns(
    built: &Function<'_>,
    live: &shape::Function<'_>,
) -> Result<ReturnCodec, Mismatch> {
    let path = Path::Root("result");
    let built = built.result();
    let Some((built, Type::Result(result))) = built.as_ref().map(|built| (built, &built.ty)) else {
        let built = built.map_or(NOTHING.into(), |built| built_text(&built));
        return Err(path.mismatch(built, "result<_, tool-error>"));
    };
    if !result.err().is_some_and(|err| is_tool_error(&err)) {
        let built = result.err().map_or("_".into(), |ty| type_text(&ty));
        return Err(Path::Root("error").mismatch(built, "mcp:tools/types@0.1.0.tool-error"));
    }
    let live_text = match &live.returns {
        Returns::ToolResult => "tool-result".to_owned(),
        Returns::Structured(shape) | Returns::Wrapped { shape, .. } => shape_text(shape),
    };
    let Some(ok) = built.ok(result) else {
        return Err(path.mismatch("_", live_text));
    };
    // Every response has content blocks, so a tool that gained an output schema still links.
    if is_tool_result(&ok.ty) {
        return Ok(ReturnCodec::ToolResult);
    }
    match &live.returns {
        Returns::ToolResult => Err(path.mismatch(built_text(&ok), live_text)),
        Returns::Structured(shape) => {
            build(&ok, shape, Direction::ToGuest, path).map(ReturnCodec::Structured)
        }
        Returns::Wrapped { key, shape } => {
            build(&ok, shape, Direction::ToGuest, path).map(|codec| ReturnCodec::Wrapped {
                key: (*key).to_owned(),
                codec,
            })
        }
    }
}

const NOTHING: &str = "(nothing)";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToGuest,
}

fn build(
    built: &Built<'_>,
    shape: &Shape<'_>,
    direction: Direction,
    path: Path<'_>,
) -> Result<Codec, Mismatch> {
    let mismatch = || path.mismatch(built_text(built), shape_text(shape));
    Ok(match (&built.ty, shape) {
        // `json` and `string` are one type to Wasmtime, but text of one is never text of the other.
        (Type::String, Shape::Json(_)) if built.text() != Text::Plain => Codec::Json,
        (Type::String, Shape::String) if built.text() != Text::Json => Codec::String,
        // A set of strings that was closed later still holds strings.
        (Type::String, Shape::Enum(_))
            if direction == Direction::ToGuest && built.text() != Text::Json =>
        {
            Codec::String
        }
        (Type::Bool, Shape::Bool) => Codec::Bool,
        (Type::Float64, Shape::Float) => Codec::Float,
        (Type::Enum(cases), Shape::Enum(live)) => {
            Codec::Enum(choice::labels(cases, live, direction, path)?)
        }
        (Type::Option(option), Shape::Nullable(inner)) => Codec::Nullable(Box::new(build(
            &built.some(option),
            inner,
            direction,
            path,
        )?)),
        // A value that may be null and never is, and one that is never null but may be.
        (Type::Option(option), shape) if direction == Direction::ToGuest => Codec::Nullable(
            Box::new(build(&built.some(option), shape, direction, path)?),
        ),
        (_, Shape::Nullable(inner)) if direction == Direction::ToServer => {
            build(built, inner, direction, path)?
        }
        (Type::List(list), Shape::List(inner)) => {
            let element = built.element(list);
            Codec::List(Box::new(build(&element, inner, direction, path.item())?))
        }
        (Type::List(_), Shape::Map(inner)) => {
            let value = built.map_value().ok_or_else(mismatch)?;
            Codec::Map(Box::new(build(&value, inner, direction, path.item())?))
        }
        (Type::Tuple(tuple), Shape::Tuple(items)) => {
            let types = built.items(tuple);
            if types.len() != items.len() {
                return Err(mismatch());
            }
            let pairs = types.iter().zip(items.iter());
            Codec::Tuple(
                pairs
                    .map(|(built, shape)| build(built, shape, direction, path.item()))
                    .collect::<Result<_, _>>()?,
            )
        }
        (Type::Record(record), Shape::Record(live)) => {
            Codec::Record(object::record(built, record, live, direction, path)?)
        }
        (Type::Variant(variant), Shape::Variant(live)) => {
            Codec::Variant(choice::variant(built, variant, live, direction, path)?)
        }
        (ty, shape) => number(ty, shape, direction).ok_or_else(mismatch)?,
    })
}

fn number(ty: &Type, shape: &Shape<'_>, direction: Direction) -> Option<Codec> {
    // Integers of up to 32 bits are exact as doubles.
    let exact = |int: Int| !matches!(int, Int::U64 | Int::S64);
    match (integer(ty), shape) {
        (Some(built), Shape::Int(live)) => {
            let (narrow, wide) = match direction {
                Direction::ToServer => (built.range(), live.range()),
                Direction::ToGuest => (live.range(), built.range()),
            };
            (narrow.0 >= wide.0 && narrow.1 <= wide.1).then_some(Codec::Int(built))
        }
        (Some(built), Shape::Float) if direction == Direction::ToServer => Some(Codec::Int(built)),
        (None, Shape::Int(live)) => {
            (matches!(ty, Type::Float64) && direction == Direction::ToGuest && exact(*live))
                .then_some(Codec::Float)
        }
        _ => None,
    }
}

fn integer(ty: &Type) -> Option<Int> {
    Some(match ty {
        Type::U8 => Int::U8,
        Type::U16 => Int::U16,
        Type::U32 => Int::U32,
        Type::U64 => Int::U64,
        Type::S8 => Int::S8,
        Type::S16 => Int::S16,
        Type::S32 => Int::S32,
        Type::S64 => Int::S64,
        _ => return None,
    })
}

fn built_text(built: &Built<'_>) -> String {
    match built.text() {
        Text::Json if built.ty == Type::String => "json".to_owned(),
        _ => type_text(&built.ty),
    }
}

fn required(field: &Field<'_>) -> String {
    format!("{}, required", shape_text(&field.shape))
}
