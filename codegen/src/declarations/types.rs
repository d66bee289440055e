//! Shapes as TypeScript types. Types are written in place; only an object that contains itself has a name.

use std::fmt::Write as _;

use serde_json::Value;

use super::named::Named;
use super::text::{comment, literal};
use crate::exports::is_identifier;
use crate::shape::{Field, Known, Loose, Record, Shape};

/// The types of one tool.
pub(super) struct Types<'l> {
    /// The tool's label.
    owner: &'l str,
    named: Named,
    /// The objects around the current value, the outermost first, with the marks of those that contain themselves.
    around: Vec<Option<String>>,
}

impl<'l> Types<'l> {
    pub(super) fn new(owner: &'l str) -> Self {
        Self {
            owner,
            named: Named::default(),
            around: Vec::new(),
        }
    }

    /// The named types that the written ones refer to.
    pub(super) fn into_named(self) -> Named {
        self.named
    }

    /// The type of all arguments, which are an object whatever the schema says.
    pub(super) fn arguments(&mut self, out: &mut String, shape: &Shape<'_>) {
        match shape {
            Shape::Json(Loose {
                known: Known::Empty,
                ..
            }) => out.push_str("Record<string, never>"),
            Shape::Json(_) => out.push_str("Record<string, unknown>"),
            Shape::Nullable(shape) => self.arguments(out, shape),
            shape => self.value(out, shape),
        }
    }

    /// The type of a whole value.
    pub(super) fn value(&mut self, out: &mut String, shape: &Shape<'_>) {
        self.write(out, shape, 1);
    }

    /// The type of an object whose only property has this shape.
    pub(super) fn wrapped(&mut self, out: &mut String, key: &str, shape: &Shape<'_>) {
        let name = format!("{}-result", self.owner);
        self.object(out, &name, None, again(shape, 0), 1, |types, out, depth| {
            let _ = write!(out, "{{\n{}{}: ", indent(depth + 1), property(key));
            types.write(out, shape, depth + 1);
            let _ = write!(out, ";\n{}}}", indent(depth));
        });
    }

    fn write(&mut self, out: &mut String, shape: &Shape<'_>, depth: usize) {
        match shape {
            Shape::Json(loose) => self.loose(out, *loose),
            Shape::Bool => out.push_str("boolean"),
            Shape::Int(_) | Shape::Float => out.push_str("number"),
            Shape::String => out.push_str("string"),
            Shape::Enum(cases) => {
                let cases = cases.cases.iter().map(|case| literal(case.wire));
                out.push_str(&cases.collect::<Vec<_>>().join(" | "));
            }
            Shape::Nullable(shape) => {
                self.write(out, shape, depth);
                out.push_str(" | null");
            }
            Shape::List(shape) if is_union(shape) => {
                out.push('(');
                self.write(out, shape, depth);
                out.push_str(")[]");
            }
            Shape::List(shape) => {
                self.write(out, shape, depth);
                out.push_str("[]");
            }
            Shape::Map(value) => {
                let name = format!("{}-map", self.owner);
                let recurs = again(value, 0);
                self.object(out, &name, None, recurs, depth, |types, out, depth| {
                    // An alias that refers to itself has to be an object type.
                    let (before, after) = if recurs {
                        ("{ [key: string]: ", " }")
                    } else {
                        ("Record<string, ", ">")
                    };
                    out.push_str(before);
                    types.write(out, value, depth);
                    out.push_str(after);
                });
            }
            Shape::Tuple(shapes) => {
                out.push('[');
                for (at, shape) in shapes.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    self.write(out, shape, depth);
                }
                out.push(']');
            }
            Shape::Record(record) => {
                let recurs = record_again(record, 0);
                self.object(
                    out,
                    &record.name,
                    record.docs,
                    recurs,
                    depth,
                    |types, out, depth| {
                        types.record(out, record, depth);
                    },
                );
            }
            Shape::Variant(variant) => {
                for (at, case) in variant.cases.iter().enumerate() {
                    out.push_str(if at > 0 { " | " } else { "" });
                    match &case.shape {
                        Some(shape) => self.write(out, shape, depth),
                        None => out.push_str("null"),
                    }
                }
            }
        }
    }

    fn loose(&self, out: &mut String, loose: Loose) {
        let name;
        let ty = match loose.known {
            Known::Any => "unknown",
            Known::Never if loose.nullable => "null",
            Known::Never => "never",
            Known::Array => "unknown[]",
            Known::Object => "Record<string, unknown>",
            Known::Empty => "Record<string, never>",
            Known::Again(outwards) => {
                let at = self.around.len().checked_sub(outwards + 1);
                name = at.and_then(|at| self.around[at].clone());
                name.as_deref().unwrap_or("unknown")
            }
        };
        out.push_str(ty);
        if loose.nullable && !matches!(ty, "unknown" | "null") {
            out.push_str(" | null");
        }
    }

    /// An object in place, or the name of one that contains itself, which is declared.
    fn object(
        &mut self,
        out: &mut String,
        wish: &str,
        docs: Option<&str>,
        recurs: bool,
        depth: usize,
        body: impl FnOnce(&mut Self, &mut String, usize),
    ) {
        if !recurs {
            self.around.push(None);
            body(self, out, depth);
            self.around.pop();
            return;
        }
        let mark = self.named.mark(self.owner, wish);
        out.push_str(&mark);
        let mut before = String::new();
        comment(&mut before, "  ", docs.unwrap_or_default(), &[]);
        let mut ty = String::new();
        self.around.push(Some(mark));
        body(self, &mut ty, 1);
        let mark = self.around.pop().flatten().unwrap_or_default();
        self.named.declare(mark, before, ty);
    }

    fn record(&mut self, out: &mut String, record: &Record<'_>, depth: usize) {
        let inner = indent(depth + 1);
        out.push_str("{\n");
        for field in &record.fields {
            let docs = field.docs.as_deref().or(described(&field.shape));
            let deprecated = if field.deprecated {
                &["@deprecated"][..]
            } else {
                &[]
            };
            comment(out, &inner, docs.unwrap_or_default(), deprecated);
            let mark = if field.required { "" } else { "?" };
            let _ = write!(out, "{inner}{}{mark}: ", property(field.wire));
            if field.only.is_empty() {
                self.write(out, &field.shape, depth + 1);
            } else {
                listed(out, field);
            }
            out.push_str(";\n");
        }
        if record.open || record.rest.is_some() {
            // An index signature covers the named properties too, and their types may be others.
            comment(out, &inner, "Every further property, by its name.", &[]);
            let _ = writeln!(out, "{inner}[key: string]: unknown;");
        }
        let _ = write!(out, "{}}}", indent(depth));
    }
}

