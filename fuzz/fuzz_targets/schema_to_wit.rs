//! Bytes -> JSON -> tools -> WIT. Whatever the bytes are: no panic, valid WIT, the same output every time, distinct
//! labels, the same items with all descriptions removed, and every function alone as it is among the others.
//!
//! The input is a `tools/list` answer, or one JSON Schema, which then is the input and the output of one tool.
#![no_main]

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use libfuzzer_sys::fuzz_target;
use mcp_codegen::shape::{Record, Returns, Shape};
use mcp_codegen::{Catalog, Flavour, Package, Tool, function, names, package};
use serde_json::{Map, Value, json};
use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(tools) = tools(text) {
        check(&tools);
    }
});

fn tools(text: &str) -> Option<Vec<Tool>> {
    if let Ok(catalog) = Catalog::parse(text) {
        return Some(catalog.tools);
    }
    let schema: Value = serde_json::from_str(text).ok()?;
    let tool = json!({"name": "tool", "inputSchema": schema, "outputSchema": schema});
    Some(vec![
        serde_json::from_value(tool).expect("it has a name and schemas"),
    ])
}

fn check(tools: &[Tool]) {
    let made = make(tools);
    assert_eq!(made.wit, make(tools).wit, "two runs differ");
    assert_eq!(made.functions.len() + made.refused.len(), tools.len());

    let labels = made.functions.iter().map(|function| &*function.label);
    all_different(labels, "functions");
    for made in &made.functions {
        let tool = tools.iter().find(|tool| tool.name == made.tool);
        let alone = function(&made.label, tool.expect("its tool is in the list"));
        assert_eq!(Ok(made), alone.as_ref(), "not the same alone");
        let returns = match &made.returns {
            Returns::ToolResult => None,
            Returns::Structured(shape) | Returns::Wrapped { shape, .. } => Some(shape),
        };
        made.params.iter().chain(returns).for_each(injective);
    }

    let bare: Vec<Tool> = tools.iter().map(without_descriptions).collect();
    assert_eq!(
        items(&made),
        items(&make(&bare)),
        "descriptions change types:\n{}",
        made.wit
    );
}

fn make(tools: &[Tool]) -> Package<'_> {
    // `package` has `wit-parser` read what it wrote.
    package("server", tools, Flavour::Sync).expect("valid WIT")
}

/// Different names on the wire have different labels, in every scope of the shape.
fn injective(shape: &Shape<'_>) {
    match shape {
        Shape::Json(_) | Shape::Bool | Shape::Int(_) | Shape::Float | Shape::String => {}
        Shape::Enum(cases) => {
            all_different(cases.cases.iter().map(|case| &*case.label), "enum cases");
            all_different(cases.cases.iter().map(|case| case.wire), "enum values");
        }
        Shape::Nullable(shape) | Shape::List(shape) | Shape::Map(shape) => injective(shape),
        Shape::Tuple(shapes) => shapes.iter().for_each(injective),
        Shape::Record(record) => {
            all_different(field_labels(record), "fields");
            all_different(record.fields.iter().map(|field| field.wire), "properties");
            record
                .fields
                .iter()
                .for_each(|field| injective(&field.shape));
            record.rest.iter().for_each(|(_, shape)| injective(shape));
        }
        Shape::Variant(variant) => {
            all_different(
                variant.cases.iter().map(|case| case.label.as_str()),
                "variant cases",
            );
            variant
                .cases
                .iter()
                .filter_map(|case| case.shape.as_ref())
                .for_each(injective);
        }
    }
}

fn field_labels<'r>(record: &'r Record<'_>) -> impl Iterator<Item = &'r str> {
    let fields = record.fields.iter().map(|field| &*field.label);
    fields.chain(record.rest.iter().map(|(label, _)| &**label))
}

fn all_different<'a>(names: impl Iterator<Item = &'a str>, what: &str) {
    let mut seen = HashSet::new();
    for name in names {
        assert!(
            seen.insert(name),
            "two {what} are called `{}`",
            names::shown(name)
        );
    }
}

/// The same tool without a word to people.
fn without_descriptions(tool: &Tool) -> Tool {
    Tool {
        title: None,
        description: None,
        annotations: mcp_codegen::Annotations::default(),
        input_schema: silent(&tool.input_schema),
        output_schema: tool.output_schema.as_ref().map(silent),
        ..tool.clone()
    }
}

