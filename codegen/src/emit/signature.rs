//! A function on one line, with its types written in place. For people and for snapshots: structural like the component
//! model, so it contains no type names.

use crate::names::escaped;
use crate::shape::{Field, Function, Record, Returns, Shape};

/// The most cases of an enum that are written out.
const MOST_CASES: usize = 12;

/// `get-issue(number: s64, comments: option<bool>) -> tool-result`
#[must_use]
pub fn signature(function: &Function<'_>) -> String {
    let mut out = function.label.to_string();
    out.push('(');
    match &function.params {
        None => {}
        Some(Shape::Record(record)) => properties(&mut out, record),
        Some(shape) => ty(&mut out, shape),
    }
    out.push_str(") -> ");
    match &function.returns {
        Returns::ToolResult => out.push_str("tool-result"),
        Returns::Structured(shape) | Returns::Wrapped { shape, .. } => ty(&mut out, shape),
    }
    out
}

fn ty(out: &mut String, shape: &Shape<'_>) {
    match shape {
        Shape::Json(_) => out.push_str("json"),
        Shape::Bool => out.push_str("bool"),
        Shape::Int(int) => out.push_str(int.keyword()),
        Shape::Float => out.push_str("f64"),
        Shape::String => out.push_str("string"),
        Shape::Nullable(shape) => around(out, "option<", shape, ">"),
        Shape::List(shape) => around(out, "list<", shape, ">"),
        Shape::Map(shape) => around(out, "list<tuple<string, ", shape, ">>"),
        Shape::Tuple(shapes) => {
            out.push_str("tuple<");
            separated(out, shapes.iter(), ty);
            out.push('>');
        }
        Shape::Enum(cases) => {
            out.push_str("enum{");
            separated(out, cases.cases.iter().take(MOST_CASES), |out, case| {
                out.push_str(&case.label)
            });
            if cases.cases.len() > MOST_CASES {
                out.push_str(&format!(", … {} more", cases.cases.len() - MOST_CASES));
            }
            out.push('}');
        }
        Shape::Record(record) => {
            out.push('{');
            properties(out, record);
            out.push('}');
        }
        Shape::Variant(variant) => {
            out.push_str("variant{");
            separated(out, variant.cases.iter(), |out, case| {
                out.push_str(&case.label);
                if let Some(shape) = &case.shape {
                    around(out, "(", shape, ")");
                }
            });
            out.push('}');
        }
    }
}

fn properties(out: &mut String, record: &Record<'_>) {
    separated(out, record.fields.iter(), field);
    if let Some((label, shape)) = &record.rest {
        out.push_str(", ");
        out.push_str(&escaped(label));
        around(out, ": list<tuple<string, ", shape, ">>");
    }
}

fn field(out: &mut String, field: &Field<'_>) {
    out.push_str(&escaped(&field.label));
    out.push_str(": ");
    if field.required || matches!(field.shape, Shape::Nullable(_)) {
        ty(out, &field.shape);
    } else {
        around(out, "option<", &field.shape, ">");
    }
}

fn around(out: &mut String, before: &str, shape: &Shape<'_>, after: &str) {
    out.push_str(before);
    ty(out, shape);
    out.push_str(after);
}

fn separated<T>(
    out: &mut String,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
}
