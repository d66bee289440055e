//! How the values of one tool cross between the component and the server.
//! A codec is built once, when the skill is linked, from the component's own type and the live
//! shape; it then converts without looking at either again.

mod compare;
mod describe;
mod values;

pub(crate) use compare::{Mismatch, params, returns};

use std::collections::HashMap;

use mcp_codegen::shape::{Int, Test};

/// One node of a codec.
#[derive(Debug)]
pub(crate) enum Codec {
    /// JSON text in the guest, any value outside.
    Json,
    Bool,
    Int(Int),
    Float,
    String,
    Enum(Labels),
    /// `null` or a value.
    Nullable(Box<Codec>),
    List(Box<Codec>),
    Map(Box<Codec>),
    Tuple(Vec<Codec>),
    Record(RecordCodec),
    Variant(Vec<CaseCodec>),
}

/// The cases of an enum, both ways.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    to_wire: HashMap<String, String>,
    to_label: HashMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct RecordCodec {
    /// In the order of the component's own type.
    fields: Vec<FieldCodec>,
    /// The map field that holds properties without a field of their own.
    rest: Option<(String, Box<Codec>)>,
}

#[derive(Debug)]
pub(crate) struct FieldCodec {
    label: String,
    wire: String,
    codec: Codec,
    presence: Presence,
}

/// How a field that may have no value looks on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// Always there.
    Required,
    /// `option<T>` in the guest, absent outside. `null` is read as absent.
    Optional,
}

#[derive(Debug)]
pub(crate) struct CaseCodec {
    label: String,
    codec: Option<Codec>,
    test: Test,
}

/// How a tool's result becomes the function's.
#[derive(Debug)]
pub(crate) enum ReturnCodec {
    /// The function returns `tool-result`.
    ToolResult,
    /// The function returns the structured content.
    Structured(Codec),
    /// The function returns the one property of the structured content.
    Wrapped { key: String, codec: Codec },
}
