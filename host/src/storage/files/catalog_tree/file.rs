//! The files of one server.

/// One file below a server.
#[derive(Clone, Copy)]
pub(super) enum File {
    Index,
    Wit,
    /// The tool at this index of the server's list.
    Tool(usize),
}
