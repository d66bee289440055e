//! The arguments of a call: an object, or the text of one that is sent as it is. Never checks them against a schema.

use rmcp::model::{CallToolRequest, CallToolRequestParams, Extensions};
use serde_json::value::RawValue;
use std::sync::Arc;

use crate::JsonObject;

/// What a tool is called with.
#[derive(Debug, Clone)]
pub enum Arguments {
    /// A tree.
    Object(JsonObject),
    /// JSON text of an object. It reaches the server without a tree of it being made, unless something has to be read of it.
    Text(Arc<RawValue>),
}

impl From<JsonObject> for Arguments {
    fn from(object: JsonObject) -> Self {
        Self::Object(object)
    }
}

impl From<Box<RawValue>> for Arguments {
    fn from(text: Box<RawValue>) -> Self {
        Self::Text(text.into())
    }
}

impl Arguments {
    /// The object, where the text of it is no longer than this. `None` where it is, and where the text is of no object.
    pub(crate) fn object(&self, longest: usize) -> Option<std::borrow::Cow<'_, JsonObject>> {
        match self {
            Self::Object(object) => Some(std::borrow::Cow::Borrowed(object)),
            Self::Text(text) if text.get().len() <= longest => serde_json::from_str(text.get())
                .ok()
                .map(std::borrow::Cow::Owned),
            Self::Text(_) => None,
        }
    }

    /// The request of a call. Text travels in its extensions, which only the transport looks at: [`text_of`].
    pub(crate) fn request(self, mut params: CallToolRequestParams) -> CallToolRequest {
        match self {
            Self::Object(object) => {
                params.arguments = Some(object);
                CallToolRequest::new(params)
            }
            Self::Text(text) => {
                let mut request = CallToolRequest::new(params);
                request.extensions.insert(text);
                request
            }
        }
    }
}

/// The arguments of a request that are text.
pub(crate) fn text_of(extensions: &Extensions) -> Option<&RawValue> {
    extensions.get::<Arc<RawValue>>().map(AsRef::as_ref)
}
