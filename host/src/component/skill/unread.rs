//! Why the bytes of a component are not read to their end.

/// Why there is no outline.
pub(super) enum Unread {
    /// It does not parse.
    Malformed,
    /// There is more in it than this many parts.
    TooMany,
    /// Components are nested more deeply than this.
    TooDeep,
}

impl From<wasmparser::BinaryReaderError> for Unread {
    fn from(_: wasmparser::BinaryReaderError) -> Self {
        Self::Malformed
    }
}
