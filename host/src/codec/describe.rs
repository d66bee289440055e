//! Writes types as one line of WIT, for error messages.

use std::fmt::Write as _;

use mcp_codegen::shape::Shape;
use wasmtime::component::Type;

/// The component's type, written out in full: `record { title: string, labels: list<string> }`.
pub(crate) fn type_text(ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::S8 => "s8".into(),
        Type::U8 => "u8".into(),
        Type::S16 => "s16".into(),
        Type::U16 => "u16".into(),
        Type::S32 => "s32".into(),
        Type::U32 => "u32".into(),
        Type::S64 => "s64".into(),
        Type::U64 => "u64".into(),
        Type::Float32 => "f32".into(),
        Type::Float64 => "f64".into(),
        Type::Char => "char".into(),
        Type::String => "string".into(),
        Type::List(list) => format!("list<{}>", type_text(&list.ty())),
        Type::Option(option) => format!("option<{}>", type_text(&option.ty())),
        Type::Tuple(tuple) => {
            let parts: Vec<_> = tuple.types().map(|ty| type_text(&ty)).collect();
            format!("tuple<{}>", parts.join(", "))
        }
        Type::Result(result) => {
            let part = |ty: Option<Type>| ty.map_or("_".into(), |ty| type_text(&ty));
            format!("result<{}, {}>", part(result.ok()), part(result.err()))
        }
        Type::Record(record) => braces(
            "record",
            record
                .fields()
                .map(|field| (field.name.to_owned(), Some(type_text(&field.ty)))),
        ),
        Type::Variant(variant) => braces(
            "variant",
            variant
                .cases()
                .map(|case| (case.name.to_owned(), case.ty.map(|ty| type_text(&ty)))),
        ),
        Type::Enum(cases) => braces("enum", cases.names().map(|name| (name.to_owned(), None))),
        Type::Flags(flags) => braces("flags", flags.names().map(|name| (name.to_owned(), None))),
        Type::Own(_) | Type::Borrow(_) => "resource".into(),
        Type::Map(map) => format!(
            "map<{}, {}>",
            type_text(&map.key()),
            type_text(&map.value())
        ),
        Type::FixedLengthList(list) => format!("list<{}, {}>", type_text(&list.ty()), list.len()),
        Type::Future(_) => "future".into(),
        Type::Stream(_) => "stream".into(),
        Type::ErrorContext => "error-context".into(),
    }
}

/// The live shape in the same notation.
pub(super) fn shape_text(shape: &Shape) -> String {
    match shape {
        Shape::Json => "json".into(),
        Shape::Bool => "bool".into(),
        Shape::Int(int) => int.keyword().into(),
        Shape::Float => "f64".into(),
        Shape::String => "string".into(),
        Shape::Enum(cases) => braces(
            "enum",
            cases.cases.iter().map(|case| (case.label.clone(), None)),
        ),
        Shape::Nullable(inner) => format!("option<{}>", shape_text(inner)),
        Shape::List(inner) => format!("list<{}>", shape_text(inner)),
        Shape::Map(inner) => format!("list<tuple<string, {}>>", shape_text(inner)),
        Shape::Tuple(items) => {
            let parts: Vec<_> = items.iter().map(shape_text).collect();
            format!("tuple<{}>", parts.join(", "))
        }
        Shape::Record(record) => braces(
            "record",
            record.fields.iter().map(|field| {
                let text = shape_text(&field.shape);
                let text = if field.required || matches!(field.shape, Shape::Nullable(_)) {
                    text
                } else {
                    format!("option<{text}>")
                };
                (field.label.clone(), Some(text))
            }),
        ),
        Shape::Variant(variant) => braces(
            "variant",
            variant
                .cases
                .iter()
                .map(|case| (case.label.clone(), case.shape.as_ref().map(shape_text))),
        ),
    }
}

/// Members that a message names in full; of a longer type it gives the number.
const SHOWN: usize = 12;

fn braces(keyword: &str, members: impl Iterator<Item = (String, Option<String>)>) -> String {
    let mut text = format!("{keyword} {{");
    let mut more = 0;
    for (i, (name, ty)) in members.enumerate() {
        if i >= SHOWN {
            more += 1;
            continue;
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{} {name}", if i == 0 { "" } else { "," });
        match ty {
            Some(ty) if keyword == "record" => {
                let _ = write!(text, ": {ty}");
            }
            Some(ty) => {
                let _ = write!(text, "({ty})");
            }
            None => {}
        }
    }
    if more > 0 {
        let _ = write!(text, ", and {more} more");
    }
    text + " }"
}
