//! Records: the fields that a skill was built with against the live properties.

use std::collections::HashSet;

use mcp_codegen::names;
use mcp_codegen::shape::{Field, Record, Shape};
use wasmtime::component::{Type, types};

use super::path::Path;
use super::{Built, Direction, Mismatch, NOTHING, build, built_text, required};
use crate::describe::{shape_text, type_text};
use crate::{FieldCodec, Presence, RecordCodec, RestCodec};

pub(super) fn record(
    built: &Built<'_>,
    ty: &types::Record,
    live: &Record<'_>,
    direction: Direction,
    path: Path<'_>,
) -> Result<RecordCodec, Mismatch> {
    let labels: HashSet<&str> = ty.fields().map(|field| field.name).collect();
    uncontested(&labels, live, path)?;
    let mut fields = Vec::with_capacity(live.fields.len());
    let mut rest = None;
    for (at, (label, built)) in built.fields(ty).enumerate() {
        let here = path.field(label);
        if let Some(found) = live.fields.iter().find(|live| live.label == label) {
            fields.push(field(&built, found, direction, here)?);
        } else if let Some((live_label, shape)) = &live.rest
            && live_label == label
        {
            let value = built.map_value().ok_or_else(|| {
                let map = Shape::Map(shape.clone().into());
                here.mismatch(type_text(&built.ty), shape_text(&map))
            })?;
            rest = Some(Box::new(RestCodec {
                at,
                label: label.to_owned(),
                codec: build(&value, shape, direction, here.item())?,
            }));
        } else {
            return Err(here.mismatch(built_text(&built), NOTHING));
        }
    }
    if direction == Direction::ToServer
        && let Some(missing) = live
            .fields
            .iter()
            .find(|field| field.required && !labels.contains(&*field.label))
    {
        return Err(path
            .field(&missing.label)
            .mismatch(NOTHING, required(missing)));
    }
    let place = |wire: &str| {
        fields
            .iter()
            .position(|field: &FieldCodec| field.wire == wire)
    };
    let mut known: Vec<_> = live
        .fields
        .iter()
        .map(|field| (field.wire.to_owned(), place(field.wire)))
        .collect();
    known.sort_unstable();
    Ok(RecordCodec {
        fields,
        rest,
        known,
        closed: false,
    })
}

/// A new property may take the label of an old one (`per_page` beside `perPage`), which then gets another label. The
/// skill's meaning of the label cannot be known.
fn uncontested(labels: &HashSet<&str>, live: &Record<'_>, path: Path<'_>) -> Result<(), Mismatch> {
    let contest = |label: &str, wire: &str| {
        path.field(label).mismatch(
            "one property",
            format!("two with that label, one of them `{}`", names::shown(wire)),
        )
    };
    for field in &live.fields {
        if labels.contains(&*field.label) {
            continue;
        }
        let plain = names::label(field.wire);
        if plain != field.label && labels.contains(&*plain) {
            return Err(contest(&plain, field.wire));
        }
    }
    // The map of further properties yields its name to a property of that name.
    if let Some((label, _)) = &live.rest
        && label != REST
        && !labels.contains(&**label)
        && labels.contains(REST)
    {
        return Err(contest(REST, REST));
    }
    Ok(())
}

/// The name of the map of further properties, unless a property has it.
const REST: &str = "additional";

fn field(
    built: &Built<'_>,
    live: &Field<'_>,
    direction: Direction,
    path: Path<'_>,
) -> Result<FieldCodec, Mismatch> {
    let done = |codec, presence| FieldCodec {
        label: live.label.to_string(),
        wire: live.wire.to_owned(),
        codec,
        presence,
    };
    if live.required {
        return match &built.ty {
            // It was optional when the skill was built.
            Type::Option(option) if !matches!(live.shape, Shape::Nullable(_)) => match direction {
                Direction::ToServer => Err(path.mismatch(built_text(built), required(live))),
                Direction::ToGuest => Ok(done(
                    build(&built.some(option), &live.shape, direction, path)?,
                    Presence::Optional,
                )),
            },
            _ => Ok(done(
                build(built, &live.shape, direction, path)?,
                Presence::Required,
            )),
        };
    }
    // An optional field of a nullable shape is one option in WIT.
    let shape = match &live.shape {
        Shape::Nullable(inner) => inner,
        shape => shape,
    };
    match &built.ty {
        Type::Option(option) => Ok(done(
            build(&built.some(option), shape, direction, path)?,
            Presence::Optional,
        )),
        _ if direction == Direction::ToServer => Ok(done(
            build(built, shape, direction, path)?,
            Presence::Required,
        )),
        _ => Err(path.mismatch(built_text(built), format!("option<{}>", shape_text(shape)))),
    }
}
