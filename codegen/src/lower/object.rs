//! Objects: records, maps, and records with a map of further properties.

use std::sync::Arc;

use serde_json::Value;

use super::arms::Arm;
use super::layers::Layers;
use super::place::Place;
use super::{Lower, Step};
use crate::names;
use crate::shape::{Field, Record, Shape};

/// A WIT record may have ten thousand fields, but no one can use a tenth of that.
const MOST_FIELDS: usize = 1_000;

impl<'a> Lower<'a> {
    /// The shape of an object that any of these arms allows. More than one: they cannot be told apart, and are merged.
    pub(super) fn object(&mut self, arms: &[Arm<'a>], place: Place<'_>) -> Shape {
        let identities: Vec<Vec<usize>> = arms.iter().map(|arm| arm.layers.identity()).collect();
        if identities
            .iter()
            .any(|identity| !identity.is_empty() && self.around.contains(identity))
        {
            return self.json("it contains itself, which no WIT type can");
        }
        let known = self.around.len();
        self.around.extend(identities);
        let shape = match arms {
            [arm] => self.one_object(&arm.layers, place),
            _ => self.merged_objects(arms, place),
        };
        self.around.truncate(known);
        shape
    }

    fn one_object(&mut self, layers: &Layers<'a>, place: Place<'_>) -> Shape {
        let properties = properties(layers);
        match (properties.is_empty(), additional(layers)) {
            (true, Additional::Open { .. }) => self.json("a free-form object"),
            (true, Additional::Closed) => self.json("an object without properties"),
            (true, Additional::Of(alternatives)) => {
                let steps = [Step::Key("additionalProperties")];
                let (value, _) = self.child(&steps, &alternatives, Place::Item(&place));
                Shape::Map(Arc::new(value))
            }
            (false, additional) => {
                let known = properties.into_iter().map(Merged::from).collect();
                self.record(known, additional, &[layers], place)
            }
        }
    }

    fn merged_objects(&mut self, arms: &[Arm<'a>], place: Place<'_>) -> Shape {
        let mut merged: Vec<Merged<'a>> = Vec::new();
        for (at, arm) in arms.iter().enumerate() {
            let properties = properties(&arm.layers);
            if properties.is_empty() || matches!(additional(&arm.layers), Additional::Of(_)) {
                return self.json("alternatives that cannot be told apart");
            }
            for known in &mut merged {
                known.required &= properties
                    .iter()
                    .any(|property| property.wire == known.wire && property.required);
            }
            for property in properties {
                match merged.iter_mut().find(|known| known.wire == property.wire) {
                    Some(known) => known.alternatives.push(property.schemas),
                    None => {
                        let required = property.required && at == 0;
                        merged.push(Merged {
                            wire: property.wire,
                            alternatives: vec![property.schemas],
                            required,
                        });
                    }
                }
            }
        }
        self.lose(
            "alternatives that cannot be told apart are one record, with the properties of all"
                .to_owned(),
        );
        let layers: Vec<&Layers<'a>> = arms.iter().map(|arm| &arm.layers).collect();
        self.record(merged, Additional::Closed, &layers, place)
    }

    fn record(
        &mut self,
        known: Vec<Merged<'a>>,
        additional: Additional<'a>,
        layers: &[&Layers<'a>],
        place: Place<'_>,
    ) -> Shape {
        if known.len() > MOST_FIELDS {
            return self.json(&format!("an object of more than {MOST_FIELDS} properties"));
        }
        let labels = names::labels(known.iter().map(|property| property.wire));
        // The wrapper of FastMCP is taken off again, and what is in it should bear its name.
        let wrapper =
            known.len() == 1 && known[0].wire == WRAPPED && matches!(place, Place::Root(_));
        let mut fields = Vec::with_capacity(known.len());
        for (property, (label, wire)) in known.into_iter().zip(labels) {
            let place = if wrapper {
                place
            } else {
                Place::Property(&place, &label)
            };
            let steps = [Step::Key("properties"), Step::Key(wire)];
            let (shape, docs) = if property.alternatives.iter().all(Vec::is_empty) {
                let depth = self.at.len();
                self.at.extend_from_slice(&steps);
                let shape = self.json("required, and described nowhere");
                self.at.truncate(depth);
                (shape, None)
            } else {
                self.child(&steps, &property.alternatives, place)
            };
            fields.push(Field {
                wire: wire.to_owned(),
                label,
                shape,
                required: property.required,
                docs,
            });
        }
        let rest = match additional {
            Additional::Closed | Additional::Open { said: false } => None,
            Additional::Open { said: true } => {
                self.lose(
                    "further properties of any kind are allowed, and are not expressed".to_owned(),
                );
                None
            }
            Additional::Of(alternatives) => {
                let label = free_label(&fields);
                let place = Place::Property(&place, &label);
                let (shape, _) =
                    self.child(&[Step::Key("additionalProperties")], &alternatives, place);
                Some((label, shape))
            }
        };
        let definition = layers.first().and_then(|layers| layers.name);
        let docs = match (layers, place) {
            // The tool or the field says the same thing already.
            (_, Place::Root(_)) => None,
            ([layers], Place::Property(..)) if layers.name.is_none() => None,
            ([layers], _) => layers.own_description().map(str::to_owned),
            _ => None,
        };
        Shape::Record(Arc::new(Record {
            name: place.name(definition),
            docs,
            fields,
            rest,
        }))
    }
}

/// The property in which FastMCP servers return what is no object.
const WRAPPED: &str = "result";

/// Whether this result is nothing but a wrapper around its only property.
pub(super) fn is_wrapper(record: &Record) -> bool {
    record.rest.is_none()
        && matches!(record.fields.as_slice(), [field] if field.wire == WRAPPED && field.required)
}

/// Whether no property is allowed, or none is known and the schema does not ask for free-form ones.
pub(super) fn is_empty(layers: &Layers<'_>) -> bool {
    properties(layers).is_empty()
        && matches!(
            additional(layers),
            Additional::Closed | Additional::Open { said: false }
        )
}

/// A property that some layer knows.
pub(super) struct Property<'a> {
    pub(super) wire: &'a str,
    /// All of them hold. None: the property is required and not described.
    pub(super) schemas: Vec<&'a Value>,
    pub(super) required: bool,
}

/// The same over several arms: one of the conjunctions holds.
struct Merged<'a> {
    wire: &'a str,
    alternatives: Vec<Vec<&'a Value>>,
    required: bool,
}

impl<'a> From<Property<'a>> for Merged<'a> {
    fn from(property: Property<'a>) -> Self {
        Self {
            wire: property.wire,
            alternatives: vec![property.schemas],
            required: property.required,
        }
    }
}

