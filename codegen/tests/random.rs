//! Schemas put together at random, most of them nonsense: each gives valid WIT, and every function alone is the same
//! as among the others. `SEED` and `ROUNDS` ask for others and for more.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mcp_codegen::{Catalog, Flavour, function, package};
use serde_json::{Map, Value, json};

const NAMES: [&str; 24] = [
    "a",
    "b",
    "A",
    "id",
    "_id",
    "$id",
    "perPage",
    "per_page",
    "type",
    "result",
    "list",
    "filter",
    "filters",
    "x-1",
    "1",
    "-1",
    "",
    ".",
    "中",
    "json",
    "tool-error",
    "get",
    "getParams",
    "__proto__",
];

#[test]
fn random_schemas_give_valid_wit() {
    let number = |name: &str, default| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let seed = number("SEED", 1_u64);
    for round in 0..number("ROUNDS", 400) {
        let mut random = Random(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ round.wrapping_mul(0xd134_2543_de82_ef95)
                | 1,
        );
        let tools: Vec<Value> = (0..random.below(6))
            .map(|_| {
                let name = random.name();
                let definitions: Map<String, Value> = ["a", "b", "c"]
                    .into_iter()
                    .map(|name| (name.to_owned(), schema(&mut random, 3)))
                    .collect();
                let mut input = schema(&mut random, 4);
                if let Value::Object(map) = &mut input {
                    map.insert("$defs".to_owned(), Value::Object(definitions));
                    if random.below(4) > 0 {
                        map.insert("type".to_owned(), json!("object"));
                    }
                }
                let output = if random.below(2) == 0 {
                    Value::Null
                } else {
                    schema(&mut random, 4)
                };
                json!({"name": name, "inputSchema": input, "outputSchema": output})
            })
            .collect();
        let text = Value::Array(tools).to_string();
        let catalog = Catalog::parse(&text).unwrap();
        let made = package("server", &catalog.tools, Flavour::Sync)
            .unwrap_or_else(|error| panic!("SEED={seed} round {round}: {error:?}\n{text}"));
        for of in &made.functions {
            let alone = catalog
                .tools
                .iter()
                .filter(|tool| tool.name == of.tool)
                .find_map(|tool| function(&of.label, tool).ok());
            assert_eq!(
                alone.as_ref(),
                Some(of),
                "SEED={seed} round {round}: {text}"
            );
        }
    }
}

/// A random schema of at most this depth.
fn schema(random: &mut Random, depth: u32) -> Value {
    match random.below(30) {
        0 => return json!(true),
        1 => return json!(false),
        2 => return json!({}),
        3 => return json!({"$ref": format!("#/$defs/{}", random.pick(&["a", "b", "c", "d"]))}),
        4 => {
            return json!({"$ref": random.pick(&["#", "#/properties/a", "#x", "http://localhost/", ""])});
        }
        5 => return value(random, 2),
        _ => {}
    }
    let types = [
        "object", "object", "array", "string", "integer", "number", "boolean", "null",
    ];
    let mut out = Map::new();
    match random.below(6) {
        0 => {}
        1 => drop(out.insert(
            "type".to_owned(),
            json!([random.pick(&types), random.pick(&types)]),
        )),
        _ => drop(out.insert("type".to_owned(), json!(random.pick(&types)))),
    }
    for _ in 0..random.below(5) {
        let (keyword, value) = keyword(random, depth);
        out.insert(keyword.to_owned(), value);
    }
    Value::Object(out)
}

fn keyword(random: &mut Random, depth: u32) -> (&'static str, Value) {
    let keywords = [
        "properties",
        "properties",
        "properties",
        "items",
        "items",
        "required",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "allOf",
        "additionalProperties",
        "prefixItems",
        "patternProperties",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "minItems",
        "maxItems",
        "description",
        "default",
        "not",
        "format",
        "pattern",
        "additionalItems",
    ];
    let keyword = random.pick(&keywords);
    if random.below(40) == 0 || depth == 0 {
        return (keyword, value(random, 1));
    }
    let made = match keyword {
        "properties" | "patternProperties" => Value::Object(
            (0..random.below(5))
                .map(|_| (random.name(), schema(random, depth - 1)))
                .collect(),
        ),
        "anyOf" | "oneOf" | "allOf" | "prefixItems" => Value::Array(
            (0..random.below(4))
                .map(|_| schema(random, depth - 1))
                .collect(),
        ),
        "items" | "additionalProperties" | "not" | "additionalItems" => schema(random, depth - 1),
        "required" => Value::Array((0..random.below(4)).map(|_| json!(random.name())).collect()),
        "enum" => Value::Array((0..random.below(6)).map(|_| value(random, 1)).collect()),
        _ => value(random, 1),
    };
    (keyword, made)
}

fn value(random: &mut Random, depth: u32) -> Value {
    match random.below(if depth == 0 { 8 } else { 10 }) {
        0 => Value::Null,
        1 => json!(random.below(2) == 0),
        2 => json!(i64::try_from(random.below(600)).unwrap() - 300),
        3 => json!(random.next() >> 1),
        4 => json!(random.pick(&[0.5, 1e300, -1e19, 255.0, 1e-7])),
        5..=7 => json!(random.name()),
        8 => Value::Array(
            (0..random.below(3))
                .map(|_| value(random, depth - 1))
                .collect(),
        ),
        _ => Value::Object(
            (0..random.below(3))
                .map(|_| (random.name(), value(random, depth - 1)))
                .collect(),
        ),
    }
}

/// Numbers that look random and are the same everywhere (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len().try_into().unwrap())).unwrap()]
    }

    fn name(&mut self) -> String {
        self.pick(&NAMES).to_owned()
    }
}
