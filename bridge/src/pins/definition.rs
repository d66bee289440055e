//! The pinned part of a tool: everything that an agent reads, and the types of its values.

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

    /// The keys of the definition are sorted, so that it is the same however a server or a file has them.
    pub(super) fn new(definition: Value) -> Self {
        let definition = sorted(definition);
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

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<(String, Value)> = object.into_iter().collect();
            entries.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
            let entries = entries.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(entries.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}
