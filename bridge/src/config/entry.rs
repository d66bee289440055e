//! One entry of a configuration: a server, or why it is none. Reads nothing.

use super::server::ServerConfig;

/// One entry of the file.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Server(Box<ServerConfig>),
    /// It fails when it is used, and no other with it.
    Unusable(Unusable),
}

/// An entry that has no meaning here.
#[derive(Debug, Clone)]
pub(super) struct Unusable {
    pub(super) name: String,
    pub(super) disabled: bool,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) key: Option<String>,
    pub(super) message: String,
}

impl Entry {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Server(server) => &server.name,
            Self::Unusable(entry) => &entry.name,
        }
    }
}
