//! A value that does not have its type, and its place.

use std::fmt;

use mcp_codegen::names::shown;

use crate::account::Stop;

/// The error, with a JSON pointer (RFC 6901) into the arguments or the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    path: String,
    what: String,
    stop: Option<Stop>,
}

impl From<Stop> for ValueError {
    fn from(stop: Stop) -> Self {
        let what = match stop {
            Stop::Memory => "it needs more memory than the run has left",
            Stop::Deadline => "the deadline of the run passed",
        };
        Self {
            stop: Some(stop),
            ..Self::new(what)
        }
    }
}

impl ValueError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            what: what.into(),
            stop: None,
        }
    }

    /// Set if the value is valid, but the run may not have it.
    pub fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// The same error, seen from one level further out. Long keys, which come from servers, are cut.
    pub(super) fn under(mut self, key: &str) -> Self {
        let key = shown(key).replace('~', "~0").replace('/', "~1");
        self.path = format!("/{key}{}", self.path);
        self
    }

    /// The same, from an array.
    pub(super) fn at(mut self, index: usize) -> Self {
        self.path = format!("/{index}{}", self.path);
        self
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "the top level: {}", self.what)
        } else {
            write!(f, "`{}`: {}", self.path, self.what)
        }
    }
}
