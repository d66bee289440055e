//! Objects: records, maps, and records with a map of further properties.

use serde_json::Value;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::arms::Arm;
use super::keywords::Keywords;
use super::layers::{Identity, own_description, readable};
use super::place::Place;
use super::properties::{Additional, Properties, Property, Schemas, additional, properties};
use super::walk::{Around, Lower, Step};
use crate::names;
use crate::shape::{Field, Known, Record, Shape};

/// The most fields of a record. WIT allows ten thousand, but bindings are usable only with far fewer.
const MOST_FIELDS: usize = 1_000;

impl<'a> Lower<'a> {
    /// The shape of an object that any of these arms allows. Several arms cannot be distinguished, and are merged.
    pub(super) fn object(&mut self, arms: &[Arm<'a>], place: Place<'_, 'a>) -> Shape<'a> {
        let (known, level) = (self.around.len(), self.level());
        for arm in arms {
            let identity = arm.layers.identity();
            if let Some(outer) = self.outer(&identity, known) {
                self.around.truncate(known);
                // Of several arms, the others may be objects that do not contain themselves.
                let again = if arms.len() == 1 {
                    outer
                } else {
                    Known::Object
                };
                return self.json_of(again, CONTAINS_ITSELF);
            }
            self.around.push(Around { identity, level });
        }
        let shape = match arms {
            [arm] => self.properties_of(&arm.layers.all, arm.layers.name, place),
            _ => self.merged_objects(arms, place),
        };
        self.around.truncate(known);
        shape
    }

    /// The shape of an object to which only this one schema applies.
    pub(super) fn plain_object(
        &mut self,
        keywords: &Keywords<'a>,
        place: Place<'_, 'a>,
    ) -> Shape<'a> {
        let layers = std::slice::from_ref(keywords);
        let identity = Identity::of(layers);
        if let Some(outer) = self.outer(&identity, self.around.len()) {
            return self.json_of(outer, CONTAINS_ITSELF);
        }
        let level = self.level();
        self.around.push(Around { identity, level });
        let shape = self.properties_of(layers, None, place);
        self.around.pop();
        shape
    }

    /// The object of this identity that contains the current one, among the first `known` arms.
    fn outer(&self, identity: &Identity, known: usize) -> Option<Known> {
        if *identity == Identity::Nothing {
            return None;
        }
        let mut arms = self.around[..known].iter().rev();
        let outer = arms.find(|around| around.identity == *identity)?;
        let nearest = self.around[..known].last()?;
        Some(Known::Again(nearest.level - outer.level))
    }

    /// The shape of an object to which all these schemas apply, reached by a reference to `definition` or directly.
    fn properties_of(
        &mut self,
        layers: &[Keywords<'a>],
        definition: Option<&'a str>,
        place: Place<'_, 'a>,
    ) -> Shape<'a> {
        let properties = properties(layers);
        match (properties.is_empty(), additional(layers)) {
            (true, Additional::Open { .. }) => self.json_of(Known::Object, "a free-form object"),
            (true, Additional::Closed) => {
                self.json_of(Known::Empty, "an object without properties")
            }
            (true, Additional::Of(alternatives)) => {
                let steps = [Step::Key("additionalProperties")];
                let (value, _) = self.child(&steps, &slices(&alternatives), Place::Item(&place));
                Shape::Map(Box::new(value))
            }
            (false, additional) => {
                let docs = match place {
                    // The tool or the field has the same text already.
                    Place::Root(..) => None,
                    Place::Property(..) if definition.is_none() => None,
                    _ => own_description(layers, definition.is_some()),
                };
                let docs = self.definitions.afford(docs.map(readable));
                self.record(properties, additional, (definition, docs), place)
            }
        }
    }

    fn merged_objects(&mut self, arms: &[Arm<'a>], place: Place<'_, 'a>) -> Shape<'a> {
        let mut merged = Properties::with_capacity(0);
        let mut required: HashMap<&str, usize> = HashMap::new();
        for arm in arms {
            let properties = properties(&arm.layers.all);
            if properties.is_empty() || matches!(additional(&arm.layers.all), Additional::Of(_)) {
                return self.json_of(Known::Object, "alternatives that cannot be told apart");
            }
            for property in properties {
                *required.entry(property.wire).or_default() += usize::from(property.required);
                merged.entry(property.wire).others.push(property.schemas);
            }
        }
        self.lose(
            "alternatives that cannot be told apart are one record, with the properties of all"
                .to_owned(),
        );
        for property in &mut merged.list {
            property.required = required.get(property.wire) == Some(&arms.len());
            property.schemas = property.others.pop().unwrap_or_default();
        }
        let definition = arms.first().and_then(|arm| arm.layers.name);
        self.record(merged.list, Additional::Closed, (definition, None), place)
    }

    fn record(
        &mut self,
        known: Vec<Property<'a>>,
        additional: Additional<'a>,
        (definition, docs): (Option<&'a str>, Option<&'a str>),
        place: Place<'_, 'a>,
    ) -> Shape<'a> {
        if known.len() > MOST_FIELDS {
            let why = format!("an object of more than {MOST_FIELDS} properties");
            return self.json_of(Known::Object, &why);
        }
        let labels = names::labels(known.iter().map(|property| property.wire));
        // The wrapper of FastMCP is removed, and its contents get its name.
        let wrapper =
            known.len() == 1 && known[0].wire == WRAPPED && matches!(place, Place::Root(..));
        let mut fields = Vec::with_capacity(known.len());
        for (property, (label, wire)) in known.into_iter().zip(labels) {
            let place = if wrapper {
                place
            } else {
                Place::Property(&place, &label)
            };
            let steps = [Step::Key("properties"), Step::Key(wire)];
            let (shape, docs) = self.property(&steps, &property, place);
            fields.push(Field {
                wire,
                label,
                only: property.only(&shape),
                deprecated: property.deprecated(),
                shape,
                required: property.required,
                docs,
            });
        }
        let open = matches!(additional, Additional::Open { said: true });
        let rest = match additional {
            Additional::Closed | Additional::Open { said: false } => None,
            Additional::Open { said: true } => {
                self.lose(
                    "further properties of any kind are allowed, and are not expressed".to_owned(),
                );
                None
            }
            Additional::Of(alternatives) => {
                let label = Cow::Owned(free_label(&fields));
                let place = Place::Property(&place, &label);
                let (shape, _) = self.child(
                    &[Step::Key("additionalProperties")],
                    &slices(&alternatives),
                    place,
                );
                Some((label, shape))
            }
        };
        Shape::Record(Box::new(Record {
            name: place.name(definition),
            docs,
            fields,
            rest,
            open,
        }))
    }

    fn property(
        &mut self,
        steps: &[Step<'a>],
        property: &Property<'a>,
        place: Place<'_, 'a>,
    ) -> (Shape<'a>, Option<Cow<'a, str>>) {
        let own = property.schemas.as_slice();
        if property.others.is_empty() && !own.is_empty() {
            return self.child(steps, &[own], place);
        }
        let others = property.others.iter().map(Schemas::as_slice);
        let all: Vec<&[&'a Value]> = others.chain([own]).collect();
        if all.iter().any(|schemas| !schemas.is_empty()) {
            return self.child(steps, &all, place);
        }
        let depth = self.at.len();
        self.at.extend_from_slice(steps);
        let shape = self.json("required, and described nowhere");
        self.at.truncate(depth);
        (shape, None)
    }
}

const CONTAINS_ITSELF: &str = "it contains itself, which no WIT type can";

/// The property in which FastMCP servers return results that are not objects.
const WRAPPED: &str = "result";

/// Takes the only property out of a result that is just a wrapper around it.
pub(super) fn unwrapped<'a>(record: &mut Record<'a>) -> Option<Field<'a>> {
    let wrapper = record.rest.is_none()
        && matches!(record.fields.as_slice(), [field] if field.wire == WRAPPED && field.required);
    if wrapper { record.fields.pop() } else { None }
}

fn slices<'s, 'a>(alternatives: &'s [Vec<&'a Value>]) -> Vec<&'s [&'a Value]> {
    alternatives.iter().map(Vec::as_slice).collect()
}

/// An unused label for the map of further properties.
fn free_label(fields: &[Field<'_>]) -> String {
    let taken: HashSet<&str> = fields.iter().map(|field| &*field.label).collect();
    let plain = ["additional", "additional-properties"]
        .into_iter()
        .map(str::to_owned);
    let counted = (2_usize..).map(|count| format!("additional-properties{count}"));
    plain
        .chain(counted)
        .find(|label| !taken.contains(label.as_str()))
        .unwrap_or_default()
}
