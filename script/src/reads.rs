//! What a script reads of the answers of its tools: each property with the way to it. Finds nothing itself, and knows
//! no schema.

use serde::Serialize;

use crate::place::Span;

/// One property that the script reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Where its name stands.
    pub at: Span,
    /// The way from the answer to the object that is read.
    pub path: Vec<Step>,
    /// The name.
    pub name: String,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A property of an object.
    Property(String),
    /// An element of an array.
    Element,
}

impl Read {
    /// `commits[].author`
    pub(crate) fn shown(&self) -> String {
        let mut shown = shown(&self.path);
        if !shown.is_empty() {
            shown.push('.');
        }
        shown.push_str(&self.name);
        shown
    }
}

/// A way as text: `commits[].author`, and nothing for the answer itself.
pub(crate) fn shown(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Property(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Element => out.push_str("[]"),
        }
    }
    out
}
