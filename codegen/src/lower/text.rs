//! What a schema says to people: the description, the default, and demands that no WIT type makes.

use serde_json::Value;

use super::arms::{Arm, json_type, values_of};
use super::keywords::Keywords;
use super::scalar::Bounds;
use crate::shape::{JsonType, Shape};

/// A default or example longer than this many bytes is not repeated.
const LONGEST_VALUE: usize = 200;
/// So many of the values of an open enumeration are listed.
const MOST_VALUES: usize = 20;

/// Whether the keyword is one that [`Docs`] looks up.
pub(super) fn is_note(key: &str) -> bool {
    matches!(
        key,
        "default"
            | "pattern"
            | "format"
            | "minLength"
            | "maxLength"
            | "multipleOf"
            | "uniqueItems"
            | "contentEncoding"
            | "contentMediaType"
            | "deprecated"
            | "readOnly"
            | "writeOnly"
            | "minProperties"
            | "maxProperties"
    )
}

/// What the schemas of one value say about it.
pub(super) struct Docs<'a> {
    description: &'a str,
    /// The description is the definition's, and says nothing of this place.
    referred: bool,
    facts: Facts,
}

impl<'a> Docs<'a> {
    /// The documentation of a value with these arms. Its own schemas are the first `own` layers of each; where
    /// only one arm is not `null`, that arm's demands hold for the value too.
    pub(super) fn of(arms: &[Arm<'a>], own: usize) -> Option<Self> {
        let mut solid = arms.iter().filter(|arm| arm.ty != Some(JsonType::Null));
        let arm = solid.next()?;
        let alone = solid.next().is_none();
        let layers = if alone {
            arm.layers.all.as_slice()
        } else {
            &arm.layers.all[..own.min(arm.layers.all.len())]
        };

        let described = layers
            .iter()
            .find_map(|layer| Some((layer.description?.trim(), layer.referred)));
        let (description, referred) = described.unwrap_or_default();
        let mut facts = Facts::default();
        layers
            .iter()
            .filter(|layer| layer.noted)
            .for_each(|layer| facts.notes(layer));
        if alone {
            let listed = layers.iter().any(|layer| values_of(layer).is_some());
            layers.iter().for_each(|layer| facts.values(layer, arm.ty));
            if !listed {
                facts.bounds(arm);
            }
            layers.iter().for_each(|layer| facts.lengths(layer));
        }
        Some(Self {
            description,
            referred,
            facts,
        })
    }

    /// The text beside a value of this shape. A record has the description of its definition itself.
    pub(super) fn beside(self, shape: &Shape) -> Option<String> {
        let record = match shape {
            Shape::Nullable(shape) => matches!(**shape, Shape::Record(_)),
            shape => matches!(shape, Shape::Record(_)),
        };
        let description = if record && self.referred {
            ""
        } else {
            self.description
        };
        match (description.is_empty(), self.facts.text.is_empty()) {
            (true, true) => None,
            (false, true) => Some(description.to_owned()),
            (true, false) => Some(self.facts.sentence()),
            (false, false) => Some(format!("{description}\n{}", self.facts.sentence())),
        }
    }
}

/// Facts in a few words each, one after the other.
#[derive(Default)]
struct Facts {
    text: String,
}

impl Facts {
    fn push(&mut self, fact: &str) {
        if !self.text.is_empty() {
            self.text.push_str("; ");
        }
        self.text.push_str(fact);
    }

    fn sentence(mut self) -> String {
        if let Some(first) = self.text.get(..1) {
            let first = first.to_ascii_uppercase();
            self.text.replace_range(..1, &first);
        }
        self.text.push('.');
        self.text
    }

    fn notes(&mut self, layer: &Keywords<'_>) {
        let text = |key: &str| layer.map.get(key).and_then(Value::as_str);
        let flag = |key: &str| layer.map.get(key) == Some(&Value::Bool(true));
        let value = |key: &str| layer.map.get(key).filter(|value| !value.is_null());
        if let Some(default) = value("default").and_then(short) {
            self.push(&format!("default `{default}`"));
        }
        if let Some(format) = text("format") {
            self.push(&format!("format `{format}`"));
        }
        if let Some(pattern) = text("pattern").filter(|pattern| pattern.len() <= LONGEST_VALUE) {
            self.push(&format!("pattern `{pattern}`"));
        }
        self.range(value("minLength"), value("maxLength"), "character");
        self.range(value("minProperties"), value("maxProperties"), "property");
        if let Some(step) = value("multipleOf") {
            self.push(&format!("a multiple of {step}"));
        }
        if flag("uniqueItems") {
            self.push("no element twice");
        }
        if let Some(encoding) = text("contentEncoding") {
            self.push(&format!("encoded as `{encoding}`"));
        }
        if let Some(media) = text("contentMediaType") {
            self.push(&format!("media type `{media}`"));
        }
        for (key, words) in [
            ("deprecated", "deprecated"),
            ("readOnly", "read-only"),
            ("writeOnly", "write-only"),
        ] {
            if flag(key) {
                self.push(words);
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
                self.push(&format!("exactly {}", count(most)))
            }
            (Some(least), Some(most)) => self.push(&format!("{least} to {}", count(most))),
            (Some(least), None) => self.push(&format!("at least {}", count(least))),
            (None, Some(most)) => self.push(&format!("at most {}", count(most))),
            (None, None) => {}
        }
    }

    fn bounds(&mut self, arm: &Arm<'_>) {
        match arm.ty {
            Some(JsonType::Integer) => {
                let bounds = Bounds::of(arm);
                let (least, greatest) = bounds.int().range();
                // What the type says already is not said again.
                let shown = |bound: Option<i128>, limit: i128| {
                    let said =
                        |bound: &i128| *bound == limit || bound.unsigned_abs() >= Bounds::UNBOUNDED;
                    bound
                        .filter(|bound| !said(bound))
                        .map(|bound| bound.to_string())
                };
                self.between(shown(bounds.least, least), shown(bounds.greatest, greatest));
            }
            Some(JsonType::Number) => {
                for layer in &arm.layers.all {
                    let shown = |bound: Option<&Value>| {
                        bound
                            .filter(|bound| bound.is_number())
                            .map(ToString::to_string)
                    };
                    self.between(shown(layer.minimum), shown(layer.maximum));
                    if let Some(bound) = shown(layer.exclusive_minimum) {
                        self.push(&format!("greater than {bound}"));
                    }
                    if let Some(bound) = shown(layer.exclusive_maximum) {
                        self.push(&format!("less than {bound}"));
                    }
                }
            }
            _ => {}
        }
    }

    fn between(&mut self, least: Option<String>, greatest: Option<String>) {
        match (least, greatest) {
            (Some(least), Some(greatest)) => self.push(&format!("{least} to {greatest}")),
            (Some(least), None) => self.push(&format!("at least {least}")),
            (None, Some(greatest)) => self.push(&format!("at most {greatest}")),
            (None, None) => {}
        }
    }

    /// The values of an enumeration that is no WIT enum.
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
            [only] => self.push(&format!("always {only}")),
            several => self.push(&format!("one of {}", several.join(", "))),
        }
    }
}

fn short(value: &Value) -> Option<String> {
    let text = value.to_string();
    (text.len() <= LONGEST_VALUE).then_some(text)
}
