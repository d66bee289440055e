//! Why a reader stopped before the end of a component.

/// Why a component has no outline.
pub(super) enum Unread {
    /// It does not parse.
    Malformed,
    /// It holds more than this many parts.
    TooMany,
    /// Components are nested more deeply than this.
    TooDeep,
}

impl From<wasmparser::BinaryReaderError> for Unread {
    fn from(_: wasmparser::BinaryReaderError) -> Self {
        Self::Malformed
    }
}
