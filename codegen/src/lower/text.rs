//! The text of a schema for people: the description, the default, and requirements that no WIT type expresses.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde_json::Value;

use super::arms::{Arm, json_type, values_of};
use super::beside::Beside;
use super::keywords::Keywords;
use super::layers::readable;
use super::scalar::Bounds;
use crate::names::shown;
use crate::shape::{JsonType, Shape};

/// A default or example longer than this many bytes is not repeated.
const LONGEST_VALUE: usize = 200;
/// The most values of an open enumeration that are listed.
const MOST_VALUES: usize = 20;

/// The documentation from the schemas of one value.
pub(super) struct Docs<'a> {
    /// Whether the description is the definition's, and does not describe this place.
    referred: bool,
    facts: Facts<'a>,
}

impl<'a> Docs<'a> {
    /// The documentation of a value with these arms. Its own schemas are the first `own` layers of each. If only one
    /// arm is not `null`, that arm's requirements apply to the value too.
    pub(super) fn of_arms(arms: &[Arm<'a>], own: usize, beside: Beside) -> Option<Self> {
        let mut solid = arms.iter().filter(|arm| arm.ty != Some(JsonType::Null));
        let arm = solid.next()?;
        let layers = arm.layers.all.as_slice();
        Some(match solid.next() {
            None => Self::of(layers, arm.ty, true, beside),
            Some(_) => Self::of(&layers[..own.min(layers.len())], arm.ty, false, beside),
        })
    }

    /// The documentation of a value to which these schemas apply. Not `alone`: there are others, and `ty` is not its
    /// only type.
    pub(super) fn of(
        layers: &[Keywords<'a>],
        ty: Option<JsonType>,
        alone: bool,
        beside: Beside,
    ) -> Self {
        let described = layers
            .iter()
            .find_map(|layer| Some((readable(layer.description?), layer.referred)));
        let (description, referred) = described.unwrap_or_default();
        let mut facts = Facts {
            description,
            text: String::new(),
        };
        layers
            .iter()
            .filter(|layer| layer.noted)
            .for_each(|layer| facts.notes(layer));
        if alone {
            let listed = layers.iter().any(|layer| values_of(layer).is_some());
            layers.iter().for_each(|layer| facts.values(layer, ty));
            if !listed {
                facts.bounds(layers, ty, beside);
            }
            layers.iter().for_each(|layer| facts.lengths(layer));
        }
        Self { referred, facts }
    }

    /// The text for a value of this shape. A record carries the description of its definition itself.
    pub(super) fn beside(self, shape: &Shape<'_>) -> Option<Cow<'a, str>> {
        let record = match shape {
            Shape::Nullable(shape) => matches!(**shape, Shape::Record(_)),
            shape => matches!(shape, Shape::Record(_)),
        };
        self.facts.finish(record && self.referred)
    }
}

/// A description, and after it facts in a few words each.
struct Facts<'a> {
    description: &'a str,
    /// Empty without facts; otherwise the description on a line of its own, and the facts.
    text: String,
}

impl<'a> Facts<'a> {
    fn push(&mut self, fact: fmt::Arguments<'_>) {
        if self.text.is_empty() {
            // Most values have two or three facts, and they fit in this.
            self.text.reserve(self.description.len() + 48);
            if !self.description.is_empty() {
                self.text.push_str(self.description);
                self.text.push('\n');
            }
        } else {
            self.text.push_str("; ");
        }
        let _ = self.text.write_fmt(fact);
    }

    /// The description and a sentence of the facts, or only the latter.
    fn finish(mut self, only_facts: bool) -> Option<Cow<'a, str>> {
        if self.text.is_empty() {
            let described = !only_facts && !self.description.is_empty();
            return described.then_some(Cow::Borrowed(self.description));
        }
        let start = self.description.len() + usize::from(!self.description.is_empty());
        if let Some(first) = self.text.get_mut(start..=start) {
            first.make_ascii_uppercase();
        }
        self.text.push('.');
        if only_facts {
            self.text.drain(..start);
        }
        Some(Cow::Owned(self.text))
    }

    fn notes(&mut self, layer: &Keywords<'_>) {
        let (mut characters, mut properties) = ((None, None), (None, None));
        for (key, value) in layer.map {
            match (key.as_str(), value) {
                ("default", Value::Null) => {}
                ("default", default) => self.default(default),
                ("pattern", Value::String(pattern)) if pattern.len() <= LONGEST_VALUE => {
                    self.push(format_args!("pattern `{pattern}`"));
                }
                ("format", Value::String(format)) => {
                    self.push(format_args!("format `{}`", shown(format)))
                }
                ("contentEncoding", Value::String(encoding)) => {
                    self.push(format_args!("encoded as `{}`", shown(encoding)))
                }
                ("contentMediaType", Value::String(media)) => {
                    self.push(format_args!("media type `{}`", shown(media)))
                }
                ("multipleOf", Value::Number(step)) => {
                    self.push(format_args!("a multiple of {step}"))
                }
                ("uniqueItems", Value::Bool(true)) => self.push(format_args!("no element twice")),
                ("deprecated", Value::Bool(true)) => self.push(format_args!("deprecated")),
                ("readOnly", Value::Bool(true)) => self.push(format_args!("read-only")),
                ("writeOnly", Value::Bool(true)) => self.push(format_args!("write-only")),
                ("minLength", Value::Number(_)) => characters.0 = Some(value),
                ("maxLength", Value::Number(_)) => characters.1 = Some(value),
                ("minProperties", Value::Number(_)) => properties.0 = Some(value),
                ("maxProperties", Value::Number(_)) => properties.1 = Some(value),
                _ => {}
            }
        }
        self.range(characters.0, characters.1, "character");
        self.range(properties.0, properties.1, "property");
    }

    fn default(&mut self, default: &Value) {
        match default {
            // These are short, and their text needs no check.
            Value::Bool(default) => self.push(format_args!("default `{default}`")),
            Value::Number(default) => self.push(format_args!("default `{default}`")),
            default => {
                if let Some(default) = short(default) {
                    self.push(format_args!("default `{default}`"));
                }
            }
        }
    }

    fn lengths(&mut self, layer: &Keywords<'_>) {
        let count = |count: Option<u64>| count.map(Value::from);
        let (least, most) = (
            count(layer.min_items.filter(|least| *least > 0)),
            count(layer.max_items),
        );
        self.range(least.as_ref(), most.as_ref(), "element");
    }

    fn range(&mut self, least: Option<&Value>, most: Option<&Value>, of: &str) {
        let count = |number: &Value| match (number.as_u64(), of) {
            (Some(1), of) => format!("1 {of}"),
            (_, "property") => format!("{number} properties"),
            (_, of) => format!("{number} {of}s"),
        };
        match (least, most) {
            (Some(least), Some(most)) if least == most => {
                self.push(format_args!("exactly {}", count(most)))
            }
            (Some(least), Some(most)) => self.push(format_args!("{least} to {}", count(most))),
            (Some(least), None) => self.push(format_args!("at least {}", count(least))),
            (None, Some(most)) => self.push(format_args!("at most {}", count(most))),
            (None, None) => {}
        }
    }

    fn bounds(&mut self, layers: &[Keywords<'a>], ty: Option<JsonType>, beside: Beside) {
        if (ty, beside) == (Some(JsonType::Integer), Beside::TypeScript) {
            self.push(format_args!("an integer"));
        }
        match ty {
            Some(JsonType::Integer) => {
                let bounds = Bounds::of(layers);
                let (least, greatest) = bounds.int().range();
                // Bounds that the type already states are omitted.
                let shown = |bound: Option<i128>, limit: i128| {
                    let typed = |bound: &i128| *bound == limit && beside == Beside::Wit;
                    let said =
                        |bound: &i128| typed(bound) || bound.unsigned_abs() >= Bounds::UNBOUNDED;
                    bound.filter(|bound| !said(bound))
                };
                self.between(shown(bounds.least, least), shown(bounds.greatest, greatest));
            }
            Some(JsonType::Number) => {
                for layer in layers {
                    let shown = |bound: Option<&'a Value>| bound.filter(|bound| bound.is_number());
                    self.between(shown(layer.minimum), shown(layer.maximum));
                    if let Some(bound) = shown(layer.exclusive_minimum) {
                        self.push(format_args!("greater than {bound}"));
                    }
                    if let Some(bound) = shown(layer.exclusive_maximum) {
                        self.push(format_args!("less than {bound}"));
                    }
                }
            }
            _ => {}
        }
    }

    fn between(&mut self, least: Option<impl fmt::Display>, greatest: Option<impl fmt::Display>) {
        match (least, greatest) {
            (Some(least), Some(greatest)) => self.push(format_args!("{least} to {greatest}")),
            (Some(least), None) => self.push(format_args!("at least {least}")),
            (None, Some(greatest)) => self.push(format_args!("at most {greatest}")),
            (None, None) => {}
        }
    }

    /// The values of an enumeration that does not become a WIT enum.
    fn values(&mut self, layer: &Keywords<'_>, ty: Option<JsonType>) {
        let Some(values) = values_of(layer) else {
            return;
        };
        if ty == Some(JsonType::String) {
            return;
        }
        let shown: Vec<String> = values
            .iter()
            .filter(|value| ty.is_none_or(|ty| ty == json_type(value) || ty == JsonType::Number))
            .take(MOST_VALUES)
            .filter_map(short)
            .map(|value| format!("`{value}`"))
            .collect();
        match shown.as_slice() {
            [] => {}
            [only] => self.push(format_args!("always {only}")),
            several => self.push(format_args!("one of {}", several.join(", "))),
        }
    }
}

/// The value as JSON, unless it is too long to repeat.
fn short(value: &Value) -> Option<String> {
    let mut left = LONGEST_VALUE;
    fits(value, &mut left)
        .then(|| value.to_string())
        .filter(|text| text.len() <= LONGEST_VALUE)
}

/// Whether the value's JSON is at most this long. Stops at the limit, because a default may have megabytes.
fn fits(value: &Value, left: &mut usize) -> bool {
    let mut spend = |bytes: usize| left.checked_sub(bytes).map(|rest| *left = rest).is_some();
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => spend(1),
        Value::String(text) => spend(text.len() + 2),
        Value::Array(values) => spend(2) && values.iter().all(|value| fits(value, left)),
        Value::Object(map) => {
            spend(2)
                && map
                    .iter()
                    .all(|(key, value)| key.len() <= LONGEST_VALUE && fits(value, left))
        }
    }
}
