//! What a run gives beside the text of its result: bytes that a tool returned, and that the result names.

use std::sync::Arc;

use serde::{Serialize, Serializer};

/// Bytes that a tool returned, and that the result of a script names by their handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// What the result has in their place: `blob:` and 16 digits. The same bytes have the same handle in every run.
    pub handle: String,
    /// What they are.
    pub kind: AttachmentKind,
    /// The media type that the server named. Text of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The URI of a resource. Text of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// The bytes; a report in JSON has their number.
    #[serde(serialize_with = "length")]
    pub bytes: Arc<[u8]>,
}

/// The kind of a content block with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentKind {
    /// An image.
    Image,
    /// Sound.
    Audio,
    /// A resource that is no text.
    Resource,
}

fn length<S: Serializer>(bytes: &Arc<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    bytes.len().serialize(serializer)
}
