//! A value against a JSON Schema: types, enums, bounds, patterns, members, items, local references and combinations of
//! these. Resolves no reference to another document. Refuses only what the schema clearly rules out: a keyword that is
//! not known here says nothing. The schema is a skill's or a server's: work and depth are bounded, and past the bound
//! the value passes.

mod pattern;
mod scalar;
mod words;

use serde_json::{Map, Value};

use pattern::Patterns;
use scalar::{Fits, among, bounds, of_type};
pub use words::Misfit;
use words::{MOST, got, misfit, only, under, wanted};

/// How many schemas are applied to values in one check.
const WORK: usize = 100_000;

/// How deep schemas are nested or refer to each other.
const DEPTH: usize = 96;

/// The keywords that are read, or that say nothing of a value. Any other makes a check unsure.
const KNOWN: [&str; 45] = [
    "$ref",
    "$schema",
    "$id",
    "$anchor",
    "$defs",
    "definitions",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentMediaType",
    "contentEncoding",
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "pattern",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "items",
    "prefixItems",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
];

/// Whether the value conforms to the schema.
///
/// # Errors
///
/// The first place where it clearly does not.
pub fn conforms(schema: &Value, value: &Value) -> Result<(), Misfit> {
    let mut check = Check {
        root: schema,
        work: WORK,
        patterns: Patterns::default(),
    };
    check.value(schema, value, "", DEPTH).map(drop)
}

struct Check<'s> {
    root: &'s Value,
    work: usize,
    patterns: Patterns,
}

impl<'s> Check<'s> {
    /// Whether the value fits for sure, as far as can be said; an error where it does not for sure.
    fn value(&mut self, schema: &'s Value, value: &Value, at: &str, depth: usize) -> Fits {
        if self.work == 0 || depth == 0 {
            return Ok(false);
        }
        // A list of a schema is looked through for each value.
        let lists = ["enum", "required", "allOf", "anyOf", "oneOf"].into_iter();
        let lists = lists.filter_map(|key| schema.get(key).and_then(Value::as_array));
        let cost = 1 + lists.map(|list| list.len() / 16).sum::<usize>();
        self.work = self.work.saturating_sub(cost);
        let schema = match schema {
            Value::Bool(true) => return Ok(true),
            Value::Bool(false) => return Err(misfit(at, "nothing here".to_owned(), value)),
            Value::Object(schema) => schema,
            _ => return Ok(false),
        };
        let mut is_sure = schema.keys().all(|key| KNOWN.contains(&key.as_str()));
        if let Some(name) = schema.get("$ref") {
            let target = name.as_str().and_then(|name| self.target(name));
            is_sure &= match target {
                Some(target) => self.value(target, value, at, depth - 1)?,
                None => false,
            };
        }
        is_sure &= of_type(schema, value, at)?;
        is_sure &= among(schema, value, at)?;
        is_sure &= bounds(schema, value, at)?;
        is_sure &= scalar::pattern(schema, value, at, &mut self.patterns)?;
        is_sure &= match value {
            Value::Object(object) => self.object(schema, object, at, depth)?,
            Value::Array(items) => self.items(schema, items, at, depth)?,
            _ => true,
        };
        for part in list(schema, "allOf") {
            is_sure &= self.value(part, value, at, depth - 1)?;
        }
        for key in ["anyOf", "oneOf"] {
            is_sure &= self.any_of(list(schema, key), value, at, depth)?;
        }
        is_sure &= self.one_alone(list(schema, "oneOf"), value, at, depth)?;
        is_sure &= self.conditions(schema, value, at, depth)?;
        Ok(is_sure)
    }

