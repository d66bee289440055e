//! Values made from a JSON Schema: only properties that must be there, all of them, every enum value, numbers at their
//! bounds, lists of several lengths. Made from the schema alone, and knows nothing of shapes.
//! What comes out is a candidate; only a validator knows whether it is valid.

use serde_json::{Map, Value, json};

use super::scalars::{integers, numbers, strings, within};

/// The most values of one schema, outermost and further in.
const MOST: [usize; 3] = [160, 40, 10];
const DEEPEST: usize = 7;

/// Values that one schema may allow, without duplicates. The same on every run.
pub(super) fn instances(schema: &Value) -> Vec<Value> {
    let mut out = Made {
        root: schema,
        random: 0x9e37_79b9_7f4a_7c15,
    }
    .of(&[schema], 0);
    let mut seen = std::collections::HashSet::new();
    out.retain(|value| seen.insert(value.to_string()));
    out
}

struct Made<'a> {
    root: &'a Value,
    random: u64,
}

/// One of the schema objects that hold at once.
pub(super) type Layer<'a> = &'a Map<String, Value>;

impl<'a> Made<'a> {
    /// Values for which all of these schemas may hold.
    fn of(&mut self, schemas: &[&'a Value], depth: usize) -> Vec<Value> {
        let mut layers = Vec::new();
        for schema in schemas {
            self.flatten(schema, &mut layers, 0);
        }
        self.choose(layers, &mut Vec::new(), depth)
    }

    fn flatten(&self, schema: &'a Value, layers: &mut Vec<Layer<'a>>, level: usize) {
        let Value::Object(map) = schema else { return };
        if level > 20 || layers.iter().any(|layer| std::ptr::eq(*layer, map)) {
            return;
        }
        layers.push(map);
        if let Some(target) = map
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|to| self.resolve(to))
        {
            self.flatten(target, layers, level + 1);
        }
        for schema in map
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.flatten(schema, layers, level + 1);
        }
    }

    fn resolve(&self, reference: &str) -> Option<&'a Value> {
        let pointer = reference.strip_prefix('#')?;
        self.root
            .pointer(&pointer.replace("%25", "%").replace("%22", "\""))
    }

    /// Takes every alternative of every `anyOf` and `oneOf`.
    fn choose(
        &mut self,
        layers: Vec<Layer<'a>>,
        chosen: &mut Vec<*const Value>,
        depth: usize,
    ) -> Vec<Value> {
        let open = layers
            .iter()
            .flat_map(|layer| [layer.get("anyOf"), layer.get("oneOf")])
            .flatten()
            .find(|list| !chosen.contains(&std::ptr::from_ref(*list)));
        let Some(list) = open else {
            return self.conjunction(&layers, depth);
        };
        chosen.push(list);
        let mut out = Vec::new();
        for choice in list.as_array().into_iter().flatten() {
            let mut layers = layers.clone();
            self.flatten(choice, &mut layers, 0);
            out.extend(self.choose(layers, &mut chosen.clone(), depth));
        }
        self.limit(out, depth)
    }

    fn conjunction(&mut self, layers: &[Layer<'a>], depth: usize) -> Vec<Value> {
        if let Some(value) = first(layers, "const") {
            return vec![value.clone()];
        }
        if let Some(values) = first(layers, "enum").and_then(Value::as_array) {
            return self.limit(values.clone(), depth);
        }
        let mut out = Vec::new();
        for name in ["default", "example"] {
            out.extend(first(layers, name).cloned());
        }
        out.extend(
            first(layers, "examples")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .take(3)
                .cloned(),
        );
        for ty in types(layers) {
            match ty {
                "null" => out.push(Value::Null),
                "boolean" => out.extend([json!(true), json!(false)]),
                "integer" => out.extend(within(layers, integers(layers))),
                "number" => out.extend(within(layers, numbers(layers))),
                "string" => out.extend(within(layers, strings(layers))),
                "array" => out.extend(self.arrays(layers, depth)),
                "object" => out.extend(self.objects(layers, depth)),
                _ => {}
            }
        }
        self.limit(out, depth)
    }

    fn arrays(&mut self, layers: &[Layer<'a>], depth: usize) -> Vec<Value> {
        let places = first(layers, "prefixItems")
            .or(first(layers, "items"))
            .and_then(Value::as_array);
        let mut head: Vec<Vec<Value>> = Vec::new();
        for schema in places.into_iter().flatten() {
            head.push(if depth >= DEEPEST {
                Vec::new()
            } else {
                self.of(&[schema], depth + 1)
            });
        }
        let item =
            first(layers, "items").filter(|items| items.is_object() || **items == json!(true));
        let items = match item {
            Some(schema) if depth < DEEPEST => self.of(&[schema], depth + 1),
            Some(_) => Vec::new(),
            None if places.is_some() => Vec::new(),
            None => anything(),
        };
        let least = count(layers, "minItems").unwrap_or(0);
        let most = count(layers, "maxItems").unwrap_or(usize::MAX);
        let mut out = Vec::new();
        if !head.is_empty() && head.iter().all(|values| !values.is_empty()) {
            for round in 0..4 {
                out.push(Value::Array(
                    head.iter()
                        .map(|values| values[round % values.len()].clone())
                        .collect(),
                ));
            }
        }
        if items.is_empty() {
            out.push(json!([]));
            return out;
        }
        for length in [0, 1, 3, least, least + 1, most.min(12)] {
            if (least..=most).contains(&length) {
                let start = self.next(items.len());
                out.push(
                    (0..length)
                        .map(|at| items[(start + at) % items.len()].clone())
                        .collect(),
                );
            }
        }
        out.extend(
            items
                .iter()
                .map(|item| Value::Array(vec![item.clone(); least.max(1)])),
        );
        out
    }

    fn objects(&mut self, layers: &[Layer<'a>], depth: usize) -> Vec<Value> {
        let mut known: Vec<(&'a str, Vec<Value>)> = Vec::new();
        let names: Vec<&'a str> = layers
            .iter()
            .filter_map(|layer| layer.get("properties")?.as_object())
            .flat_map(|properties| properties.keys().map(String::as_str))
            .chain(required(layers))
            .collect();
        for name in names {
            if known.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let schemas: Vec<&'a Value> = layers
                .iter()
                .filter_map(|layer| layer.get("properties")?.get(name))
                .collect();
            let values = if depth >= DEEPEST {
                Vec::new()
            } else if schemas.is_empty() {
                anything()
            } else {
                self.of(&schemas, depth + 1)
            };
            known.push((name, values));
        }
        let must: Vec<&str> = required(layers).collect();
        let pick = |wanted: &dyn Fn(&str) -> bool, nth: usize| -> Map<String, Value> {
            let wanted = known
                .iter()
                .filter(|(name, values)| wanted(name) && !values.is_empty());
            wanted
                .map(|(name, values)| ((*name).to_owned(), values[nth % values.len()].clone()))
                .collect()
        };
        let mut out = Vec::new();
        let least = pick(&|name| must.contains(&name), 0);
        for nth in 0..4 {
            out.push(pick(&|name| must.contains(&name), nth));
            out.push(pick(&|_| true, nth));
        }
        for (name, values) in &known {
            for value in values {
                let mut object = least.clone();
                object.insert((*name).to_owned(), value.clone());
                out.push(object);
            }
        }
        let mut further: Vec<(&str, Vec<Value>)> = Vec::new();
        if depth < DEEPEST {
            if let Some(schema) =
                first(layers, "additionalProperties").filter(|schema| schema.is_object())
            {
                let values = self.of(&[schema], depth + 1);
                further.extend(["extra", "Ключ/~ 中\"\\", ""].map(|key| (key, values.clone())));
            }
            for schema in layers
                .iter()
                .filter_map(|layer| layer.get("patternProperties")?.as_object())
                .flat_map(Map::values)
            {
                let values = self.of(&[schema], depth + 1);
                further.extend(["a", "x-1", "0"].map(|key| (key, values.clone())));
            }
        }
        let mut all = least.clone();
        for (key, values) in &further {
            for value in values {
                let mut object = least.clone();
                object.insert((*key).to_owned(), value.clone());
                out.push(object);
                all.insert((*key).to_owned(), value.clone());
            }
        }
        out.push(all);
        out.into_iter().map(Value::Object).collect()
    }

    /// Not more than a level may have, spread over all of them.
    fn limit(&mut self, mut values: Vec<Value>, depth: usize) -> Vec<Value> {
        let most = MOST[depth.min(MOST.len() - 1)];
        while values.len() > most {
            let at = self.next(values.len());
            values.remove(at);
        }
        values
    }

    fn next(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % u64::try_from(below.max(1)).unwrap()).unwrap()
    }
}

fn first<'a>(layers: &[Layer<'a>], keyword: &str) -> Option<&'a Value> {
    layers.iter().find_map(|layer| layer.get(keyword))
}

