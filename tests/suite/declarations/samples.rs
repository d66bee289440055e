//! Values that a JSON Schema takes and one that it refuses, made from the schema alone: the generator's reading of it
//! plays no part. Every value is checked by a validator before it counts.

use serde_json::{Map, Value, json};

/// The deepest part of a value.
const DEEPEST: usize = 8;

/// Values for one schema.
pub(super) struct Samples {
    /// The smallest object, and one with every property.
    pub(super) valid: Vec<Value>,
    /// A valid object with one property of a wrong type, or a property where there is none.
    pub(super) invalid: Option<Value>,
}

impl Samples {
    pub(super) fn of(schema: &Value) -> Self {
        let validator = jsonschema::validator_for(schema).unwrap();
        let maker = Maker { root: schema };
        let made = [false, true].map(|full| maker.value(schema, full, 0).unwrap_or(json!({})));
        let mut valid: Vec<Value> = Vec::new();
        for value in made {
            if value.is_object() && validator.is_valid(&value) && !valid.contains(&value) {
                valid.push(value);
            }
        }
        let invalid = valid.last().and_then(|valid| broken(&validator, valid));
        let invalid = invalid.or_else(|| {
            let none = schema
                .get("properties")
                .is_none_or(|known| known == &json!({}));
            let open = schema
                .get("additionalProperties")
                .is_some_and(|more| more != &json!(false));
            (none && !open && schema["type"] == "object").then(|| json!({"no_such_argument": 1}))
        });
        Self { valid, invalid }
    }
}

/// The object with a property of another JSON type, which the schema refuses.
fn broken(validator: &jsonschema::Validator, valid: &Value) -> Option<Value> {
    let wrong = [
        json!("wrong"),
        json!(true),
        json!({"wrong": true}),
        json!(17.5),
    ];
    for (key, value) in valid.as_object()? {
        for wrong in &wrong {
            let mut broken = valid.clone();
            broken[key] = wrong.clone();
            if std::mem::discriminant(wrong) != std::mem::discriminant(value)
                && !validator.is_valid(&broken)
            {
                return Some(broken);
            }
        }
    }
    None
}

struct Maker<'s> {
    root: &'s Value,
}

impl Maker<'_> {
    /// A value of the schema: with everything that it names if `full`, else with what it demands. `None`: there is
    /// none.
    fn value(&self, schema: &Value, full: bool, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        let Some(map) = schema.as_object() else {
            return (schema == &Value::Bool(true)).then(|| json!("any"));
        };
        if let Some(reference) = map.get("$ref") {
            let target = self.root.pointer(reference.as_str()?.strip_prefix('#')?)?;
            return self.value(target, full, depth + 1);
        }
        if let Some(value) = map.get("const") {
            return Some(value.clone());
        }
        if let Some(values) = map.get("enum") {
            let values = values.as_array()?;
            return if full { values.last() } else { values.first() }.cloned();
        }
        let choices = map.get("anyOf").or_else(|| map.get("oneOf"));
        if let Some(choices) = choices.and_then(Value::as_array) {
            let rest: Map<String, Value> = map
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "anyOf" | "oneOf"))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            let own = self.value(&Value::Object(rest), full, depth + 1);
            let mut each = choices
                .iter()
                .filter_map(|choice| self.value(choice, full, depth + 1));
            return Some(both(own, each.next()?));
        }
        if let Some(all) = map.get("allOf").and_then(Value::as_array) {
            let each = all.iter().map(|schema| self.value(schema, full, depth + 1));
            return each.reduce(|a, b| Some(both(a, b?)))?;
        }
        let kind = match map.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().find(|kind| *kind != "null")?.as_str()?,
            Some(kind) => kind.as_str()?,
            None if map.contains_key("properties") => "object",
            None => return Some(json!("any")),
        };
        match kind {
            "object" => self.object(map, full, depth),
            "array" => self.array(map, full, depth),
            "string" => Some(text(map).into()),
            "integer" | "number" => Some(number(map)),
            "boolean" => Some(true.into()),
            "null" => Some(Value::Null),
            _ => None,
        }
    }

    fn object(&self, map: &Map<String, Value>, full: bool, depth: usize) -> Option<Value> {
        let required = map.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
        let mut out = Map::new();
        for (name, schema) in map
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            match self.value(schema, full, depth + 1) {
                Some(value) if full || is_required(name) => drop(out.insert(name.clone(), value)),
                None if is_required(name) => return None,
                _ => {}
            }
        }
        if let Some(more @ Value::Object(_)) = map.get("additionalProperties")
            && full
        {
            out.insert("further".to_owned(), self.value(more, full, depth + 1)?);
        }
        Some(Value::Object(out))
    }

    fn array(&self, map: &Map<String, Value>, full: bool, depth: usize) -> Option<Value> {
        let mut out = Vec::new();
        for schema in map
            .get("prefixItems")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            out.push(self.value(schema, full, depth + 1)?);
        }
        let least = map.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let least = usize::try_from(least)
            .ok()?
            .max(usize::from(full && out.is_empty()));
        while out.len() < least {
            match map
                .get("items")
                .map_or(Some(json!(1)), |items| self.value(items, full, depth + 1))
            {
                Some(value) => out.push(value),
                // An element would be too deep, and the array may be empty.
                None if out.is_empty() && !map.contains_key("minItems") => break,
                None => return None,
            }
        }
        Some(out.into())
    }
}

/// An object with the properties of both; else the second.
fn both(first: Option<Value>, second: Value) -> Value {
    match (first, second) {
        (Some(Value::Object(mut first)), Value::Object(second)) => {
            first.extend(second);
            first.into()
        }
        (_, second) => second,
    }
}

fn text(map: &Map<String, Value>) -> String {
    let text = match map.get("format").and_then(Value::as_str) {
        Some("email") => "ada@example.org",
        Some("uri" | "url") => "https://example.org/a",
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("date") => "2026-01-31",
        Some("uuid") => "123e4567-e89b-12d3-a456-426614174000",
        _ => "a",
    };
    let least = map.get("minLength").and_then(Value::as_u64).unwrap_or(0);
    let least = usize::try_from(least).unwrap_or(0);
    let more = least.saturating_sub(text.len());
    format!("{text}{}", "a".repeat(more))
}

fn number(map: &Map<String, Value>) -> Value {
    let bound = |key: &str| map.get(key).and_then(Value::as_f64);
    let least = bound("minimum").or(bound("exclusiveMinimum").map(|bound| bound + 1.0));
    let number = least
        .unwrap_or(1.0)
        .min(bound("maximum").unwrap_or(f64::MAX));
    let step = bound("multipleOf").unwrap_or(1.0);
    let number = (number / step).ceil() * step;
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return format!("{number:.0}").parse::<i64>().unwrap().into();
    }
    number.into()
}
