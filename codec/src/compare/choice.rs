//! Enums and variants: the cases that a skill was built with against the live ones.

use std::collections::HashSet;

use mcp_codegen::names;
use mcp_codegen::shape::{Enum, EnumCase, Variant};
use wasmtime::component::types;

use super::path::Path;
use super::{Built, Direction, Mismatch, NOTHING, build, built_text};
use crate::describe::shape_text;
use crate::{CaseCodec, Labels};

pub(super) fn labels(
    built: &types::Enum,
    live: &Enum<'_>,
    direction: Direction,
    path: Path<'_>,
) -> Result<Labels, Mismatch> {
    let names: HashSet<&str> = built.names().collect();
    match direction {
        Direction::ToServer => {
            let known: HashSet<&str> = live.cases.iter().map(|case| &*case.label).collect();
            if let Some(lost) = built.names().find(|name| !known.contains(name)) {
                return Err(path.field(lost).mismatch("a case", NOTHING));
            }
            uncontested(&names, live, path)?;
        }
        Direction::ToGuest => {
            let gained = |case: &&EnumCase<'_>| !names.contains(&*case.label);
            if let Some(gained) = live.cases.iter().find(gained) {
                return Err(path.field(&gained.label).mismatch(NOTHING, "a case"));
            }
        }
    }
    let cases = live.cases.iter();
    Ok(Labels::new(cases.map(|case| {
        (case.label.to_string(), case.wire.to_owned())
    })))
}

/// A new value may take the label of an old one (`y` beside `Y`), which then gets another label. The skill's meaning of
/// the label cannot be known.
fn uncontested(labels: &HashSet<&str>, live: &Enum<'_>, path: Path<'_>) -> Result<(), Mismatch> {
    for case in &live.cases {
        if labels.contains(&*case.label) {
            continue;
        }
        let plain = names::label(case.wire);
        if plain != case.label && labels.contains(&*plain) {
            return Err(path.field(&plain).mismatch(
                "one value",
                format!(
                    "two with that label, one of them `{}`",
                    names::shown(case.wire)
                ),
            ));
        }
    }
    Ok(())
}

pub(super) fn variant(
    built: &Built<'_>,
    ty: &types::Variant,
    live: &Variant<'_>,
    direction: Direction,
    path: Path<'_>,
) -> Result<Vec<CaseCodec>, Mismatch> {
    if direction == Direction::ToServer
        && let Some(lost) = ty
            .cases()
            .find(|case| !live.cases.iter().any(|live| live.label == case.name))
    {
        return Err(path.field(lost.name).mismatch("a case", NOTHING));
    }
    let payloads: Vec<_> = built.cases(ty).collect();
    let mut cases = Vec::with_capacity(live.cases.len());
    // In the order of the live schema: the first case whose test holds is the value's.
    for case in &live.cases {
        let here = path.field(&case.label);
        let Some((_, payload)) = payloads.iter().find(|(name, _)| *name == case.label) else {
            if direction == Direction::ToGuest {
                return Err(here.mismatch(NOTHING, "a case"));
            }
            continue;
        };
        let codec = match (payload, &case.shape) {
            (None, None) => None,
            (Some(built), Some(shape)) => Some(build(built, shape, direction, here)?),
            (built, shape) => {
                return Err(here.mismatch(
                    built.as_ref().map_or(NOTHING.into(), built_text),
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
