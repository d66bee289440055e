//! How the values of one tool cross between the component and the server.
//! A codec is built once, when the skill is linked, from the component's own type and the live
//! shape; it then converts without looking at either again.
//!
//! A valid value comes back from the guest's form as it was, with these exceptions and no others:
//! - an optional property that is `null` is absent (one `option<T>` says both), unless it is free-form;
//! - a property that neither the skill nor the map of further properties has a place for is left out;
//! - a whole number loses its `.0`.
//!
//! Nothing is rounded: a number that the type on the other side does not hold exactly is an error.
//!
//! A function that a skill exports has no schema, so that its codec is built from its type alone (`exported`).

pub mod account;
mod arguments;
mod built;
mod cases;
mod compare;
mod conform;
mod contract;
mod decoded;
mod definition;
mod describe;
mod error;
mod exported;
mod schema;
mod spread;
mod tool;
mod values;
mod wave;

pub use arguments::{ArgumentsError, check_arguments};
pub use built::Strings;
pub use compare::Mismatch;
pub use conform::{Misfit, conforms};
pub use definition::definition;
pub use describe::signature_text;
pub use error::ValueError;
pub use exported::{Signature, Unsupported, returned_tool_error};
pub use spread::Spread;
pub use tool::ToolCodec;
pub use values::{charge, json};
pub use wave::{WaveCall, WaveError};

use mcp_codegen::shape::{Int, Test};

/// One node of a codec.
#[derive(Debug)]
pub(crate) enum Codec {
    /// JSON text in the guest, any value outside.
    Json,
    Bool,
    Int(Int),
    Float,
    /// `f32`. Only exported functions have it, because no tool schema gives one.
    Single,
    Char,
    String,
    Enum(Labels),
    /// An array of the names that are set.
    Flags(Labels),
    /// `null` or a value.
    Nullable(Box<Codec>),
    List(Box<Codec>),
    Map(Box<Codec>),
    Tuple(Vec<Codec>),
    Record(RecordCodec),
    /// A union whose case the value itself shows, as in JSON Schema.
    Variant(Vec<CaseCodec>),
    /// A union that names its case: `{"tag": LABEL, "val": PAYLOAD}`.
    Tagged(TaggedCodec),
}

/// The cases of an enum, both ways.
#[derive(Debug)]
pub(crate) struct Labels {
    /// Label and wire name, sorted by label.
    by_label: Vec<(String, String)>,
    /// Indexes into `by_label`, sorted by wire name.
    by_wire: Vec<usize>,
}

#[derive(Debug)]
pub(crate) struct RecordCodec {
    /// In the order of the component's own type, without the map of further properties.
    fields: Vec<FieldCodec>,
    /// The map field for properties without a field of their own.
    rest: Option<Box<RestCodec>>,
    /// Every property of the live schema by its wire name, sorted: its index in `fields`, or `None` if the skill was
    /// built without it. The map of further properties never holds such a property.
    known: Vec<(String, Option<usize>)>,
    /// Whether an unknown property is an error instead of being ignored.
    closed: bool,
}

#[derive(Debug)]
pub(crate) struct FieldCodec {
    label: String,
    wire: String,
    codec: Codec,
    presence: Presence,
}

#[derive(Debug)]
pub(crate) struct RestCodec {
    /// The index of the map among all fields of the component's record.
    at: usize,
    label: String,
    codec: Codec,
}

/// How an optional field is represented on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// Always present.
    Required,
    /// `option<T>` in the guest, absent outside. `null` is read as absent, unless `T` is `json`, which has a `null`.
    Optional,
}

#[derive(Debug)]
pub(crate) struct CaseCodec {
    label: String,
    codec: Option<Codec>,
    test: Test,
}

#[derive(Debug)]
pub(crate) struct TaggedCodec {
    of: TaggedType,
    cases: Vec<(String, Option<Codec>)>,
}

/// The WIT types that become a tagged union.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TaggedType {
    Variant,
    /// `ok` and `err`.
    Result,
    /// `none` and `some`: an option of what may be `null` itself.
    Option,
}

/// How a tool's result becomes the function's result.
#[derive(Debug)]
pub(crate) enum ReturnCodec {
    /// The function returns `tool-result`.
    ToolResult,
    /// The function returns the structured content.
    Structured(Codec),
    /// The function returns the one property of the structured content.
    Wrapped { key: String, codec: Codec },
}

impl Labels {
    fn new(cases: impl Iterator<Item = (String, String)>) -> Self {
        let mut by_label: Vec<_> = cases.collect();
        by_label.sort_unstable();
        let mut by_wire: Vec<usize> = (0..by_label.len()).collect();
        by_wire.sort_unstable_by(|&a, &b| by_label[a].1.cmp(&by_label[b].1));
        Self { by_label, by_wire }
    }

    fn wire(&self, label: &str) -> Option<&str> {
        let at = self
            .by_label
            .binary_search_by(|(known, _)| known.as_str().cmp(label))
            .ok()?;
        Some(&self.by_label[at].1)
    }

    fn label(&self, wire: &str) -> Option<&str> {
        let at = self
            .by_wire
            .binary_search_by(|&at| self.by_label[at].1.as_str().cmp(wire))
            .ok()?;
        Some(&self.by_label[self.by_wire[at]].0)
    }

    fn wires(&self) -> impl ExactSizeIterator<Item = &str> {
        self.by_wire.iter().map(|&at| self.by_label[at].1.as_str())
    }
}

impl RecordCodec {
    /// The index of the property's field, if the live schema has the property.
    fn place(&self, wire: &str) -> Option<Option<usize>> {
        let at = self
            .known
            .binary_search_by(|(known, _)| known.as_str().cmp(wire))
            .ok()?;
        Some(self.known[at].1)
    }
}

#[cfg(test)]
mod tests;
