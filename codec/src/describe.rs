//! Writes types as one line of WIT, for error messages. The text of a component's type may have megabytes, so every
//! text has a limit.

use mcp_codegen::shape::Shape;
use wasmtime::component::{Type, types};

/// The most members that a message names; for a longer type it counts the others.
const SHOWN: usize = 12;
/// Bytes after which a message is cut.
const LONGEST: usize = 400;

/// The component's type: `record { title: string, labels: list<string> }`.
pub(crate) fn type_text(ty: &Type) -> String {
    let mut text = Text::new(LONGEST);
    text.ty(ty);
    text.out
}

/// The same, cut only after `limit` bytes.
pub(super) fn whole_type(ty: &Type, limit: usize) -> String {
    let mut text = Text::new(limit);
    text.ty(ty);
    text.out
}

/// An exported function: `triage: func(repo: string, days: option<u32>) -> result<list<string>, string>`.
pub fn signature_text(name: &str, function: &types::ComponentFunc) -> String {
    /// Bytes after which a signature is cut.
    const LONGEST: usize = 4_000;
    let mut text = Text::new(LONGEST);
    text.push(name);
    text.push(if function.async_() {
        ": async func("
    } else {
        ": func("
    });
    text.list(function.params(), |text, (name, ty)| {
        text.push(name);
        text.push(": ");
        text.ty(&ty);
    });
    text.push(")");
    if let Some(result) = function.results().next() {
        text.push(" -> ");
        text.ty(&result);
    }
    text.out
}

/// The live shape in the same notation.
pub(super) fn shape_text(shape: &Shape<'_>) -> String {
    let mut text = Text::new(LONGEST);
    text.shape(shape);
    text.out
}

struct Text {
    out: String,
    limit: usize,
    full: bool,
}

impl Text {
    fn new(limit: usize) -> Self {
        Self {
            out: String::new(),
            limit,
            full: false,
        }
    }

    fn push(&mut self, part: &str) {
        if self.full {
            return;
        }
        if self.out.len() + part.len() > self.limit {
            self.full = true;
            self.out.push('…');
            return;
        }
        self.out.push_str(part);
    }

    // Long: one arm for each kind of type.
    fn ty(&mut self, ty: &Type) {
        if self.full {
            return;
        }
        match ty {
            Type::Bool => self.push("bool"),
            Type::S8 => self.push("s8"),
            Type::U8 => self.push("u8"),
            Type::S16 => self.push("s16"),
            Type::U16 => self.push("u16"),
            Type::S32 => self.push("s32"),
            Type::U32 => self.push("u32"),
            Type::S64 => self.push("s64"),
            Type::U64 => self.push("u64"),
            Type::Float32 => self.push("f32"),
            Type::Float64 => self.push("f64"),
            Type::Char => self.push("char"),
            Type::String => self.push("string"),
            Type::List(list) => self.around("list<", |text| text.ty(&list.ty()), ">"),
            Type::Option(option) => self.around("option<", |text| text.ty(&option.ty()), ">"),
            Type::Tuple(tuple) => self.around(
                "tuple<",
                |text| text.list(tuple.types(), |text, ty| text.ty(&ty)),
                ">",
            ),
            Type::Result(result) => {
                let part = |text: &mut Self, ty: Option<Type>| match ty {
                    Some(ty) => text.ty(&ty),
                    None => text.push("_"),
                };
                self.push("result<");
                part(self, result.ok());
                self.push(", ");
                part(self, result.err());
                self.push(">");
            }
            Type::Record(record) => self.around(
                "record { ",
                |text| {
                    text.list(record.fields(), |text, field| {
                        text.push(field.name);
                        text.push(": ");
                        text.ty(&field.ty);
                    });
                },
                " }",
            ),
            Type::Variant(variant) => self.around(
                "variant { ",
                |text| {
                    text.list(variant.cases(), |text, case| {
                        text.push(case.name);
                        if let Some(ty) = case.ty {
                            text.around("(", |text| text.ty(&ty), ")");
                        }
                    });
                },
                " }",
            ),
            Type::Enum(cases) => {
                self.around("enum { ", |text| text.list(cases.names(), Self::push), " }");
            }
            Type::Flags(flags) => {
                self.around(
                    "flags { ",
                    |text| text.list(flags.names(), Self::push),
                    " }",
                );
            }
            Type::Own(_) | Type::Borrow(_) => self.push("resource"),
            Type::Map(map) => self.around(
                "map<",
                |text| {
                    text.list([map.key(), map.value()].into_iter(), |text, ty| {
                        text.ty(&ty)
                    })
                },
                ">",
            ),
            Type::FixedLengthList(list) => {
                self.around("list<", |text| text.ty(&list.ty()), ", ");
                self.push(&list.len().to_string());
                self.push(">");
            }
            Type::Future(_) => self.push("future"),
            Type::Stream(_) => self.push("stream"),
            Type::ErrorContext => self.push("error-context"),
        }
    }

    fn shape(&mut self, shape: &Shape<'_>) {
        if self.full {
            return;
        }
        match shape {
            Shape::Json(_) => self.push("json"),
            Shape::Bool => self.push("bool"),
            Shape::Int(int) => self.push(int.keyword()),
            Shape::Float => self.push("f64"),
            Shape::String => self.push("string"),
            Shape::Enum(cases) => self.around(
                "enum { ",
                |text| text.list(cases.cases.iter(), |text, case| text.push(&case.label)),
                " }",
            ),
            Shape::Nullable(inner) => self.around("option<", |text| text.shape(inner), ">"),
            Shape::List(inner) => self.around("list<", |text| text.shape(inner), ">"),
            Shape::Map(inner) => {
                self.around("list<tuple<string, ", |text| text.shape(inner), ">>");
            }
            Shape::Tuple(items) => {
                self.around("tuple<", |text| text.list(items.iter(), Self::shape), ">")
            }
            Shape::Record(record) => self.around(
                "record { ",
                |text| {
                    text.list(record.fields.iter(), |text, field| {
                        text.push(&field.label);
                        text.push(": ");
                        if field.required || matches!(field.shape, Shape::Nullable(_)) {
                            text.shape(&field.shape);
                        } else {
                            text.around("option<", |text| text.shape(&field.shape), ">");
                        }
                    });
                },
                " }",
            ),
            Shape::Variant(variant) => self.around(
                "variant { ",
                |text| {
                    text.list(variant.cases.iter(), |text, case| {
                        text.push(&case.label);
                        if let Some(shape) = &case.shape {
                            text.around("(", |text| text.shape(shape), ")");
                        }
                    });
                },
                " }",
            ),
        }
    }

    fn around(&mut self, before: &str, inside: impl FnOnce(&mut Self), after: &str) {
        self.push(before);
        inside(self);
        self.push(after);
    }

    fn list<T>(
        &mut self,
        members: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        let more = members.len().saturating_sub(SHOWN);
        for (at, member) in members.take(SHOWN).enumerate() {
            if at > 0 {
                self.push(", ");
            }
            write(self, member);
        }
        if more > 0 {
            self.push(&format!(", and {more} more"));
        }
    }
}