fn required<'a>(layers: &[Layer<'a>]) -> impl Iterator<Item = &'a str> {
    let lists = layers
        .iter()
        .filter_map(|layer| layer.get("required")?.as_array());
    lists
        .flatten()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .into_iter()
}

pub(super) fn count(layers: &[Layer<'_>], keyword: &str) -> Option<usize> {
    let count = first(layers, keyword)?.as_f64()?;
    (0.0..1000.0)
        .contains(&count)
        .then(|| format!("{count:.0}").parse().unwrap())
}

fn types<'a>(layers: &[Layer<'a>]) -> Vec<&'a str> {
    match first(layers, "type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => {
            let has = |names: &[&str]| names.iter().any(|name| first(layers, name).is_some());
            if has(&[
                "properties",
                "required",
                "additionalProperties",
                "patternProperties",
            ]) {
                vec!["object"]
            } else if has(&["items", "prefixItems"]) {
                vec!["array"]
            } else if has(&["minLength", "maxLength", "pattern"]) {
                vec!["string"]
            } else {
                vec![
                    "null", "boolean", "integer", "number", "string", "array", "object",
                ]
            }
        }
    }
}

fn anything() -> Vec<Value> {
    vec![
        json!("text"),
        Value::Null,
        json!(true),
        json!(-3),
        json!(2.5),
        json!([1, "a", null]),
        json!({"a": {"b": [null]}}),
    ]
}
