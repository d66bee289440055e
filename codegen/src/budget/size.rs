//! The cost of one function: bytes of memory, and an upper bound for the bytes of WIT. Walks every part of it once.
//! Names every part of a shape, so that a new one cannot be forgotten.

use std::borrow::Cow;
use std::mem::size_of;

use serde_json::Value;

use super::cost::Cost;
use crate::hints::hints;
use crate::names::reads_as;
use crate::shape::{
    Enum, EnumCase, Field, Function, Record, Returns, Shape, Test, Variant, VariantCase,
};
use crate::tool::Tool;

/// The allocator's overhead and the vectors' spare capacity per allocation.
const ALLOCATION: usize = 32;
/// The longest text that is written as one comment; `emit::comment` cuts there.
const LONGEST_COMMENT: usize = 16_384;
/// The bytes of a comment line besides its text: `    /// ` and the newline.
const COMMENT_LINE: usize = 9;
/// The bytes of a function besides its label, parameter and result: `async func`, `tool-result`, `tool-error`.
const FUNCTION: usize = 96;
/// The bytes of a declaration besides its name and body, and of a name besides the wished one: a number or `%`.
const DECLARATION: usize = 64;
/// The bytes of a field or a case besides label, type and documentation: indentation, `option<>`, a comma.
const LINE: usize = 20;

/// The cost of a function, without the work of making it.
pub(super) fn size(function: &Function<'_>, tool: &Tool) -> Cost {
    let mut size = Size {
        owner: function.label.len(),
        memory: size_of::<Function<'_>>() + function.label.len() + tool.name.len(),
        text: FUNCTION + function.label.len(),
    };
    let title = [&tool.title, &tool.annotations.title];
    let title = title.into_iter().flatten().map(String::as_str);
    let description = tool.description.as_deref().into_iter();
    title.chain(description).for_each(|text| size.comment(text));
    let hints = hints(&tool.annotations);
    size.text += hints.iter().map(|hint| hint.len() + 1).sum::<usize>() + 4 * COMMENT_LINE;
    if let Some(shape) = &function.params {
        size.shape(shape);
    }
    match &function.returns {
        Returns::ToolResult => {}
        Returns::Structured(shape) => size.shape(shape),
        Returns::Wrapped { key: _, shape } => size.shape(shape),
    }
    for loss in &function.losses {
        size.memory += size_of_val(loss) + loss.at.len() + loss.why.len() + 2 * ALLOCATION;
    }
    Cost {
        work: 0,
        memory: size.memory,
        text: size.text,
    }
}

struct Size {
    /// The length of the name that distinguishes this function's types from others.
    owner: usize,
    memory: usize,
    text: usize,
}

impl Size {
    fn shape(&mut self, shape: &Shape<'_>) {
        self.memory += size_of::<Shape<'_>>();
        match shape {
            Shape::Json(_) | Shape::Bool | Shape::Int(_) | Shape::Float | Shape::String => {
                // The longest is `mcp-json` with a number.
                self.text += 12;
            }
            Shape::Nullable(inner) | Shape::List(inner) => self.around(inner, "option<>".len()),
            Shape::Map(inner) => self.around(inner, "list<tuple<string, >>".len()),
            Shape::Tuple(shapes) => {
                self.memory += ALLOCATION;
                self.text += "tuple<>".len();
                for shape in shapes {
                    self.around(shape, ", ".len());
                }
            }
            Shape::Enum(cases) => self.enumeration(cases),
            Shape::Record(record) => self.record(record),
            Shape::Variant(variant) => self.variant(variant),
        }
    }

    fn around(&mut self, shape: &Shape<'_>, text: usize) {
        self.memory += ALLOCATION;
        self.text += text;
        self.shape(shape);
    }

    fn enumeration(&mut self, Enum { name, cases }: &Enum<'_>) {
        self.memory += size_of::<Enum<'_>>() + ALLOCATION;
        self.declaration(name);
        for EnumCase { wire, label } in cases {
            self.memory += size_of::<EnumCase<'_>>();
            self.label(label, wire);
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        let Record {
            name,
            docs,
            fields,
            rest,
            open: _,
        } = record;
        self.memory += size_of::<Record<'_>>() + ALLOCATION;
        self.declaration(name);
        if let Some(docs) = docs {
            self.comment(docs);
        }
        for field in fields {
            let Field {
                wire,
                label,
                shape,
                required: _,
                docs,
                only,
                deprecated: _,
            } = field;
            self.memory += size_of::<Field<'_>>() - size_of::<Shape<'_>>();
            if !only.is_empty() {
                self.memory += ALLOCATION + only.capacity() * size_of::<&Value>();
            }
            self.label(label, wire);
            if let Some(docs) = docs {
                self.owned(docs);
                self.comment(docs);
            }
            self.shape(shape);
        }
        if let Some((label, shape)) = rest {
            self.label(label, label);
            // The comment that such a field always has.
            self.around(shape, 2 * DECLARATION);
        }
    }

    fn variant(&mut self, Variant { name, cases }: &Variant<'_>) {
        self.memory += size_of::<Variant<'_>>() + ALLOCATION;
        self.declaration(name);
        for VariantCase { label, shape, test } in cases {
            self.memory += size_of::<VariantCase<'_>>() + ALLOCATION;
            self.label(&Cow::Borrowed(label), label);
            if let Some(shape) = shape {
                self.shape(shape);
            }
            match test {
                Test::Type(_) => {}
                Test::Tag { key, values } => {
                    let values = values.iter().map(|value| {
                        size_of_val(value) + value.as_str().map_or(0, str::len) + ALLOCATION
                    });
                    self.memory += key.len() + ALLOCATION + values.sum::<usize>();
                }
                Test::Keys(keys) => {
                    let keys = keys
                        .iter()
                        .map(|key| size_of_val(key) + key.len() + ALLOCATION);
                    self.memory += keys.sum::<usize>();
                }
            }
        }
    }

    /// A named type, which is written at its declaration and at each use.
    #[allow(
        clippy::ptr_arg,
        reason = "only a text that is owned takes memory of its own"
    )]
    fn declaration(&mut self, name: &Cow<'_, str>) {
        self.owned(name);
        self.text += DECLARATION + 2 * (self.owner + name.len());
    }

    /// A field or a case, with a comment if its label does not show its JSON name.
    #[allow(
        clippy::ptr_arg,
        reason = "only a text that is owned takes memory of its own"
    )]
    fn label(&mut self, label: &Cow<'_, str>, wire: &str) {
        self.owned(label);
        self.text += LINE + label.len();
        if !reads_as(label, wire) {
            // An invisible character is written as up to ten others, and a name is cut after 96.
            let shown = wire.len().saturating_mul(6).min(96 * 10);
            self.text += "In JSON: ``.".len() + COMMENT_LINE + 2 + shown;
        }
    }

    #[allow(
        clippy::ptr_arg,
        reason = "only a text that is owned takes memory of its own"
    )]
    fn owned(&mut self, text: &Cow<'_, str>) {
        if let Cow::Owned(text) = text {
            self.memory += text.capacity() + ALLOCATION;
        }
    }

    fn comment(&mut self, text: &str) {
        let written = &text.as_bytes()[..text.len().min(LONGEST_COMMENT)];
        // Every byte that ends a line, or begins a character that does.
        let ends = |byte: &&u8| matches!(byte, b'\n' | b'\r' | 0x0b | 0x0c | 0xc2 | 0xe2);
        let lines = 1 + written.iter().filter(ends).count();
        self.text += written.len() + lines * COMMENT_LINE;
    }
}