    /// `not`, and `if` with `then` and `else`.
    fn conditions(
        &mut self,
        schema: &'s Map<String, Value>,
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Fits {
        let mut is_sure = true;
        if let Some(not) = schema.get("not") {
            match self.value(not, value, at, depth - 1) {
                Ok(true) => return Err(misfit(at, denied(not), value)),
                Ok(false) => is_sure = false,
                Err(_) => {}
            }
        }
        if let Some(condition) = schema.get("if") {
            let branch = match self.value(condition, value, at, depth - 1) {
                Ok(true) => schema.get("then"),
                Err(_) => schema.get("else"),
                Ok(false) => return Ok(false),
            };
            if let Some(branch) = branch {
                is_sure &= self.value(branch, value, at, depth - 1)?;
            }
        }
        Ok(is_sure)
    }

    fn object(
        &mut self,
        schema: &'s Map<String, Value>,
        object: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Fits {
        let properties = schema.get("properties").and_then(Value::as_object);
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            missing(object, properties, name, at)?;
        }
        let dependent = schema.get("dependentRequired").and_then(Value::as_object);
        for (name, needed) in dependent.into_iter().flatten() {
            if object.contains_key(name) {
                let needed = needed.as_array().into_iter().flatten();
                for name in needed.filter_map(Value::as_str) {
                    missing(object, properties, name, at)?;
                }
            }
        }
        let mut is_sure = true;
        for (name, value) in object {
            is_sure &= self.member(schema, properties, (name, value), at, depth)?;
        }
        Ok(is_sure)
    }

    /// One member: by its name, by patterns of names, or as one of the rest.
    fn member(
        &mut self,
        schema: &'s Map<String, Value>,
        properties: Option<&'s Map<String, Value>>,
        (name, value): (&str, &Value),
        at: &str,
        depth: usize,
    ) -> Fits {
        let place = under(at, name);
        let mut is_sure = true;
        if let Some(names) = schema.get("propertyNames") {
            let name = Value::String(name.to_owned());
            is_sure &= self.value(names, &name, &place, depth - 1)?;
        }
        let declared = properties.and_then(|known| known.get(name));
        let mut is_declared = declared.is_some();
        if let Some(declared) = declared {
            is_sure &= self.value(declared, value, &place, depth - 1)?;
        }
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for (pattern, declared) in patterns.into_iter().flatten() {
            match self.patterns.occurs(pattern, name) {
                Some(true) => {
                    is_declared = true;
                    is_sure &= self.value(declared, value, &place, depth - 1)?;
                }
                Some(false) => {}
                // It may be declared.
                None => (is_declared, is_sure) = (true, false),
            }
        }
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) if !is_declared => {
                let known = properties
                    .into_iter()
                    .flat_map(Map::keys)
                    .map(String::as_str);
                Err(Misfit {
                    at: place,
                    expected: only(name, known),
                    got: got(value),
                })
            }
            Some(rest) if !is_declared => Ok(is_sure & self.value(rest, value, &place, depth - 1)?),
            _ => Ok(is_sure),
        }
    }

    fn items(
        &mut self,
        schema: &'s Map<String, Value>,
        items: &[Value],
        at: &str,
        depth: usize,
    ) -> Fits {
        let first = list(schema, "prefixItems");
        let rest = schema.get("items");
        let mut is_sure = true;
        for (index, item) in items.iter().enumerate() {
            if let Some(declared) = first.get(index).or(rest) {
                is_sure &= self.value(declared, item, &format!("{at}/{index}"), depth - 1)?;
            }
        }
        Ok(is_sure)
    }

    /// The error of the only form that has the value's type, or all forms.
    fn any_of(&mut self, forms: &'s [Value], value: &Value, at: &str, depth: usize) -> Fits {
        let mut deeper = Vec::new();
        let mut fits = None;
        for form in forms {
            match self.value(form, value, at, depth - 1) {
                Ok(true) => return Ok(true),
                Ok(false) => fits = Some(false),
                Err(misfit) if misfit.at != at => deeper.push(misfit),
                Err(_) => {}
            }
        }
        match (forms, fits, deeper.len()) {
            ([], ..) => Ok(true),
            (_, Some(is_sure), _) => Ok(is_sure),
            (_, None, 1) => Err(deeper.remove(0)),
            (forms, ..) => {
                let mut names: Vec<_> = forms.iter().take(MOST).map(wanted).collect();
                names.dedup();
                Err(misfit(at, names.join(" or "), value))
            }
        }
    }

    /// Whether only one of these forms is that of the value, which [`Self::any_of`] has found.
    fn one_alone(&mut self, forms: &'s [Value], value: &Value, at: &str, depth: usize) -> Fits {
        let (mut sure, mut unsure) = (0, 0);
        for form in forms {
            match self.value(form, value, at, depth - 1) {
                Ok(true) => sure += 1,
                Ok(false) => unsure += 1,
                Err(_) => {}
            }
        }
        if sure > 1 {
            let expected = format!("exactly one of {} forms, and {sure} fit", forms.len());
            return Err(misfit(at, expected, value));
        }
        Ok(unsure == 0)
    }

    /// A reference into the same document.
    fn target(&self, reference: &str) -> Option<&'s Value> {
        self.root.pointer(reference.strip_prefix('#')?)
    }
}

/// An error if a required member is missing.
fn missing(
    object: &Map<String, Value>,
    properties: Option<&Map<String, Value>>,
    name: &str,
    at: &str,
) -> Result<(), Misfit> {
    if object.contains_key(name) {
        return Ok(());
    }
    let declared = properties.and_then(|known| known.get(name));
    Err(Misfit {
        at: under(at, name),
        expected: declared.map_or_else(|| "a value".to_owned(), wanted),
        got: "nothing: it is required".to_owned(),
    })
}

/// What `not` rules out, in a few words.
fn denied(not: &Value) -> String {
    let members: Vec<_> = not["required"].as_array().into_iter().flatten().collect();
    let members: Vec<_> = members
        .iter()
        .take(MOST)
        .map(|name| words::short(name))
        .collect();
    match (members.as_slice(), &not["const"], &not["enum"]) {
        ([one], ..) => format!("an object without {one}"),
        ([_, _, ..], ..) => format!("an object without all of {}", members.join(", ")),
        (_, Value::Null, Value::Null) => match wanted(not).as_str() {
            "a value of another form" => "a value that `not` does not rule out".to_owned(),
            wanted => format!("anything but {wanted} of the form that `not` rules out"),
        },
        (_, Value::Null, Value::Array(values)) => {
            let values: Vec<_> = values.iter().take(MOST).map(words::short).collect();
            format!("anything but {}", values.join(" or "))
        }
        (_, value, _) => format!("anything but {}", words::short(value)),
    }
}

fn list<'v>(schema: &'v Map<String, Value>, key: &str) -> &'v [Value] {
    schema
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
