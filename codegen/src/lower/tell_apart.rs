//! Finds how several kinds of objects are distinguished: by a property with known values, or by their required
//! properties. Examines schemas only, and never guesses: if two arms could be confused, it returns nothing.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::arms::{Arm, values_of};
use super::layers::Layers;
use super::properties::{Additional, Property, additional, properties};
use super::refs::Definitions;
use crate::shape::{JsonType, Test};

/// Arms with their tests, in the order in which the tests must run.
pub(super) struct Apart<'a> {
    /// The wished label of the arm, its test, and the arm.
    pub(super) arms: Vec<(String, Test, Arm<'a>)>,
    /// Whether the test misses values that are valid without the discriminating property.
    pub(super) incomplete: bool,
}

/// How a value's arm is recognised; `None` if some value could belong to two arms.
pub(super) fn tell_apart<'a>(definitions: &Definitions<'a>, arms: &[Arm<'a>]) -> Option<Apart<'a>> {
    let known: Vec<Known<'a>> = arms
        .iter()
        .map(|arm| {
            let list = properties(&arm.layers.all);
            let index = list
                .iter()
                .enumerate()
                .map(|(at, property)| (property.wire, at))
                .collect();
            Known { list, index }
        })
        .collect();
    // Every pair of arms is compared, which is much work for many large arms.
    let properties: usize = known.iter().map(|known| known.list.len()).sum();
    definitions.spend(properties * arms.len()).ok()?;
    by_tag(definitions, arms, &known, true)
        .or_else(|| by_keys(arms, &known))
        .or_else(|| by_tag(definitions, arms, &known, false))
}

/// The properties of one arm.
struct Known<'a> {
    list: Vec<Property<'a>>,
    index: HashMap<&'a str, usize>,
}

impl<'a> Known<'a> {
    fn get(&self, wire: &str) -> Option<&Property<'a>> {
        self.list.get(*self.index.get(wire)?)
    }

    fn required(&self) -> impl Iterator<Item = &'a str> {
        self.list
            .iter()
            .filter(|property| property.required)
            .map(|property| property.wire)
    }
}

/// A property that every arm has, with values that no other arm has for it.
fn by_tag<'a>(
    definitions: &Definitions<'a>,
    arms: &[Arm<'a>],
    known: &[Known<'a>],
    required: bool,
) -> Option<Apart<'a>> {
    let candidates = known.first()?.list.iter().map(|property| property.wire);
    candidates.into_iter().find_map(|key| {
        let mut seen = HashSet::new();
        let mut out = Vec::with_capacity(arms.len());
        for (arm, known) in arms.iter().zip(known) {
            let property = known
                .get(key)
                .filter(|property| property.required || !required)?;
            let values = scalars(definitions, property.schemas.as_slice())?;
            if !values.iter().all(|value| seen.insert(value.to_string())) {
                return None;
            }
            let hint = match values.first()? {
                Value::String(text) => text.clone(),
                value => format!("{key}-{value}"),
            };
            out.push((
                hint,
                Test::Tag {
                    key: key.to_owned(),
                    values,
                },
                arm.clone(),
            ));
        }
        Some(Apart {
            arms: out,
            incomplete: !required,
        })
    })
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

/// Required properties that values of other arms do not have. If another arm may have all required properties of an
/// arm, the arm is tested after it; the last arm gets all remaining values.
fn by_keys<'a>(arms: &[Arm<'a>], known: &[Known<'a>]) -> Option<Apart<'a>> {
    let open = |(arm, known): (&Arm<'a>, &Known<'a>)| {
        known.list.is_empty() || matches!(additional(&arm.layers.all), Additional::Of(_))
    };
    if arms.iter().zip(known).any(open) {
        return None;
    }
    // Whether a value of the arm `other` may pass the test for `at`.
    let mistaken: Vec<Vec<bool>> = known
        .iter()
        .map(|at| {
            known
                .iter()
                .map(|other| at.required().all(|wire| other.index.contains_key(wire)))
                .collect()
        })
        .collect();
    let mut left: Vec<usize> = (0..arms.len()).collect();
    let mut out = Vec::with_capacity(arms.len());
    while !left.is_empty() {
        let unmistakable = |&&at: &&usize| {
            left.iter()
                .all(|&other| other == at || !mistaken[at][other])
        };
        let at = *left.iter().find(unmistakable)?;
        left.retain(|&other| other != at);
        let test = if left.is_empty() {
            Test::Type(JsonType::Object)
        } else {
            Test::Keys(known[at].required().map(str::to_owned).collect())
        };
        out.push((hint(&arms[at], &known[at], known), test, arms[at].clone()));
    }
    Some(Apart {
        arms: out,
        incomplete: false,
    })
}

/// The name of the arm's definition, else of a property that only this arm has.
fn hint(arm: &Arm<'_>, own: &Known<'_>, known: &[Known<'_>]) -> String {
    if let Some(name) = arm.layers.name {
        return name.to_owned();
    }
    let only_here = |wire: &&str| {
        known
            .iter()
            .filter(|arm| arm.index.contains_key(wire))
            .count()
            == 1
    };
    let named = own
        .required()
        .find(only_here)
        .or(own.list.first().map(|property| property.wire));
    named.unwrap_or("object").to_owned()
}
