//! The fast path for the schemas that most values have: one object, one type, nothing to merge or choose. Its results
//! are those of the general path.

use std::borrow::Cow;

use serde_json::Value;

use super::arms::Arm;
use super::keywords::Keywords;
use super::layers::Layers;
use super::place::Place;
use super::text::Docs;
use super::union::Kind;
use super::walk::Lower;
use crate::shape::{JsonType, Shape};

impl<'a> Lower<'a> {
    /// The shape and the documentation of a value with this schema; `None` if the general path is necessary.
    pub(super) fn plain(
        &mut self,
        schema: &'a Value,
        place: Place<'_, 'a>,
    ) -> Option<(Shape<'a>, Option<Cow<'a, str>>)> {
        let keywords = Keywords::read(schema.as_object()?);
        let (kind, ty) = only_type(&keywords)?;
        self.definitions.look(&keywords).ok()?;
        let docs = Docs::of(std::slice::from_ref(&keywords), Some(ty), true, self.beside);
        let shape = match kind {
            Kind::String => match keywords.enumeration.and_then(Value::as_array) {
                Some(values) => {
                    let count = values.len();
                    let values = values.iter().filter_map(Value::as_str);
                    self.cases(count, values, place.name(None))
                }
                None => Shape::String,
            },
            Kind::Number => Self::number(std::slice::from_ref(&keywords), ty),
            Kind::Bool => Shape::Bool,
            Kind::Object => self.plain_object(&keywords, place),
            Kind::Array => match (keywords.items, keywords.prefix_items) {
                (Some(element @ Value::Object(_)), None) => self.list(&[&[element]], place),
                _ => self.array(&[only_arm(keywords, ty)], place),
            },
        };
        let docs = docs.beside(&shape);
        Some((shape, docs))
    }

    /// A schema that allows only objects; `None` if the general path is necessary.
    pub(super) fn only_object(&self, schema: &'a Value) -> Option<Keywords<'a>> {
        let keywords = Keywords::read(schema.as_object()?);
        let (kind, _) = only_type(&keywords)?;
        self.definitions.look(&keywords).ok()?;
        (kind == Kind::Object).then_some(keywords)
    }
}

fn only_arm(keywords: Keywords<'_>, ty: JsonType) -> Arm<'_> {
    let layers = Layers {
        all: vec![keywords],
        ..Layers::default()
    };
    Arm {
        layers,
        ty: Some(ty),
        guessed: false,
    }
}

/// The only type that the schema allows, if the schema has no other constraints than those of the whole type.
fn only_type(keywords: &Keywords<'_>) -> Option<(Kind, JsonType)> {
    let more = [
        keywords.reference,
        keywords.all_of,
        keywords.any_of,
        keywords.one_of,
        keywords.constant,
    ];
    if keywords.dynamic
        || keywords.inexpressible.is_some()
        || keywords.ill_typed.is_some()
        || more.iter().any(Option::is_some)
    {
        return None;
    }
    let ty = keywords.ty?.as_str()?;
    if let Some(values) = keywords.enumeration {
        let strings =
            |values: &Vec<Value>| !values.is_empty() && values.iter().all(Value::is_string);
        if ty != "string" || !values.as_array().is_some_and(strings) {
            return None;
        }
    }
    match ty {
        "string" => Some((Kind::String, JsonType::String)),
        "integer" => Some((Kind::Number, JsonType::Integer)),
        "number" => Some((Kind::Number, JsonType::Number)),
        "boolean" => Some((Kind::Bool, JsonType::Bool)),
        "object" => Some((Kind::Object, JsonType::Object)),
        "array" => Some((Kind::Array, JsonType::Array)),
        _ => None,
    }
}
