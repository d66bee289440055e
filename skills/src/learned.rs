//! The JSON Schema of values that were seen: their shape, never a value of them. A few values prove nothing about the
//! next one, so whoever shows it says where it comes from.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Values that are looked at, in all.
const MOST_VALUES: usize = 20_000;
/// Members of one object. One with more is a dictionary.
const MOST_MEMBERS: usize = 64;
/// Lists and objects in each other.
const DEEPEST: usize = 12;

/// The schema that all of the values fit.
#[must_use]
pub fn learned<'v>(values: impl IntoIterator<Item = &'v Value>) -> Value {
    let mut seen = Seen::default();
    let mut left = MOST_VALUES;
    for value in values {
        seen.add(value, DEEPEST, &mut left);
    }
    seen.schema()
}

/// What was seen at one place.
#[derive(Default)]
struct Seen {
    /// The names of types in JSON Schema.
    types: Vec<&'static str>,
    /// How many objects there were.
    objects: usize,
    /// How often each member was there, and what it was.
    members: BTreeMap<String, (usize, Seen)>,
    /// The order of the members.
    order: Vec<String>,
    /// Whether there were too many members.
    is_open: bool,
    items: Option<Box<Seen>>,
}

impl Seen {
    fn add(&mut self, value: &Value, depth: usize, left: &mut usize) {
        let Some(fewer) = left.checked_sub(1) else {
            return;
        };
        *left = fewer;
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if !self.types.contains(&kind) {
            self.types.push(kind);
        }
        let Some(depth) = depth.checked_sub(1) else {
            self.is_open = true;
            return;
        };
        match value {
            Value::Array(items) => {
                let seen = self.items.get_or_insert_default();
                items.iter().for_each(|item| seen.add(item, depth, left));
            }
            Value::Object(members) => {
                self.objects += 1;
                for (name, value) in members {
                    if !self.members.contains_key(name) {
                        if self.members.len() == MOST_MEMBERS {
                            self.is_open = true;
                            continue;
                        }
                        self.order.push(name.clone());
                    }
                    let (count, seen) = self.members.entry(name.clone()).or_default();
                    *count += 1;
                    seen.add(value, depth, left);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn schema(&self) -> Value {
        let mut schema = Map::new();
        let mut types = self.types.clone();
        if types.contains(&"number") {
            types.retain(|kind| *kind != "integer");
        }
        match types.as_slice() {
            [] => return json!({}),
            [one] => schema.insert("type".to_owned(), Value::from(*one)),
            many => schema.insert("type".to_owned(), Value::from(many.to_vec())),
        };
        if self.objects > 0 && !self.is_open {
            let mut properties = Map::new();
            let mut required = Vec::new();
            for name in &self.order {
                let Some((count, seen)) = self.members.get(name) else {
                    continue;
                };
                properties.insert(name.clone(), seen.schema());
                if *count == self.objects {
                    required.push(Value::from(name.clone()));
                }
            }
            schema.insert("properties".to_owned(), Value::Object(properties));
            if !required.is_empty() {
                schema.insert("required".to_owned(), Value::Array(required));
            }
        }
        if let Some(items) = &self.items
            && !items.types.is_empty()
        {
            schema.insert("items".to_owned(), items.schema());
        }
        Value::Object(schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_all_values_have_are_required() {
        let values = [
            json!({"a": 1, "b": [{"c": "x"}, {"c": null, "d": true}]}),
            json!({"a": 1.5, "e": "y"}),
        ];
        assert_eq!(
            learned(&values),
            json!({
                "type": "object",
                "properties": {
                    "a": {"type": "number"},
                    "b": {"type": "array", "items": {
                        "type": "object",
                        "properties": {"c": {"type": ["string", "null"]}, "d": {"type": "boolean"}},
                        "required": ["c"],
                    }},
                    "e": {"type": "string"},
                },
                "required": ["a"],
            })
        );
        assert_eq!(learned(&[json!(3)]), json!({"type": "integer"}));
        assert_eq!(learned(&[json!([])]), json!({"type": "array"}));
        assert_eq!(learned([]), json!({}));
    }

    #[test]
    fn no_value_is_in_it_and_work_is_bounded() {
        let wide: Map<String, Value> = (0..1_000)
            .map(|at| (format!("user-{at}"), json!("secret")))
            .collect();
        assert_eq!(learned(&[Value::Object(wide)]), json!({"type": "object"}));
        let mut deep = json!("secret");
        for _ in 0..100 {
            deep = json!([deep]);
        }
        assert!(learned(&[deep]).to_string().len() < 1_000);
        let long = json!(vec![json!({"a": "secret"}); 100_000]);
        assert!(!learned(&[long]).to_string().contains("secret"));
    }
}
