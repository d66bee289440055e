//! Compares the type that a skill was built with against the live shape, and builds the codec on the way.
//! *Compatible* links, not only identical: what the guest sends must be something the server takes, and
//! what the server sends must be something the guest takes. A property that was lost never links.

use std::fmt;

use mcp_codegen::shape::{Enum, Field, Function, Int, Record, Returns, Shape, Variant};
use wasmtime::component::{Type, types};

use super::describe::{shape_text, type_text};
use super::{CaseCodec, Codec, FieldCodec, Labels, Presence, RecordCodec, ReturnCodec};

/// Where the built type and the live one cannot be reconciled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// A path like `params.labels[].name` or `result.total`.
    pub(crate) field: String,
    /// The type in the component.
    pub(crate) built: String,
    /// The type that the live schema gives.
    pub(crate) live: String,
}

/// The codec of a function's arguments; `None` where it takes none.
pub(crate) fn params(
    built: &types::ComponentFunc,
    live: &Function,
) -> Result<Option<Codec>, Mismatch> {
    let mut params = built.params();
    let first = params.next().map(|(_, ty)| ty);
    let path = Path::Root("params");
    if params.next().is_some() {
        return Err(path.mismatch("more than one parameter", "one `params` record"));
    }
    match (first, &live.params) {
        (None, None) => Ok(None),
        (None, Some(shape)) => match newly_required(shape) {
            None => Ok(None),
            Some(field) => Err(path.field(&field.label).mismatch(NOTHING, required(field))),
        },
        (Some(ty), None) => Err(path.mismatch(type_text(&ty), NOTHING)),
        (Some(ty), Some(shape)) => build(&ty, shape, Direction::ToServer, path).map(Some),
    }
}

