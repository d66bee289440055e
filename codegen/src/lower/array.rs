//! Arrays: lists of one shape, and tuples.

use serde_json::Value;

use super::arms::Arm;
use super::layers::Layers;
use super::place::Place;
use super::walk::{Lower, Step};
use crate::shape::{Known, Shape};

/// Bindings derive `Debug` and the like for tuples up to this length.
const LONGEST_TUPLE: usize = 12;

impl<'a> Lower<'a> {
    /// The shape of an array that any of these arms allows.
    pub(super) fn array(&mut self, arms: &[Arm<'a>], place: Place<'_, 'a>) -> Shape<'a> {
        if let [arm] = arms {
            let elements = Elements::of(&arm.layers);
            match (elements.places, elements.rest.is_empty()) {
                (0, true) => return self.list_of_json(),
                (0, false) => return self.list(&[&elements.rest], place),
                (_, true) => return self.tuple(&arm.layers, elements, place),
                (_, false) => {}
            }
        }
        // Several arrays, or an array with positions and more elements after them: a list of all their element types.
        let mut alternatives: Vec<Vec<&'a Value>> = Vec::new();
        for arm in arms {
            let elements = Elements::of(&arm.layers);
            if elements.rest.is_empty() && elements.places == 0 {
                return self.list_of_json();
            }
            alternatives.extend((0..elements.places).map(|at| prefix(&arm.layers, at)));
            if !elements.rest.is_empty() {
                alternatives.push(elements.rest);
            }
        }
        let slices: Vec<&[&'a Value]> = alternatives.iter().map(Vec::as_slice).collect();
        self.list(&slices, place)
    }

    pub(super) fn list(
        &mut self,
        alternatives: &[&[&'a Value]],
        place: Place<'_, 'a>,
    ) -> Shape<'a> {
        let (item, _) = self.child(&[Step::Key("items")], alternatives, Place::Item(&place));
        Shape::List(Box::new(item))
    }

    fn tuple(
        &mut self,
        layers: &Layers<'a>,
        elements: Elements<'a>,
        place: Place<'_, 'a>,
    ) -> Shape<'a> {
        let length = elements.places;
        if length > LONGEST_TUPLE {
            let why = format!("a tuple of more than {LONGEST_TUPLE} elements");
            return self.json_of(Known::Array, &why);
        }
        if elements.least < length.try_into().unwrap_or(u64::MAX) || !elements.closed {
            self.lose(format!(
                "an array of other than {length} elements is not expressed"
            ));
        }
        let shapes = (0..length)
            .map(|at| {
                let steps = [Step::Key("prefixItems"), Step::Index(at)];
                self.child(&steps, &[&prefix(layers, at)], Place::Item(&place))
                    .0
            })
            .collect();
        Shape::Tuple(shapes)
    }

    fn list_of_json(&mut self) -> Shape<'a> {
        self.at.push(Step::Key("items"));
        let item = self.json("the elements have no schema");
        self.at.pop();
        Shape::List(Box::new(item))
    }
}

/// The layers' keywords about the elements of an array.
struct Elements<'a> {
    /// How many positions have schemas of their own.
    places: usize,
    /// The schemas of every element after them.
    rest: Vec<&'a Value>,
    least: u64,
    /// Whether no element may follow the positions.
    closed: bool,
}

impl<'a> Elements<'a> {
    fn of(layers: &Layers<'a>) -> Self {
        let mut out = Self {
            places: 0,
            rest: Vec::new(),
            least: 0,
            closed: false,
        };
        let mut most = u64::MAX;
        for layer in &layers.all {
            let (places, after) = match (layer.prefix_items, layer.items) {
                (Some(places), after) => (places, after),
                // The array form of `items`, before 2020-12.
                (None, Some(Value::Array(places))) => (places.as_slice(), layer.additional_items),
                (None, after) => (&[][..], after),
            };
            out.places = out.places.max(places.len());
            match after {
                Some(Value::Bool(false)) => {
                    most = most.min(places.len().try_into().unwrap_or(u64::MAX))
                }
                Some(Value::Bool(true)) | None => {}
                Some(schema) => out.rest.push(schema),
            }
            out.least = out.least.max(layer.min_items.unwrap_or(0));
            most = most.min(layer.max_items.unwrap_or(u64::MAX));
        }
        out.places = out.places.min(usize::try_from(most).unwrap_or(usize::MAX));
        out.closed = u64::try_from(out.places).is_ok_and(|places| most <= places);
        if out.closed && out.places > 0 {
            out.rest.clear();
        }
        out
    }
}

/// The schemas of one position.
fn prefix<'a>(layers: &Layers<'a>, at: usize) -> Vec<&'a Value> {
    let places = |layer: &super::keywords::Keywords<'a>| {
        layer
            .prefix_items
            .or_else(|| layer.items.and_then(Value::as_array).map(Vec::as_slice))
    };
    layers
        .all
        .iter()
        .filter_map(|layer| places(layer)?.get(at))
        .collect()
}
