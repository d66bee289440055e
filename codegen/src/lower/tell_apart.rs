//! Finds how several kinds of objects are told apart: by a property with known values, or by the properties they must have.
//! Looks at schemas only, and never guesses: where two arms could be confused, there is no answer.

use std::collections::HashSet;

use serde_json::Value;

use super::arms::{Arm, values_of};
use super::layers::Layers;
use super::object::{Additional, Property, additional, properties};
use super::refs::Definitions;
use crate::shape::{JsonType, Test};

/// Arms with their tests, in the order in which the tests must be made.
pub(super) struct Apart<'a> {
    /// A name for the arm's label, its test, and the arm.
    pub(super) arms: Vec<(String, Test, Arm<'a>)>,
    /// A value that is valid without the discriminating property is not recognised.
    pub(super) incomplete: bool,
}

pub(super) fn tell_apart<'a>(definitions: &Definitions<'a>, arms: &[Arm<'a>]) -> Option<Apart<'a>> {
    let known: Vec<Vec<Property<'a>>> = arms.iter().map(|arm| properties(&arm.layers)).collect();
    by_tag(definitions, arms, &known, true)
        .or_else(|| by_keys(arms, &known))
        .or_else(|| by_tag(definitions, arms, &known, false))
}

/// A property that every arm has, with values that no other arm has for it.
fn by_tag<'a>(
    definitions: &Definitions<'a>,
    arms: &[Arm<'a>],
    known: &[Vec<Property<'a>>],
    required: bool,
) -> Option<Apart<'a>> {
    let first = known.first()?;
    'candidates: for candidate in first {
        let mut seen = HashSet::new();
        let mut out = Vec::with_capacity(arms.len());
        for (arm, properties) in arms.iter().zip(known) {
            let Some(property) = properties
                .iter()
                .find(|property| property.wire == candidate.wire)
            else {
                continue 'candidates;
            };
            if required && !property.required {
                continue 'candidates;
            }
            let Some(values) = scalars(definitions, &property.schemas) else {
                continue 'candidates;
            };
            if !values.iter().all(|value| seen.insert(value.to_string())) {
                continue 'candidates;
            }
            let hint = match values.first() {
                Some(Value::String(text)) => text.clone(),
                Some(value) => format!("{}-{value}", candidate.wire),
                None => continue 'candidates,
            };
            out.push((
                hint,
                Test::Tag {
                    key: candidate.wire.to_owned(),
                    values,
                },
                arm.clone(),
            ));
        }
        return Some(Apart {
            arms: out,
            incomplete: !required,
        });
    }
    None
}

/// The strings, numbers and booleans that a property is limited to.
fn scalars<'a>(definitions: &Definitions<'a>, schemas: &[&'a Value]) -> Option<Vec<Value>> {
    let mut layers = Layers::default();
    layers.add(definitions, schemas).ok()?;
    let mut lists = layers.all.iter().filter_map(values_of);
    let first = lists.next()?;
    if lists.next().is_some() || first.is_empty() || first.len() > 64 {
        return None;
    }
    first
        .iter()
        .all(|value| value.is_string() || value.is_number() || value.is_boolean())
        .then(|| first.to_vec())
}

/// Required properties that the values of other arms do not have. An arm whose required properties another arm may have
/// as well is tested after it; the last arm is whatever is left.
fn by_keys<'a>(arms: &[Arm<'a>], known: &[Vec<Property<'a>>]) -> Option<Apart<'a>> {
    let free_form = |at: usize| {
        known[at].is_empty() || matches!(additional(&arms[at].layers), Additional::Of(_))
    };
    if (0..arms.len()).any(free_form) {
        return None;
    }
    let required = |at: usize| {
        known[at]
            .iter()
            .filter(|property| property.required)
            .map(|property| property.wire)
    };
    let may_have_all = |other: usize, at: usize| {
        required(at).all(|wire| known[other].iter().any(|property| property.wire == wire))
    };
    let mut left: Vec<usize> = (0..arms.len()).collect();
    let mut out = Vec::with_capacity(arms.len());
    while !left.is_empty() {
        let unmistakable = |&&at: &&usize| {
            left.iter()
                .all(|&other| other == at || !may_have_all(other, at))
        };
        let at = *left.iter().find(unmistakable)?;
        left.retain(|&other| other != at);
        let test = if left.is_empty() {
            Test::Type(JsonType::Object)
        } else {
            Test::Keys(required(at).map(str::to_owned).collect())
        };
        out.push((hint(&arms[at], &known[at], known), test, arms[at].clone()));
    }
    Some(Apart {
        arms: out,
        incomplete: false,
    })
}

/// The name of the arm's definition, else of a property that only this arm has.
fn hint(arm: &Arm<'_>, properties: &[Property<'_>], known: &[Vec<Property<'_>>]) -> String {
    if let Some(name) = arm.layers.name {
        return name.to_owned();
    }
    let having = |wire: &str| {
        known
            .iter()
            .filter(|arm| arm.iter().any(|property| property.wire == wire))
            .count()
    };
    let own = properties
        .iter()
        .find(|property| property.required && having(property.wire) == 1);
    own.or(properties.first())
        .map_or_else(|| "object".to_owned(), |property| property.wire.to_owned())
}
