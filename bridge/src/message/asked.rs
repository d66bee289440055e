//! What was asked, as far as it matters for reading the answer. Reads nothing.

use rmcp::model::ClientRequest;

/// What a request asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `tools/call`.
    ToolCall,
    /// `tools/list`, with room for a page that takes so many bytes of memory.
    ToolList {
        room: usize,
    },
    /// `server/discover`.
    Discover,
    /// `initialize`.
    Initialize,
    Other,
}

impl Asked {
    pub(crate) fn of(request: &ClientRequest) -> Self {
        match request {
            ClientRequest::CallToolRequest(_) => Self::ToolCall,
            ClientRequest::ListToolsRequest(request) => {
                let room = request.extensions.get::<Room>();
                Self::ToolList {
                    room: room.map_or(usize::MAX, |Room(bytes)| *bytes),
                }
            }
            ClientRequest::DiscoverRequest(_) => Self::Discover,
            ClientRequest::InitializeRequest(_) => Self::Initialize,
            _ => Self::Other,
        }
    }
}

/// Travels with a request for a page of a list: how many bytes of memory that page may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room(pub(crate) usize);
