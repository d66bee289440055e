//! The pinned part of a tool: everything that an agent reads, and the types of its values.

use std::sync::Arc;

use rmcp::model::Tool;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::canonical;

/// One accepted definition. Its text is read only for a difference, or to check the lock.
#[derive(Debug, Clone)]
pub(super) struct Pin {
    pub(super) hash: blake3::Hash,
    pub(super) definition: Arc<RawValue>,
}

impl Pin {
    pub(super) fn of(tool: &Tool) -> Self {
        let definition = serde_json::value::to_raw_value(&definition(tool));
        Self {
            hash: hash(tool),
            // A definition can always be written as JSON.
            definition: definition.map_or_else(|_| RawValue::NULL.to_owned().into(), Arc::from),
        }
    }

    /// The accepted definition. Its keys are sorted, so that it is the same however a server or a file has them.
    pub(super) fn read(&self) -> serde_json::Result<Value> {
        serde_json::from_str(self.definition.get()).map(sorted)
    }
}

/// The BLAKE3 hash of the canonical JSON of {name, title, description, inputSchema, outputSchema,
/// annotations}, where what the tool does not have is left out.
#[must_use]
pub fn hash(tool: &Tool) -> blake3::Hash {
    let mut text = Vec::with_capacity(1024);
    // A vector takes every byte.
    let _ = write(tool, &mut text);
    blake3::hash(&text)
}

/// The same hash, of a definition.
pub(super) fn hash_of(definition: &Value) -> blake3::Hash {
    let mut text = Vec::new();
    let _ = canonical::write(definition, &mut text);
    blake3::hash(&text)
}

/// Writes the definition as canonical JSON, whose keys are sorted, without a copy of the schemas.
fn write(tool: &Tool, out: &mut Vec<u8>) -> std::io::Result<()> {
    out.push(b'{');
    if let Some(hints) = &tool.annotations {
        // Annotations are a title and four hints: they always have a JSON form.
        let hints = serde_json::to_value(hints)?;
        out.extend_from_slice(br#""annotations":"#);
        canonical::write(&hints, out)?;
        out.push(b',');
    }
    if let Some(description) = &tool.description {
        out.extend_from_slice(br#""description":"#);
        serde_json::to_writer(&mut *out, description)?;
        out.push(b',');
    }
    out.extend_from_slice(br#""inputSchema":"#);
    canonical::write_object(&tool.input_schema, out)?;
    out.extend_from_slice(br#","name":"#);
    serde_json::to_writer(&mut *out, &tool.name)?;
    if let Some(schema) = &tool.output_schema {
        out.extend_from_slice(br#","outputSchema":"#);
        canonical::write_object(schema, out)?;
    }
    if let Some(title) = &tool.title {
        out.extend_from_slice(br#","title":"#);
        serde_json::to_writer(&mut *out, title)?;
    }
    out.push(b'}');
    Ok(())
}

/// The definition with sorted keys.
pub(super) fn definition(tool: &Tool) -> Value {
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
    let annotations = tool.annotations.as_ref();
    put(
        "annotations",
        annotations.and_then(|hints| serde_json::to_value(hints).ok()),
    );
    sorted(Value::Object(definition))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn hash_of_a_tool_is_that_of_its_definition() {
        for tool in [
            json!({"name": "a", "inputSchema": {"type": "object"}}),
            json!({"name": "a\"é", "title": "A", "description": "d\n", "inputSchema": {"z": 1, "a": [{}]},
                "outputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true, "title": "t"}}),
        ] {
            let tool: Tool = serde_json::from_value(tool).unwrap();
            assert_eq!(hash(&tool), hash_of(&definition(&tool)));
            assert_eq!(Pin::of(&tool).read().unwrap(), definition(&tool));
        }
    }
}
