//! The position of a comparison inside a function's type: `params.labels[].name`.

use std::fmt;

use mcp_codegen::names::shown;

/// The place where the built type and the live one are incompatible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// A path like `params.labels[].name` or `result.total`.
    pub field: String,
    /// The type in the component.
    pub built: String,
    /// The type that the live schema gives.
    pub live: String,
}

/// Formatted only for a message.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root(&'static str),
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>),
}

impl<'a> Path<'a> {
    pub(super) fn field(&'a self, label: &'a str) -> Path<'a> {
        Path::Field(self, label)
    }

    pub(super) fn item(&'a self) -> Path<'a> {
        Path::Item(self)
    }

    pub(super) fn mismatch(self, built: impl Into<String>, live: impl Into<String>) -> Mismatch {
        Mismatch {
            field: self.to_string(),
            built: built.into(),
            live: live.into(),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Field(parent, label) => write!(f, "{parent}.{}", shown(label)),
            Self::Item(parent) => write!(f, "{parent}[]"),
        }
    }
}