/// The keywords whose values are schemas, or lists of them, or maps to them. What is in any other is data,
/// and a `description` in it is not one.
fn silent(schema: &Value) -> Value {
    let Value::Object(map) = schema else {
        return schema.clone();
    };
    let keep = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("description" | "title" | "$comment", Value::String(_)) => return None,
            (
                "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas",
                Value::Object(schemas),
            ) => Value::Object(
                schemas
                    .iter()
                    .map(|(name, schema)| (name.clone(), silent(schema)))
                    .collect(),
            ),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems" | "items", Value::Array(schemas)) => {
                schemas.iter().map(silent).collect()
            }
            (
                "items"
                | "additionalProperties"
                | "additionalItems"
                | "not"
                | "if"
                | "then"
                | "else"
                | "contains",
                schema,
            ) => silent(schema),
            (_, value) => value.clone(),
        };
        Some((key.clone(), value))
    };
    Value::Object(map.iter().filter_map(keep).collect::<Map<_, _>>())
}

/// Everything that `wit-parser` sees of a package but documentation: what there is by name, and every type by its
/// structure. The names of types are left out, because two that look the same but for their documentation are
/// declared twice and numbered.
fn items(package: &Package<'_>) -> BTreeSet<String> {
    let mut resolve = Resolve::default();
    let types = mcp_codegen::contract::FILES
        .into_iter()
        .filter(|(path, _)| *path == "types.wit");
    for (path, text) in types {
        resolve
            .push_source(path, text)
            .expect("the contract is valid");
    }
    let id = resolve
        .push_source("tools.wit", &package.wit)
        .expect("valid WIT");
    let mut structures = Structures {
        resolve: &resolve,
        known: HashMap::new(),
    };
    let mut out = BTreeSet::new();
    for (name, interface) in &resolve.packages[id].interfaces {
        out.insert(format!("interface {name}"));
        let interface = &resolve.interfaces[*interface];
        out.extend(
            interface
                .types
                .values()
                .map(|ty| format!("type {:x}", structures.of(Type::Id(*ty)))),
        );
        for (name, function) in &interface.functions {
            let params = function
                .params
                .iter()
                .map(|param| (&param.name, structures.of(param.ty)));
            let params: Vec<_> = params.collect();
            let result = function.result.map(|result| structures.of(result));
            out.insert(format!("func {name} {params:x?} {result:x?}"));
        }
    }
    out.extend(
        resolve.packages[id]
            .worlds
            .keys()
            .map(|name| format!("world {name}")),
    );
    out
}

/// A hash of each type with all that is in it: written out, a type that is used twice at every level would not end.
struct Structures<'r> {
    resolve: &'r Resolve,
    known: HashMap<TypeId, u64>,
}

impl Structures<'_> {
    fn of(&mut self, ty: Type) -> u64 {
        let Type::Id(id) = ty else {
            return hash(&format!("{ty:?}"));
        };
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let text = match &self.resolve.types[id].kind {
            TypeDefKind::Record(record) => {
                let fields = record
                    .fields
                    .iter()
                    .map(|field| (&field.name, self.of(field.ty)));
                format!("record {:?}", fields.collect::<Vec<_>>())
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant
                    .cases
                    .iter()
                    .map(|case| (&case.name, case.ty.map(|ty| self.of(ty))));
                format!("variant {:?}", cases.collect::<Vec<_>>())
            }
            TypeDefKind::Enum(cases) => {
                format!(
                    "enum {:?}",
                    cases
                        .cases
                        .iter()
                        .map(|case| &case.name)
                        .collect::<Vec<_>>()
                )
            }
            TypeDefKind::Option(ty) => format!("option {}", self.of(*ty)),
            TypeDefKind::List(ty) => format!("list {}", self.of(*ty)),
            TypeDefKind::Type(ty) => {
                format!("alias {:?} {}", self.resolve.types[id].name, self.of(*ty))
            }
            TypeDefKind::Tuple(tuple) => {
                format!(
                    "tuple {:?}",
                    tuple
                        .types
                        .iter()
                        .map(|ty| self.of(*ty))
                        .collect::<Vec<_>>()
                )
            }
            TypeDefKind::Result(result) => {
                format!(
                    "result {:?} {:?}",
                    result.ok.map(|ty| self.of(ty)),
                    result.err.map(|ty| self.of(ty))
                )
            }
            other => panic!("no generated package has a {}", other.as_str()),
        };
        let structure = hash(&text);
        self.known.insert(id, structure);
        structure
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
