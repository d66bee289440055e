//! Splits a schema into arms: every arm is a conjunction of schemas that allows one JSON type, or has no `type`.
//! Bounded: a schema with too many combinations is an error, not a long wait.

use std::collections::HashSet;

use serde_json::Value;

use super::keywords::Keywords;
use super::layers::Layers;
use super::walk::Lower;
use crate::shape::JsonType;

/// The most arms that one schema may have.
const MOST_ARMS: usize = 64;
/// The most combinations of alternatives that the search examines.
const MOST_COMBINATIONS: usize = 1_024;

/// The cost of copying one layer.
const LAYER: usize = 2;

/// One alternative.
#[derive(Clone)]
pub(super) struct Arm<'a> {
    pub(super) layers: Layers<'a>,
    /// `None`: the schema does not state it.
    pub(super) ty: Option<JsonType>,
    /// The schema has no `type`, and `ty` is the type that its other keywords apply to.
    pub(super) guessed: bool,
}

impl<'a> Lower<'a> {
    /// All arms of these alternatives, in the order of the schema. Without arms, no value is valid.
    pub(super) fn arms(&mut self, alternatives: Vec<Layers<'a>>) -> Result<Vec<Arm<'a>>, String> {
        let mut out: Vec<Arm<'a>> = Vec::with_capacity(1);
        let mut pending = alternatives;
        pending.reverse();
        let mut combinations = 0;
        while let Some(mut layers) = pending.pop() {
            combinations += 1;
            if combinations > MOST_COMBINATIONS || out.len() > MOST_ARMS {
                return Err(format!("more than {MOST_ARMS} alternatives"));
            }
            if layers.never {
                continue;
            }
            self.definitions.spend(layers.all.len())?;
            // Later work on an arm, such as comparing its enums, takes about as long as reading it again.
            let again = layers.all.iter().map(|layer| layer.weight + LAYER);
            self.definitions.labour(again.sum())?;
            let Some((keyword, list)) = open_choice(&layers) else {
                push_by_type(layers, &mut out)?;
                continue;
            };
            layers.chosen.push(std::ptr::from_ref(list));
            let choices = list.as_array().filter(|choices| !choices.is_empty());
            let choices =
                choices.ok_or_else(|| format!("`{keyword}` is not a list of alternatives"))?;
            if let Some(demand) = only_demands(choices) {
                if demand == Demand::Structural {
                    self.lose(format!(
                        "`{keyword}` of required properties is not expressed"
                    ));
                }
                pending.push(layers);
                continue;
            }
            for choice in choices.iter().rev() {
                self.definitions.labour(LAYER * layers.all.len())?;
                let mut chosen = layers.clone();
                chosen.add(&self.definitions, &[choice])?;
                pending.push(chosen);
            }
        }
        Ok(out)
    }
}

/// The first list of alternatives from which none has been chosen.
fn open_choice<'a>(layers: &Layers<'a>) -> Option<(&'static str, &'a Value)> {
    let lists = layers
        .all
        .iter()
        .flat_map(|layer| [("anyOf", layer.any_of), ("oneOf", layer.one_of)]);
    lists
        .filter_map(|(keyword, list)| Some((keyword, list?)))
        .find(|(_, list)| !layers.chosen.contains(&std::ptr::from_ref(*list)))
}

#[derive(PartialEq, Clone, Copy)]
enum Demand {
    Documented,
    Structural,
}

/// Whether no alternative changes the type of the value: each is only a requirement, such as `{"required": ["a"]}`.
fn only_demands(choices: &[Value]) -> Option<Demand> {
    let mut demand = Demand::Documented;
    for choice in choices {
        let Value::Object(map) = choice else {
            return None;
        };
        for key in map.keys() {
            match key.as_str() {
                "required" | "not" | "minProperties" | "maxProperties" | "dependentRequired" => {
                    demand = Demand::Structural
                }
                "pattern" | "format" | "minLength" | "maxLength" | "multipleOf" | "minItems"
                | "maxItems" | "uniqueItems" | "description" | "title" | "$comment"
                | "examples" => {}
                _ => return None,
            }
        }
    }
    Some(demand)
}

fn push_by_type<'a>(layers: Layers<'a>, out: &mut Vec<Arm<'a>>) -> Result<(), String> {
    let said = said_types(&layers)?;
    let guessed = said.is_none();
    let Some(types) = said.or_else(|| meant_types(&layers)) else {
        out.push(Arm {
            layers,
            ty: None,
            guessed,
        });
        return Ok(());
    };
    let mut each = types.each();
    let Some(first) = each.next() else {
        return Ok(());
    };
    let at = out.len();
    out.extend(each.map(|ty| Arm {
        layers: layers.clone(),
        ty: Some(ty),
        guessed,
    }));
    // The first arm takes the layers without a copy: nearly every schema has only one arm.
    out.insert(
        at,
        Arm {
            layers,
            ty: Some(first),
            guessed,
        },
    );
    Ok(())
}

/// A set of JSON types, where `number` holds every integer too.
#[derive(Clone, Copy, PartialEq)]
struct Types(u8);

