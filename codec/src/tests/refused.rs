//! Values of a wrong type are rejected, and the message points at them. The places to break come from the codec, so
//! that every typed part of every real schema is broken in every way that its type forbids.

use std::fs;

use mcp_codegen::Catalog;
use mcp_codegen::shape::Int;
use serde_json::{Value, json};

use super::component::{build, labels};
use super::instances::instances;
use super::shared;
use crate::cases::holds;
use crate::{Codec, Presence, ReturnCodec};

/// Valid values of each schema that are broken.
const VALUES: usize = 12;

#[test]
fn values_that_do_not_fit_are_refused_with_their_place() {
    let mut wrong = Vec::new();
    let (mut broken, mut invalid) = (0, 0);
    for file in shared("schemas") {
        let catalog = Catalog::parse(&fs::read_to_string(&file).unwrap()).unwrap();
        let built = build(&catalog.tools);
        for (label, tool) in labels(&catalog.tools).iter().zip(&catalog.tools) {
            let (params, returns) = built.link(label, tool).unwrap();
            if let Some(codec) = &params {
                let read = |value| codec.read_json(value).map(|_| ());
                let schema = &tool.input_schema;
                broken += one(schema, codec, "", &read, &mut wrong, &mut invalid);
            }
            let structured = |value| returns.read_structured(value).map(|_| ());
            let Some(schema) = &tool.output_schema else {
                continue;
            };
            match &returns {
                ReturnCodec::ToolResult => {}
                ReturnCodec::Structured(codec) => {
                    broken += one(schema, codec, "", &structured, &mut wrong, &mut invalid);
                }
                ReturnCodec::Wrapped { key, codec } => {
                    let root = format!("/{key}");
                    broken += one(schema, codec, &root, &structured, &mut wrong, &mut invalid);
                }
            }
        }
    }
    if broken == 0 {
        return;
    }
    eprintln!("{broken} values broken, {invalid} of them invalid for `jsonschema` too");
    assert!(
        wrong.is_empty(),
        "{}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    assert!(broken > 50_000, "{broken}");
    // The others break what the schema leaves open and the type does not: integers of more than 64 bits, for one.
    assert!(invalid * 10 > broken * 9, "{invalid} of {broken}");
}

fn one<E: ToString>(
    schema: &Value,
    codec: &Codec,
    root: &str,
    read: &dyn Fn(Value) -> Result<(), E>,
    wrong: &mut Vec<String>,
    invalid: &mut usize,
) -> usize {
    let validator = jsonschema::validator_for(schema).unwrap();
    let valid = instances(schema)
        .into_iter()
        .filter(|value| validator.is_valid(value));
    let mut broken = 0;
    // Large values first: they have the most places.
    let mut valid: Vec<Value> = valid.filter(|value| read(value.clone()).is_ok()).collect();
    valid.sort_by_key(|value| std::cmp::Reverse(value.to_string().len()));
    for value in valid.iter().take(VALUES) {
        let Some(inside) = value.pointer(root) else {
            continue;
        };
        let mut breaks = Vec::new();
        places(codec, inside, root.to_owned(), None, &mut breaks);
        for Break { at, with, reported } in breaks {
            let mut value = value.clone();
            let removed = with.is_none();
            match (value.pointer_mut(&at), with) {
                (Some(place), Some(with)) => *place = with,
                (Some(_), None) => remove(&mut value, &at),
                (None, _) => panic!("{at} is not in {value}"),
            }
            broken += 1;
            let still_valid = validator.is_valid(&value);
            *invalid += usize::from(!still_valid);
            match read(value.clone()) {
                // It is of another case now, which passes over the properties that it does not know.
                Ok(()) if reported.is_some() && (still_valid || removed) => {}
                Ok(()) => wrong.push(format!("{at} broken, and accepted: {value}")),
                Err(error) => {
                    let error = error.to_string();
                    let here = |at: &str| match at {
                        "" => error.starts_with("the top level: "),
                        at => error.starts_with(&format!("`{at}`: ")),
                    };
                    // The type of a variant's value decides about its case: what was broken may be of another one.
                    let inside = |at: &str| error.starts_with(&format!("`{at}/"));
                    let placed = match &reported {
                        None => here(&at),
                        Some(variant) => here(variant) || inside(variant) || here(&at),
                    };
                    if !placed {
                        wrong.push(format!("{at} broken in {value}, and reported as: {error}"));
                    }
                }
            }
        }
    }
    broken
}

struct Break {
    at: String,
    /// `None` removes the value.
    with: Option<Value>,
    /// The outermost variant around it.
    reported: Option<String>,
}

/// The ways to break a value that fits the codec.
// Long: one arm for each kind of codec.
fn places(codec: &Codec, value: &Value, at: String, variant: Option<&str>, out: &mut Vec<Break>) {
    let child = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    let mut with = |values: Vec<Value>| {
        out.extend(values.into_iter().map(|value| Break {
            at: at.clone(),
            with: Some(value),
            reported: variant.map(str::to_owned),
        }));
    };
    match codec {
        Codec::Json => {}
        Codec::Bool => with(vec![json!("true"), json!(1), json!([])]),
        Codec::Int(int) => {
            with(vec![
                json!(1.5),
                json!("1"),
                json!(true),
                json!({}),
                json!(1e300),
            ]);
            with(outside(*int));
        }
        Codec::Single | Codec::Char | Codec::Flags(_) | Codec::Tagged(_) => {
            panic!("no tool has one: {codec:?}")
        }
        Codec::Float => with(vec![json!("1.5"), json!(true), json!([1.5])]),
        Codec::String => with(vec![json!(1), json!(true), json!(["a"]), json!({})]),
        Codec::Enum(_) => with(vec![json!("no such value 🦀"), json!(1), json!([])]),
        Codec::Nullable(inner) => {
            if !value.is_null() {
                places(inner, value, at, variant, out);
            }
        }
        Codec::List(inner) => {
            with(vec![json!("a"), json!({}), json!(1)]);
            for (index, item) in value.as_array().unwrap().iter().enumerate() {
                places(inner, item, child(&index.to_string()), variant, out);
            }
        }
        Codec::Map(inner) => {
            with(vec![json!("a"), json!([]), json!(1)]);
            for (key, item) in value.as_object().unwrap() {
                places(inner, item, child(key), variant, out);
            }
        }
        Codec::Tuple(codecs) => {
            with(vec![
                json!("a"),
                json!([]),
                json!(vec![1; codecs.len() + 1]),
            ]);
            for (index, (codec, item)) in codecs.iter().zip(value.as_array().unwrap()).enumerate() {
                places(codec, item, child(&index.to_string()), variant, out);
            }
        }
        Codec::Record(record) => {
            with(vec![json!("a"), json!([]), json!(1)]);
            let object = value.as_object().unwrap();
            for field in &record.fields {
                if field.presence == Presence::Required && object.contains_key(&field.wire) {
                    out.push(Break {
                        at: child(&field.wire),
                        with: None,
                        reported: variant.map(str::to_owned),
                    });
                }
                if let Some(value) = object.get(&field.wire).filter(|value| !value.is_null()) {
                    places(&field.codec, value, child(&field.wire), variant, out);
                }
            }
            if let Some(rest) = &record.rest {
                for (key, value) in object.iter().filter(|(key, _)| record.place(key).is_none()) {
                    places(&rest.codec, value, child(key), variant, out);
                }
            }
        }
        Codec::Variant(cases) => {
            let case = cases.iter().find(|case| holds(&case.test, value)).unwrap();
            let variant = variant.map_or_else(|| at.clone(), str::to_owned);
            let mut inside = Vec::new();
            if let Some(codec) = &case.codec {
                places(codec, value, at, Some(&variant), &mut inside);
            }
            // Whole values may be broken into those of another case, and then they are not broken.
            inside.retain(|broken| broken.at != variant);
            out.extend(inside);
        }
    }
}

fn outside(int: Int) -> Vec<Value> {
    let (least, most) = int.range();
    let number = |whole: i128| {
        let number: Result<serde_json::Number, _> = whole.to_string().parse();
        Value::Number(number.unwrap())
    };
    vec![number(least - 1), number(most + 1)]
}

fn remove(value: &mut Value, at: &str) {
    let (parent, key) = at.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    let parent = value.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().shift_remove(&key);
}
