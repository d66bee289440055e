//! `state-error` of the contract, as a Rust error.

use std::fmt;

/// Why the store rejected an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateError {
    /// The key is empty, longer than 1,024 bytes, or contains a NUL character.
    InvalidKey(String),
    /// The value, or the skill's whole store, would exceed its quota.
    Quota(String),
    /// The store cannot be read or written.
    Io(String),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, text) = match self {
            Self::InvalidKey(text) => ("invalid key", text),
            Self::Quota(text) => ("quota", text),
            Self::Io(text) => ("state error", text),
        };
        write!(f, "{kind}: {text}")
    }
}

impl std::error::Error for StateError {}