/// The codec of a function's result.
pub(crate) fn returns(
    built: &types::ComponentFunc,
    live: &Function,
) -> Result<ReturnCodec, Mismatch> {
    let path = Path::Root("result");
    let built = built.results().next();
    let Some(Type::Result(result)) = built else {
        let built = built.map_or(NOTHING.into(), |ty| type_text(&ty));
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
    let Some(ok) = result.ok() else {
        return Err(path.mismatch("_", live_text));
    };
    // Every answer has content blocks, so a tool that gained an output schema still links.
    if is_tool_result(&ok) {
        return Ok(ReturnCodec::ToolResult);
    }
    match &live.returns {
        Returns::ToolResult => Err(path.mismatch(type_text(&ok), live_text)),
        Returns::Structured(shape) => {
            build(&ok, shape, Direction::ToGuest, path).map(ReturnCodec::Structured)
        }
        Returns::Wrapped { key, shape } => {
            build(&ok, shape, Direction::ToGuest, path).map(|codec| ReturnCodec::Wrapped {
                key: key.clone(),
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

/// Where in the value we are; made into text only for a message.
#[derive(Clone, Copy)]
enum Path<'a> {
    Root(&'static str),
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>),
}

impl<'a> Path<'a> {
    fn field(&'a self, label: &'a str) -> Path<'a> {
        Path::Field(self, label)
    }

    fn mismatch(self, built: impl Into<String>, live: impl Into<String>) -> Mismatch {
        Mismatch {
            field: self.to_string(),
            built: built.into(),
            live: live.into(),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Field(parent, label) => write!(f, "{parent}.{label}"),
            Self::Item(parent) => write!(f, "{parent}[]"),
        }
    }
}

fn build(
    ty: &Type,
    shape: &Shape,
    direction: Direction,
    path: Path<'_>,
) -> Result<Codec, Mismatch> {
    let mismatch = || path.mismatch(type_text(ty), shape_text(shape));
    Ok(match (ty, shape) {
        (Type::String, Shape::Json) => Codec::Json,
        (Type::Bool, Shape::Bool) => Codec::Bool,
        (Type::String, Shape::String) => Codec::String,
        (Type::Float64, Shape::Float) => Codec::Float,
        // A set of strings that was closed later is still strings.
        (Type::String, Shape::Enum(_)) if direction == Direction::ToGuest => Codec::String,
        (Type::Enum(built), Shape::Enum(live)) => {
            Codec::Enum(labels(built, live, direction).ok_or_else(mismatch)?)
        }
        (Type::Option(built), Shape::Nullable(inner)) => {
            Codec::Nullable(Box::new(build(&built.ty(), inner, direction, path)?))
        }
        // What may be null and never is, and what is never null and may be.
        (Type::Option(built), shape) if direction == Direction::ToGuest => {
            Codec::Nullable(Box::new(build(&built.ty(), shape, direction, path)?))
        }
        (ty, Shape::Nullable(inner)) if direction == Direction::ToServer => {
            build(ty, inner, direction, path)?
        }
        (Type::List(built), Shape::List(inner)) => {
            let item = Path::Item(&path);
            Codec::List(Box::new(build(&built.ty(), inner, direction, item)?))
        }
        (Type::List(built), Shape::Map(inner)) => {
            let value = entry_value(&built.ty()).ok_or_else(mismatch)?;
            let item = Path::Item(&path);
            Codec::Map(Box::new(build(&value, inner, direction, item)?))
        }
        (Type::Tuple(built), Shape::Tuple(items)) => {
            if built.types().len() != items.len() {
                return Err(mismatch());
            }
            Codec::Tuple(
                built
                    .types()
                    .zip(items.iter())
                    .map(|(ty, shape)| build(&ty, shape, direction, Path::Item(&path)))
                    .collect::<Result<_, _>>()?,
            )
        }
        (Type::Record(built), Shape::Record(live)) => {
            Codec::Record(record(built, live, direction, path)?)
        }
        (Type::Variant(built), Shape::Variant(live)) => {
            Codec::Variant(variant(built, live, direction, path)?)
        }
        (ty, shape) => number(ty, shape, direction).ok_or_else(mismatch)?,
    })
}

fn number(ty: &Type, shape: &Shape, direction: Direction) -> Option<Codec> {
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

/// `V` of `tuple<string, V>`.
fn entry_value(ty: &Type) -> Option<Type> {
    let Type::Tuple(pair) = ty else { return None };
    let mut types = pair.types();
    match (types.next(), types.next(), types.next()) {
        (Some(Type::String), Some(value), None) => Some(value),
        _ => None,
    }
}

fn labels(built: &types::Enum, live: &Enum, direction: Direction) -> Option<Labels> {
    let mut labels = Labels::default();
    for case in &live.cases {
        labels.to_wire.insert(case.label.clone(), case.wire.clone());
        labels
            .to_label
            .insert(case.wire.clone(), case.label.clone());
    }
    let fits = match direction {
        Direction::ToServer => built.names().all(|name| labels.to_wire.contains_key(name)),
        Direction::ToGuest => {
            let built: std::collections::HashSet<_> = built.names().collect();
            live.cases
                .iter()
                .all(|case| built.contains(case.label.as_str()))
        }
    };
    fits.then_some(labels)
}

fn record(
    built: &types::Record,
    live: &Record,
    direction: Direction,
    path: Path<'_>,
) -> Result<RecordCodec, Mismatch> {
    let mut codec = RecordCodec {
        fields: Vec::with_capacity(live.fields.len()),
        rest: None,
    };
    let mut known = std::collections::HashSet::new();
    for field in built.fields() {
        let here = path.field(field.name);
        known.insert(field.name.to_owned());
        if let Some(found) = live.fields.iter().find(|live| live.label == field.name) {
            codec
                .fields
                .push(field_codec(&field.ty, found, direction, here)?);
        } else if let Some((label, shape)) = &live.rest
            && label == field.name
        {
            let Type::List(list) = &field.ty else {
                return Err(here.mismatch(type_text(&field.ty), shape_text(shape)));
            };
            let value = entry_value(&list.ty())
                .ok_or_else(|| here.mismatch(type_text(&field.ty), shape_text(shape)))?;
            let inner = build(&value, shape, direction, Path::Item(&here))?;
            codec.rest = Some((label.clone(), Box::new(inner)));
        } else {
            return Err(here.mismatch(type_text(&field.ty), NOTHING));
        }
    }
    if direction == Direction::ToServer
        && let Some(missing) = live
            .fields
            .iter()
            .find(|field| field.required && !known.contains(&field.label))
    {
        return Err(path
            .field(&missing.label)
            .mismatch(NOTHING, required(missing)));
    }
    Ok(codec)
}

fn field_codec(
    ty: &Type,
    live: &Field,
    direction: Direction,
    path: Path<'_>,
) -> Result<FieldCodec, Mismatch> {
    let done = |codec, presence| FieldCodec {
        label: live.label.clone(),
        wire: live.wire.clone(),
        codec,
        presence,
    };
    if live.required {
        return match ty {
            // It was optional when the skill was built.
            Type::Option(inner) if !matches!(live.shape, Shape::Nullable(_)) => match direction {
                Direction::ToServer => Err(path.mismatch(type_text(ty), required(live))),
                Direction::ToGuest => Ok(done(
                    build(&inner.ty(), &live.shape, direction, path)?,
                    Presence::Optional,
                )),
            },
            ty => Ok(done(
                build(ty, &live.shape, direction, path)?,
                Presence::Required,
            )),
        };
    }
    // An optional field of a nullable shape is one option in WIT.
    let shape = match &live.shape {
        Shape::Nullable(inner) => inner,
        shape => shape,
    };
    match ty {
        Type::Option(inner) => Ok(done(
            build(&inner.ty(), shape, direction, path)?,
            Presence::Optional,
        )),
        ty if direction == Direction::ToServer => {
            Ok(done(build(ty, shape, direction, path)?, Presence::Required))
        }
        ty => Err(path.mismatch(type_text(ty), format!("option<{}>", shape_text(shape)))),
    }
}

fn variant(
    built: &types::Variant,
    live: &Variant,
    direction: Direction,
    path: Path<'_>,
) -> Result<Vec<CaseCodec>, Mismatch> {
    if direction == Direction::ToServer
        && let Some(lost) = built
            .cases()
            .find(|case| !live.cases.iter().any(|live| live.label == case.name))
    {
        return Err(path.field(lost.name).mismatch("a case", NOTHING));
    }
    let mut cases = Vec::with_capacity(live.cases.len());
    // In the order of the live schema: the first case whose test holds is the value's.
    for case in &live.cases {
        let here = path.field(&case.label);
        let Some(found) = built.cases().find(|built| built.name == case.label) else {
            if direction == Direction::ToGuest {
                return Err(here.mismatch(NOTHING, "a case"));
            }
            continue;
        };
        let codec = match (&found.ty, &case.shape) {
            (None, None) => None,
            (Some(ty), Some(shape)) => Some(build(ty, shape, direction, here)?),
            (ty, shape) => {
                return Err(here.mismatch(
                    ty.as_ref().map_or(NOTHING.into(), type_text),
                    shape.as_ref().map_or(NOTHING.into(), shape_text),
                ));
            }
        };
        cases.push(CaseCodec {
            label: case.label.clone(),
            codec,
            test: case.test.clone(),
        });
    }
    Ok(cases)
}

fn newly_required(shape: &Shape) -> Option<&Field> {
    match shape {
        Shape::Record(record) => record.fields.iter().find(|field| field.required),
        _ => None,
    }
}

fn required(field: &Field) -> String {
    format!("{}, required", shape_text(&field.shape))
}

fn is_tool_result(ty: &Type) -> bool {
    type_text(ty) == TOOL_RESULT
}

fn is_tool_error(ty: &Type) -> bool {
    type_text(ty)
        == format!(
            "variant {{ failed({TOOL_RESULT}), invalid-arguments(string), denied(string), \
             not-found(string), budget-exhausted(string), timed-out(string), unavailable(string), \
             too-large(string), protocol(string) }}"
        )
}

/// `mcp:tools/types@0.1.0.tool-result` as `type_text` writes it. A component's types have no names, so
/// the contract's are known by their structure.
const TOOL_RESULT: &str = "record { structured: option<string>, content: list<variant { text(string), \
     image(record { data: list<u8>, mime-type: string }), \
     audio(record { data: list<u8>, mime-type: string }), \
     resource(record { uri: string, mime-type: option<string>, contents: variant { text(string), blob(list<u8>) } }), \
     resource-link(record { uri: string, name: string, description: option<string>, mime-type: option<string> }) }> }";
