//! How much state one skill may keep.

/// How much state one skill may keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    /// Bytes of all keys and values.
    pub(crate) bytes: u64,
    pub(crate) keys: u64,
}