/// The properties of an object, in the order of the schema.
pub(super) fn properties<'a>(layers: &Layers<'a>) -> Vec<Property<'a>> {
    let mut out: Vec<Property<'a>> = Vec::new();
    for (at, layer) in layers.all.iter().enumerate() {
        let Some(properties) = layer.properties else {
            continue;
        };
        out.reserve(properties.len());
        for (wire, schema) in properties {
            let known = if at == 0 {
                None
            } else {
                out.iter_mut().find(|known| known.wire == wire)
            };
            match known {
                Some(known) => known.schemas.push(schema),
                None => out.push(Property {
                    wire,
                    schemas: vec![schema],
                    required: false,
                }),
            }
        }
    }
    for layer in &layers.all {
        for wire in layer
            .required
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
        {
            match out.iter_mut().find(|known| known.wire == wire) {
                Some(known) => known.required = true,
                None => out.push(Property {
                    wire,
                    schemas: Vec::new(),
                    required: true,
                }),
            }
        }
    }
    // A property that must not be there has no field.
    out.retain(|property| property.required || !property.schemas.contains(&&Value::Bool(false)));
    out
}

/// What properties an object may have beside the known ones.
pub(super) enum Additional<'a> {
    /// Any; `said` where the schema says so, and does not just say nothing.
    Open {
        /// The schema has `additionalProperties: true` or the like.
        said: bool,
    },
    Closed,
    /// Those for which one of these conjunctions holds.
    Of(Vec<Vec<&'a Value>>),
}

pub(super) fn additional<'a>(layers: &Layers<'a>) -> Additional<'a> {
    let mut said = false;
    let mut closed = false;
    let mut all: Vec<&'a Value> = Vec::new();
    let mut patterns: Vec<Vec<&'a Value>> = Vec::new();
    for layer in &layers.all {
        match layer.additional {
            None => {}
            Some(Value::Bool(false)) => closed = true,
            Some(Value::Bool(true)) => said = true,
            Some(Value::Object(map)) if map.is_empty() => said = true,
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
        // Which pattern a name matches is not expressed, so every value may be of any pattern's kind.
        (false, true, true) => Additional::Of(patterns),
        (false, _, _) => {
            patterns.push(all);
            Additional::Of(patterns)
        }
    }
}

/// A label for the map of further properties that no field has.
fn free_label(fields: &[Field]) -> String {
    let free = |label: &String| fields.iter().all(|field| &field.label != label);
    let plain = ["additional", "additional-properties"]
        .into_iter()
        .map(str::to_owned);
    let counted = (2_usize..).map(|count| format!("additional-properties{count}"));
    plain.chain(counted).find(free).unwrap_or_default()
}