const EVERY: [JsonType; 7] = [
    JsonType::Object,
    JsonType::Array,
    JsonType::String,
    JsonType::Integer,
    JsonType::Number,
    JsonType::Bool,
    JsonType::Null,
];

impl Types {
    const NONE: Self = Self(0);
    const ALL: Self = Self(0x7f);

    fn with(self, ty: JsonType) -> Self {
        let bit = |ty| match ty {
            JsonType::Object => 1,
            JsonType::Array => 2,
            JsonType::String => 4,
            JsonType::Integer => 8,
            JsonType::Number => 16,
            JsonType::Bool => 32,
            JsonType::Null => 64,
        };
        let number = if ty == JsonType::Number {
            bit(JsonType::Integer)
        } else {
            0
        };
        Self(self.0 | bit(ty) | number)
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn has(self, ty: JsonType) -> bool {
        let only = Self::NONE.with(ty);
        self.0 & only.0 == only.0
    }

    /// Each type once; integers are not listed beside `number`.
    fn each(self) -> impl Iterator<Item = JsonType> {
        EVERY.into_iter().filter(move |&ty| {
            self.has(ty) && !(ty == JsonType::Integer && self.has(JsonType::Number))
        })
    }
}

/// The JSON types that all layers allow; `None` if no layer states one.
fn said_types(layers: &Layers<'_>) -> Result<Option<Types>, String> {
    let mut said = false;
    let mut allowed = Types::ALL;
    for layer in &layers.all {
        if let Some(ty) = layer.ty {
            said = true;
            allowed = allowed.and(named_types(ty)?);
        }
        if let Some(values) = values_of(layer) {
            said = true;
            allowed = allowed.and(
                values
                    .iter()
                    .fold(Types::NONE, |types, value| types.with(json_type(value))),
            );
        }
    }
    Ok(said.then_some(allowed))
}

/// The JSON types that the keywords of a schema without `type` apply to. One with `properties` formally allows a number
/// too, but its author means objects.
fn meant_types(layers: &Layers<'_>) -> Option<Types> {
    let object = |layer: &Keywords<'_>| {
        layer.properties.is_some()
            || layer.pattern_properties.is_some()
            || layer.required.is_some()
            || layer.additional.is_some_and(Value::is_object)
    };
    let array = |layer: &Keywords<'_>| layer.items.is_some() || layer.prefix_items.is_some();
    let mut meant = Types::NONE;
    if layers.all.iter().any(object) {
        meant = meant.with(JsonType::Object);
    }
    if layers.all.iter().any(array) {
        meant = meant.with(JsonType::Array);
    }
    (meant != Types::NONE).then_some(meant)
}

fn named_types(ty: &Value) -> Result<Types, String> {
    let one = |name: &Value| {
        Ok(match name.as_str() {
            Some("object") => JsonType::Object,
            Some("array") => JsonType::Array,
            Some("string") => JsonType::String,
            Some("integer") => JsonType::Integer,
            Some("number") => JsonType::Number,
            Some("boolean") => JsonType::Bool,
            Some("null") => JsonType::Null,
            Some(other) => {
                return Err(format!(
                    "`{}` is not a JSON type",
                    crate::names::shown(other)
                ));
            }
            None => return Err(format!("`type` is {}", super::layers::kind(name))),
        })
    };
    match ty {
        Value::Array(names) => names
            .iter()
            .try_fold(Types::NONE, |types, name| Ok(types.with(one(name)?))),
        name => Ok(Types::NONE.with(one(name)?)),
    }
}

/// The values that one layer lists, as `enum` or `const`.
pub(super) fn values_of<'a>(layer: &Keywords<'a>) -> Option<&'a [Value]> {
    layer
        .constant
        .map(std::slice::from_ref)
        .or_else(|| layer.enumeration?.as_array().map(Vec::as_slice))
}

/// The values of type `ty` that every layer allows, in order; `None` if all values are allowed.
pub(super) fn values<'a>(layers: &[Keywords<'a>], ty: JsonType) -> Option<Vec<&'a Value>> {
    let mut lists = layers.iter().filter_map(values_of);
    let first = lists.next()?;
    // Sets of texts, because two long lists compared value by value take quadratic time.
    let rest: Vec<HashSet<String>> = lists
        .map(|list| list.iter().map(Value::to_string).collect())
        .collect();
    let of_type = |value: &Value| Types::NONE.with(ty).has(json_type(value));
    let fits = |value: &&Value| {
        of_type(value) && rest.iter().all(|list| list.contains(&value.to_string()))
    };
    Some(first.iter().filter(fits).collect())
}

/// The JSON type of one value; a number without a fraction is an integer, however it is written.
pub(super) fn json_type(value: &Value) -> JsonType {
    match value {
        Value::Null => JsonType::Null,
        Value::Bool(_) => JsonType::Bool,
        Value::Number(number) if number.is_i64() || number.is_u64() => JsonType::Integer,
        Value::Number(number) if number.as_f64().is_some_and(|float| float.fract() == 0.0) => {
            JsonType::Integer
        }
        Value::Number(_) => JsonType::Number,
        Value::String(_) => JsonType::String,
        Value::Array(_) => JsonType::Array,
        Value::Object(_) => JsonType::Object,
    }
}