/// The numbers or booleans that a property is limited to.
fn listed(out: &mut String, field: &Field<'_>) {
    let null = matches!(field.shape, Shape::Nullable(_));
    let values = field.only.iter().filter(|value| !value.is_null());
    let mut literals: Vec<String> = values.map(|value| Value::to_string(value)).collect();
    if null {
        literals.push("null".to_owned());
    }
    out.push_str(&literals.join(" | "));
}

/// The description of a definition, for a property without one.
fn described<'t>(shape: &Shape<'t>) -> Option<&'t str> {
    match shape {
        Shape::Record(record) => record.docs,
        Shape::Nullable(shape) | Shape::List(shape) => described(shape),
        _ => None,
    }
}

/// Whether the type is written with a `|`.
fn is_union(shape: &Shape<'_>) -> bool {
    match shape {
        Shape::Nullable(_) => true,
        Shape::Json(loose) => loose.nullable,
        Shape::Enum(cases) => cases.cases.len() > 1,
        Shape::Variant(variant) => variant.cases.len() > 1,
        _ => false,
    }
}

/// Whether the value of this shape contains the object so many objects around it.
fn again(shape: &Shape<'_>, outwards: usize) -> bool {
    match shape {
        Shape::Json(loose) => loose.known == Known::Again(outwards),
        Shape::Bool | Shape::Int(_) | Shape::Float | Shape::String | Shape::Enum(_) => false,
        Shape::Nullable(shape) | Shape::List(shape) => again(shape, outwards),
        Shape::Map(shape) => again(shape, outwards + 1),
        Shape::Tuple(shapes) => shapes.iter().any(|shape| again(shape, outwards)),
        Shape::Record(record) => record_again(record, outwards + 1),
        Shape::Variant(variant) => {
            let mut shapes = variant.cases.iter().filter_map(|case| case.shape.as_ref());
            shapes.any(|shape| again(shape, outwards))
        }
    }
}

fn record_again(record: &Record<'_>, outwards: usize) -> bool {
    let mut fields = record.fields.iter();
    fields.any(|field| again(&field.shape, outwards))
}

/// A property's name, in quotes where it needs them.
fn property(wire: &str) -> String {
    if is_identifier(wire) {
        wire.to_owned()
    } else {
        literal(wire)
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}
