//! Says of a schema, by nothing but its text, whether it is plain, a map or a union whose arms can be told apart. Knows
//! nothing of how the generator works, so that the two can be compared; where it is not sure, it says no.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Why the schema of arguments is not one of the three; `None` if it is.
pub(crate) fn input(schema: &Value) -> Option<String> {
    let takes_nothing = schema.as_object().is_some_and(|map| {
        let says = |key: &str| {
            map.get(key)
                .is_some_and(|value| value.as_object().is_none_or(|all| !all.is_empty()))
        };
        map.get("type").is_none_or(|ty| ty == "object")
            && ![
                "properties",
                "anyOf",
                "oneOf",
                "allOf",
                "$ref",
                "patternProperties",
            ]
            .iter()
            .any(|key| says(key))
            && !map
                .get("additionalProperties")
                .is_some_and(|more| *more != Value::Bool(false))
    });
    if takes_nothing { None } else { output(schema) }
}

/// The same for the schema of a result.
pub(crate) fn output(schema: &Value) -> Option<String> {
    let mut reader = Reader {
        root: schema,
        inside: Vec::new(),
    };
    reader.value(schema).err()
}

/// What a schema says, in words.
type Said = Result<(), String>;

struct Reader<'a> {
    root: &'a Value,
    /// The targets of references that the present schema is inside of.
    inside: Vec<&'a str>,
}

/// The kinds of JSON values; numbers are one, because a whole number is a number.
const KINDS: [&str; 5] = ["object", "array", "string", "number", "boolean"];

