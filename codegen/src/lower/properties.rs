//! The properties of an object in a schema. Decides nothing about types.

use std::collections::HashMap;

use serde_json::Value;

use super::keywords::Keywords;
use crate::shape::Shape;

/// A property that some layer names.
#[derive(Default)]
pub(super) struct Property<'a> {
    pub(super) wire: &'a str,
    /// All of these apply. Empty: the property is required and not described.
    pub(super) schemas: Schemas<'a>,
    /// The same from other arms, if several arms become one record: those apply, or these.
    pub(super) others: Vec<Schemas<'a>>,
    pub(super) required: bool,
}

/// Schemas that all apply. Nearly always there is one.
#[derive(Default)]
pub(super) enum Schemas<'a> {
    #[default]
    None,
    One([&'a Value; 1]),
    Several(Vec<&'a Value>),
}

impl<'a> Schemas<'a> {
    pub(super) fn as_slice(&self) -> &[&'a Value] {
        match self {
            Self::None => &[],
            Self::One(one) => one,
            Self::Several(all) => all,
        }
    }

    fn push(&mut self, schema: &'a Value) {
        match self {
            Self::None => *self = Self::One([schema]),
            Self::One([first]) => *self = Self::Several(vec![first, schema]),
            Self::Several(all) => all.push(schema),
        }
    }
}

/// The most numbers or booleans of one property that are listed.
const MOST_LISTED: usize = 64;

impl<'a> Property<'a> {
    /// The only values of a property of this shape, where its own schema lists numbers or booleans.
    pub(super) fn only(&self, shape: &Shape<'_>) -> Vec<&'a Value> {
        let shape = match shape {
            Shape::Nullable(shape) => shape,
            shape => shape,
        };
        let (Shape::Bool | Shape::Int(_) | Shape::Float, [schema], true) =
            (shape, self.schemas.as_slice(), self.others.is_empty())
        else {
            return Vec::new();
        };
        listed(schema).unwrap_or_default()
    }

    pub(super) fn deprecated(&self) -> bool {
        let schemas = self.schemas.as_slice().iter();
        let mut said = schemas.filter_map(|schema| schema.get("deprecated"));
        said.any(|said| *said == Value::Bool(true))
    }
}

/// The numbers, booleans and `null`s that the schema lists, also as alternatives; `None` if it allows others.
fn listed(schema: &Value) -> Option<Vec<&Value>> {
    let values: Vec<&Value> = if let Some(value) = schema.get("const") {
        vec![value]
    } else if let Some(Value::Array(values)) = schema.get("enum") {
        values.iter().take(MOST_LISTED + 1).collect()
    } else if let Some(Value::Array(choices)) = schema.get("anyOf").or_else(|| schema.get("oneOf"))
    {
        let each = choices.iter().take(MOST_LISTED + 1);
        each.map(|choice| choice.get("const"))
            .collect::<Option<_>>()?
    } else {
        return None;
    };
    let literal = |value: &&Value| value.is_number() || value.is_boolean() || value.is_null();
    (values.len() <= MOST_LISTED && values.iter().all(literal)).then_some(values)
}

/// The properties of an object, in the order of the schema.
pub(super) fn properties<'a>(layers: &[Keywords<'a>]) -> Vec<Property<'a>> {
    let size = layers
        .iter()
        .filter_map(|layer| layer.properties)
        .map(serde_json::Map::len)
        .sum();
    let mut known = Properties::with_capacity(size);
    for layer in layers {
        for (wire, schema) in layer.properties.into_iter().flatten() {
            known.entry(wire).schemas.push(schema);
        }
    }
    for layer in layers {
        for wire in layer
            .required
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
        {
            known.entry(wire).required = true;
        }
    }
    // A forbidden property has no field.
    let forbidden = |schemas: &Schemas<'_>| schemas.as_slice().contains(&&Value::Bool(false));
    known
        .list
        .retain(|property| property.required || !forbidden(&property.schemas));
    known.list
}

/// Whether no property is allowed, or none is named and the schema does not ask for free-form ones.
pub(super) fn none(layers: &[Keywords<'_>]) -> bool {
    let allowed = |schema: &Value| *schema != Value::Bool(false);
    let known = |layer: &Keywords<'_>| {
        // There are some, and nothing says which.
        let is_unread = matches!(layer.ill_typed, Some(("properties", _)));
        is_unread
            || layer.required.is_some_and(|required| !required.is_empty())
            || layer
                .properties
                .is_some_and(|properties| properties.values().any(allowed))
    };
    !layers.iter().any(known)
        && matches!(
            additional(layers),
            Additional::Closed | Additional::Open { said: false }
        )
}

/// Properties in the order in which their names came.
pub(super) struct Properties<'a> {
    pub(super) list: Vec<Property<'a>>,
    /// The index of each name in `list`; filled when a linear search would take longer.
    index: HashMap<&'a str, usize>,
}

impl<'a> Properties<'a> {
    pub(super) fn with_capacity(size: usize) -> Self {
        Self {
            list: Vec::with_capacity(size),
            index: HashMap::new(),
        }
    }

    pub(super) fn entry(&mut self, wire: &'a str) -> &mut Property<'a> {
        let at = self.position(wire).unwrap_or_else(|| {
            if !self.index.is_empty() {
                self.index.insert(wire, self.list.len());
            }
            self.list.push(Property {
                wire,
                ..Property::default()
            });
            self.list.len() - 1
        });
        &mut self.list[at]
    }

    fn position(&mut self, wire: &str) -> Option<usize> {
        const SHORT: usize = 16;
        if self.list.len() <= SHORT {
            return self.list.iter().position(|known| known.wire == wire);
        }
        if self.index.is_empty() {
            self.index.extend(
                self.list
                    .iter()
                    .enumerate()
                    .map(|(at, known)| (known.wire, at)),
            );
        }
        self.index.get(wire).copied()
    }
}

/// Which properties an object may have besides the named ones.
pub(super) enum Additional<'a> {
    /// Any; `said` if the schema states it explicitly.
    Open {
        /// The schema has `additionalProperties: true` or the like.
        said: bool,
    },
    Closed,
    /// Properties to which one of these conjunctions applies.
    Of(Vec<Vec<&'a Value>>),
}

pub(super) fn additional<'a>(layers: &[Keywords<'a>]) -> Additional<'a> {
    let mut said = false;
    let mut closed = false;
    let mut all: Vec<&'a Value> = Vec::new();
    let mut patterns: Vec<Vec<&'a Value>> = Vec::new();
    for layer in layers {
        match layer.additional {
            None => {}
            Some(Value::Bool(false)) => closed = true,
            Some(Value::Bool(true)) => said = true,
            Some(Value::Object(map)) if Keywords::read(map).says_nothing() => said = true,
            Some(schema) => all.push(schema),
        }
        if let Some(properties) = layer.pattern_properties {
            patterns.extend(properties.values().map(|schema| vec![schema]));
        }
    }
    match (patterns.is_empty(), all.is_empty(), closed) {
        (true, _, true) => Additional::Closed,
        (true, true, false) => Additional::Open { said },
        (true, false, false) => Additional::Of(vec![all]),
        // Types do not express which pattern a name matches, so every value may match any pattern's schema.
        (false, true, true) => Additional::Of(patterns),
        (false, _, _) => {
            patterns.push(all);
            Additional::Of(patterns)
        }
    }
}
