//! What of a tool is pinned: everything that an agent reads of it, and the types of its values.

use rmcp::model::Tool;
use serde_json::{Map, Value};

use crate::canonical;

/// One accepted definition.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pin {
    pub(super) hash: blake3::Hash,
    pub(super) definition: Value,
}

impl Pin {
    pub(super) fn of(tool: &Tool) -> Self {
        Self::new(definition(tool))
    }

    pub(super) fn new(definition: Value) -> Self {
        let mut hasher = blake3::Hasher::new();
        // A hasher takes every byte.
        let _ = canonical::write(&definition, &mut hasher);
        Self {
            hash: hasher.finalize(),
            definition,
        }
    }
}

/// The BLAKE3 hash of the canonical JSON of {name, title, description, inputSchema, outputSchema,
/// annotations}, where what the tool does not have is left out.
#[must_use]
pub(crate) fn hash(tool: &Tool) -> blake3::Hash {
    Pin::of(tool).hash
}

fn definition(tool: &Tool) -> Value {
    let text = |text: &str| Value::String(text.to_owned());
    let mut definition = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            definition.insert(key.to_owned(), value);
        }
    };
    put("name", Some(text(&tool.name)));
    put("title", tool.title.as_deref().map(text));
    put("description", tool.description.as_deref().map(text));
    let input = (*tool.input_schema).clone();
    put("inputSchema", Some(Value::Object(input)));
    let output = tool.output_schema.as_deref().cloned();
    put("outputSchema", output.map(Value::Object));
    // Annotations are a title and four hints: they always have a JSON form.
    let annotations = tool.annotations.as_ref();
    put(
        "annotations",
        annotations.and_then(|hints| serde_json::to_value(hints).ok()),
    );
    Value::Object(definition)
}
