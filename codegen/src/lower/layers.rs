//! The schema objects that apply to one value at once: the object itself, the targets of `$ref`, and every `allOf`.
//! Each object is included once, however often it is referred to, so doubling `allOf`s cost nothing. Never fetches: a
//! reference leads into the same document or fails.

use serde_json::Value;

use super::keywords::Keywords;
use super::refs::Definitions;

/// The most schema objects that one value may have to satisfy.
const MOST_LAYERS: usize = 256;

/// A conjunction of schema objects.
#[derive(Clone, Default)]
pub(super) struct Layers<'a> {
    pub(super) all: Vec<Keywords<'a>>,
    /// The last segment of the first reference that was followed: a readable name for the type.
    pub(super) name: Option<&'a str>,
    /// Whether one of the schemas is `false`.
    pub(super) never: bool,
    /// The `anyOf` and `oneOf` lists from which an alternative has been chosen.
    pub(super) chosen: Vec<*const Value>,
}

impl<'a> Layers<'a> {
    /// Adds the schemas and everything that they include.
    pub(super) fn add(
        &mut self,
        definitions: &Definitions<'a>,
        schemas: &[&'a Value],
    ) -> Result<(), String> {
        // Most schemas include no others, and then this allocates nothing.
        let mut pending: Vec<(&'a Value, bool)> = Vec::new();
        for &schema in schemas {
            let mut next = Some((schema, false));
            while let Some((schema, referred)) = next.take().or_else(|| pending.pop()) {
                let map = match schema {
                    Value::Object(map) => map,
                    Value::Bool(true) => continue,
                    Value::Bool(false) => {
                        self.never = true;
                        continue;
                    }
                    other => {
                        return Err(format!(
                            "a schema is an object or a boolean, and this is {}",
                            kind(other)
                        ));
                    }
                };
                if self.all.iter().any(|layer| std::ptr::eq(layer.map, map)) {
                    continue;
                }
                if self.all.len() == MOST_LAYERS {
                    return Err(format!("more than {MOST_LAYERS} schemas apply at once"));
                }
                let keywords = Keywords {
                    referred,
                    ..Keywords::read(map)
                };
                definitions.look(&keywords)?;
                if keywords.dynamic {
                    return Err("dynamic references are not followed".to_owned());
                }
                self.all.push(keywords);
                if let Some(list) = keywords.all_of {
                    let list = list.as_array().ok_or("`allOf` is not an array")?;
                    pending.extend(list.iter().rev().map(|schema| (schema, referred)));
                }
                if let Some(reference) = keywords.reference {
                    let reference = reference.as_str().ok_or("`$ref` is not a string")?;
                    let target = definitions.resolve(map, reference)?;
                    if self.name.is_none() {
                        self.name = reference.rsplit_once('/').map(|(_, name)| name);
                    }
                    pending.push((target, true));
                }
            }
        }
        Ok(())
    }

    pub(super) fn identity(&self) -> Identity {
        Identity::of(&self.all)
    }
}

/// The schemas of a conjunction, without annotations: the same set inside itself means recursion.
#[derive(PartialEq)]
pub(super) enum Identity {
    /// None of them constrains values.
    Nothing,
    /// The common case: one schema.
    One(usize),
    Several(Vec<usize>),
}

impl Identity {
    pub(super) fn of(layers: &[Keywords<'_>]) -> Self {
        let mut addresses = layers
            .iter()
            .filter(|layer| layer.structural)
            .map(|layer| std::ptr::from_ref(layer.map).addr());
        match (addresses.next(), addresses.next()) {
            (None, _) => Self::Nothing,
            (Some(only), None) => Self::One(only),
            (Some(first), Some(second)) => {
                let mut all: Vec<usize> = [first, second].into_iter().chain(addresses).collect();
                all.sort_unstable();
                Self::Several(all)
            }
        }
    }
}

/// The schema's own description: that of the definition if there is one, because the referring place describes its own
/// use.
pub(super) fn own_description<'a>(layers: &[Keywords<'a>], defined: bool) -> Option<&'a str> {
    layers
        .iter()
        .filter(|layer| layer.referred == defined)
        .find_map(|layer| layer.description)
        .filter(|text| !readable(text).is_empty())
}

/// The kind of a JSON value, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The first part of a description, up to the limit for readers.
pub(super) fn readable(text: &str) -> &str {
    const LONGEST: usize = 16_384;
    // Cut before it is trimmed: scanning a megabyte of blanks takes long.
    text[..text.floor_char_boundary(LONGEST)].trim()
}
