//! The arguments of a call: an object, or the text of one that is sent as it is. Never checks them against a schema.

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::model::{CallToolRequest, CallToolRequestParams, Extensions, Tool};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::JsonObject;
use crate::error::CallError;

/// Text longer than this is not read where it becomes headers of a request.
const LONGEST_WITH_HEADERS: usize = 1 << 20;

/// What a tool is called with.
#[derive(Debug, Clone)]
pub enum Arguments {
    /// A tree.
    Object(JsonObject),
    /// JSON text of an object. It reaches the server without a tree, unless a member has to be read.
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
    /// The object; `None` where its text is longer than `longest`, and where the text is not an object.
    pub(crate) fn object(&self, longest: usize) -> Option<Cow<'_, JsonObject>> {
        match self {
            Self::Object(object) => Some(Cow::Borrowed(object)),
            Self::Text(text) if text.get().len() <= longest => {
                serde_json::from_str(text.get()).ok().map(Cow::Owned)
            }
            Self::Text(_) => None,
        }
    }

    /// The same for a server over HTTP, which takes some arguments of some tools as headers too (SEP-2243): rmcp reads
    /// them of the object.
    pub(crate) fn for_headers(self, tool: &Tool) -> Result<Self, CallError> {
        if matches!(self, Self::Object(_)) || !has_headers(&tool.input_schema) {
            return Ok(self);
        }
        match self.object(LONGEST_WITH_HEADERS) {
            Some(object) => Ok(Self::Object(object.into_owned())),
            None => Err(CallError::InvalidArguments(format!(
                "the arguments of `{}` are sent as headers too, and may be at most \
                 {LONGEST_WITH_HEADERS} bytes of JSON",
                tool.name
            ))),
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

/// Whether a property anywhere in the schema becomes a header.
fn has_headers(schema: &JsonObject) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::Object(object) => has_headers(object),
            Value::Array(items) => items.iter().any(within),
            _ => false,
        }
    }
    schema.contains_key("x-mcp-header") || schema.values().any(within)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn text_becomes_an_object_where_a_header_is_made_of_it() {
        let tool = |properties: Value| {
            let schema = json!({"type": "object", "properties": properties});
            Tool::new("t", "", schema.as_object().unwrap().clone())
        };
        let text = || Arguments::from(RawValue::from_string("{\"region\":\"eu\"}".into()).unwrap());
        let plain = tool(json!({"region": {"type": "string"}}));
        assert!(matches!(text().for_headers(&plain), Ok(Arguments::Text(_))));
        let marked = tool(json!({"region": {"type": "string", "x-mcp-header": "Region"}}));
        let Ok(Arguments::Object(object)) = text().for_headers(&marked) else {
            panic!("still text");
        };
        assert_eq!(object["region"], "eu");
        let long = format!("{{\"region\":\"{}\"}}", "x".repeat(LONGEST_WITH_HEADERS));
        let long = Arguments::from(RawValue::from_string(long).unwrap());
        let error = long.for_headers(&marked).unwrap_err();
        assert!(error.to_string().contains("headers"), "{error}");
    }
}