impl<'a> Reader<'a> {
    fn value(&mut self, schema: &'a Value) -> Said {
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(_) => return Err("a schema that says nothing".to_owned()),
            _ => return Err("no schema".to_owned()),
        };
        if let Some(reference) = map.get("$ref") {
            return self.reference(map, reference);
        }
        if map.contains_key("allOf") {
            return Err("`allOf`".to_owned());
        }
        if let Some(choices) = map.get("anyOf").or_else(|| map.get("oneOf")) {
            if map.contains_key("properties") || map.contains_key("enum") {
                return Err("alternatives beside other keywords".to_owned());
            }
            return self.union(choices.as_array().ok_or("alternatives that are no list")?);
        }
        let kinds = self.kinds(schema);
        match kinds.len() {
            0 => Err("no type".to_owned()),
            // Kinds are told apart by looking at the value.
            _ => kinds.iter().try_for_each(|kind| self.kind(map, kind)),
        }
    }

    fn reference(&mut self, map: &'a Map<String, Value>, reference: &'a Value) -> Said {
        let beside = [
            "$ref",
            "description",
            "title",
            "default",
            "examples",
            "deprecated",
        ];
        if !map.keys().all(|key| beside.contains(&key.as_str())) {
            return Err("`$ref` beside other keywords".to_owned());
        }
        let address = reference.as_str().ok_or("`$ref` that is no text")?;
        if self.inside.contains(&address) {
            return Err("recursion".to_owned());
        }
        let target = self.target(address).ok_or("`$ref` that leads nowhere")?;
        self.inside.push(address);
        let said = self.value(target);
        self.inside.pop();
        said
    }

    fn target(&self, address: &str) -> Option<&'a Value> {
        self.root.pointer(address.strip_prefix('#')?)
    }

    /// The schema behind a reference.
    fn followed(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..10 {
            match schema
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|address| self.target(address))
            {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// The kinds of value that the schema allows, without `null`.
    fn kinds(&self, schema: &'a Value) -> Vec<&'static str> {
        let schema = self.followed(schema);
        let kind_of = |value: &Value| match value {
            Value::Null => None,
            Value::Bool(_) => Some("boolean"),
            Value::Number(_) => Some("number"),
            Value::String(_) => Some("string"),
            Value::Array(_) => Some("array"),
            Value::Object(_) => Some("object"),
        };
        let named = |name: &Value| {
            let name = if name == "integer" {
                "number"
            } else {
                name.as_str()?
            };
            KINDS.into_iter().find(|kind| *kind == name)
        };
        let mut kinds: Vec<&'static str> =
            match (schema.get("type"), schema.get("enum"), schema.get("const")) {
                (Some(Value::Array(names)), _, _) => names.iter().filter_map(named).collect(),
                (Some(name), _, _) => named(name).into_iter().collect(),
                (None, Some(Value::Array(values)), _) => {
                    values.iter().filter_map(kind_of).collect()
                }
                (None, _, Some(value)) => kind_of(value).into_iter().collect(),
                (None, _, None) if schema.get("properties").is_some() => vec!["object"],
                (None, _, None) if schema.get("items").is_some() => vec!["array"],
                (None, _, None) => Vec::new(),
            };
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    fn kind(&mut self, map: &'a Map<String, Value>, kind: &str) -> Said {
        match kind {
            "object" => self.object(map),
            "array" => self.array(map),
            _ => Ok(()),
        }
    }

    fn object(&mut self, map: &'a Map<String, Value>) -> Said {
        let properties = map.get("properties").and_then(Value::as_object);
        let more = map
            .get("additionalProperties")
            .filter(|more| more.is_object());
        let patterns = map.get("patternProperties").and_then(Value::as_object);
        let known = |name: &str| properties.is_some_and(|all| all.contains_key(name));
        let required = map
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        if required.filter_map(Value::as_str).any(|name| !known(name)) {
            return Err("a required property without a schema".to_owned());
        }
        let mut parts = properties
            .into_iter()
            .chain(patterns)
            .flat_map(Map::values)
            .chain(more)
            .peekable();
        if parts.peek().is_none() {
            return Err("an object of any kind".to_owned());
        }
        parts.try_for_each(|schema| self.value(schema))
    }

    fn array(&mut self, map: &'a Map<String, Value>) -> Said {
        let places = map
            .get("prefixItems")
            .or_else(|| map.get("items").filter(|items| items.is_array()));
        if let Some(places) = places {
            return places
                .as_array()
                .into_iter()
                .flatten()
                .try_for_each(|place| self.value(place));
        }
        self.value(map.get("items").ok_or("elements of any kind")?)
    }

    fn union(&mut self, choices: &'a [Value]) -> Said {
        choices
            .iter()
            .filter(|choice| choice.get("type").is_none_or(|ty| ty != "null"))
            .try_for_each(|choice| self.value(choice))?;
        let mut objects = Vec::new();
        let mut arrays = 0;
        for choice in choices {
            let kinds = self.kinds(choice);
            arrays += usize::from(kinds.contains(&"array"));
            if kinds.contains(&"object") {
                objects.push(self.followed(choice));
            }
        }
        if arrays > 1 {
            return Err("several kinds of array".to_owned());
        }
        if objects.len() > 1 && !by_value(&objects) && !by_key(&objects) {
            return Err("objects that cannot be told apart".to_owned());
        }
        Ok(())
    }
}

/// Whether a required property has different constants in each.
fn by_value(objects: &[&Value]) -> bool {
    let constants = |object: &Value, key: &str| -> Option<Vec<String>> {
        let required = object.get("required")?.as_array()?;
        required.iter().find(|name| *name == key)?;
        let schema = object.get("properties")?.get(key)?;
        let values = match (schema.get("const"), schema.get("enum")) {
            (Some(value), _) => vec![value.to_string()],
            (None, values) => values?.as_array()?.iter().map(Value::to_string).collect(),
        };
        (!values.is_empty()).then_some(values)
    };
    let keys = objects[0].get("properties").and_then(Value::as_object);
    keys.into_iter().flat_map(Map::keys).any(|key| {
        let mut seen = HashSet::new();
        objects.iter().all(|object| {
            constants(object, key)
                .is_some_and(|values| values.into_iter().all(|value| seen.insert(value)))
        })
    })
}

/// Whether each but one has a required property that no other has at all.
fn by_key(objects: &[&Value]) -> bool {
    let has = |object: &Value, name: &str| {
        object
            .get("properties")
            .is_some_and(|all| all.get(name).is_some())
    };
    let own = |at: usize| {
        let required = objects[at].get("required").and_then(Value::as_array);
        required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|name| {
                objects
                    .iter()
                    .enumerate()
                    .all(|(other, object)| other == at || !has(object, name))
            })
    };
    let closed = objects.iter().all(|object| {
        !object
            .get("additionalProperties")
            .is_some_and(Value::is_object)
    });
    closed && (0..objects.len()).filter(|at| !own(*at)).count() <= 1
}
