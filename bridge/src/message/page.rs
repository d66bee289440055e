//! Reads one page of a list of tools, tool by tool. The schemas of a tool stay trees; each is rebuilt without the room
//! that a tree has to grow, which is nearly half of it.

use std::fmt;
use std::sync::Arc;

use rmcp::model::{JsonObject, ListToolsResult, Tool};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::memory;

/// The members of a page, each as it stands in the text. What else a page may have is for nothing here.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    result_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    next_cursor: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    ttl_ms: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    cache_scope: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: &'a RawValue,
}

impl<'a> Page<'a> {
    pub(super) fn of(result: &'a RawValue) -> Option<Self> {
        serde_json::from_str(result.get()).ok()
    }

    /// How many bytes of memory the page takes while it is read, besides its text.
    pub(super) fn memory(&self) -> usize {
        let (mut kept, mut largest) = (0_usize, 0);
        let weighed = each(self.tools, |tool| {
            let text = tool.get().as_bytes();
            kept = kept.saturating_add(size_of::<Tool>() + memory::compact(text));
            largest = largest.max(memory::of(text));
            Ok(())
        });
        let rest = [self.meta, self.next_cursor].into_iter().flatten();
        let rest: usize = rest.map(|text| memory::of(text.get().as_bytes())).sum();
        match weighed {
            Ok(()) => kept.saturating_add(largest).saturating_add(rest),
            // It is no list, and not read here.
            Err(_) => memory::of(self.tools.get().as_bytes()).saturating_add(rest),
        }
    }

    /// Reads the page; an error where a tool on it is not what MCP allows.
    pub(super) fn read(mut self) -> serde_json::Result<ListToolsResult> {
        let mut count = 0;
        each(self.tools, |_| {
            count += 1;
            Ok(())
        })?;
        let mut tools = Vec::with_capacity(count);
        each(self.tools, |tool| {
            tools.push(compact(serde_json::from_str(tool.get())?));
            Ok(())
        })?;
        self.tools = serde_json::from_str("[]")?;
        let mut page: ListToolsResult = serde_json::from_str(&serde_json::to_string(&self)?)?;
        page.tools = tools;
        Ok(page)
    }
}

/// How many bytes of memory a compact tool takes that is kept.
pub(super) fn kept(tool: &Tool) -> usize {
    memory::compact_value(tool).saturating_add(size_of::<Tool>())
}

/// The tool with schemas that have no room to grow.
pub(super) fn compact(mut tool: Tool) -> Tool {
    tool.input_schema = compact_schema(tool.input_schema);
    tool.output_schema = tool.output_schema.map(compact_schema);
    tool
}

fn compact_schema(schema: Arc<JsonObject>) -> Arc<JsonObject> {
    Arc::new(compact_object(Arc::unwrap_or_clone(schema)))
}

fn compact_object(object: JsonObject) -> JsonObject {
    let mut compact = Map::with_capacity(object.len());
    for (key, value) in object {
        compact.insert(key, compact_tree(value));
    }
    compact
}

fn compact_tree(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(compact_object(object)),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(compact_tree).collect();
            items.shrink_to_fit();
            Value::Array(items)
        }
        scalar => scalar,
    }
}

/// Shows each element of a list as its text.
fn each(
    list: &RawValue,
    show: impl FnMut(&RawValue) -> serde_json::Result<()>,
) -> serde_json::Result<()> {
    struct Each<F>(F);
    impl<'de, F: FnMut(&'de RawValue) -> serde_json::Result<()>> Visitor<'de> for Each<F> {
        type Value = ();

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list of tools")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
            while let Some(item) = items.next_element::<&RawValue>()? {
                (self.0)(item).map_err(A::Error::custom)?;
            }
            Ok(())
        }
    }
    serde_json::Deserializer::from_str(list.get()).deserialize_seq(Each(show))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn page_is_read_as_serde_json_reads_it_and_takes_less() {
        let property = json!({"type": "string", "description": "d", "enum": ["a", "b"]});
        let tool = json!({"name": "t", "title": "T", "description": "d", "inputSchema": {"type": "object",
            "properties": {"a": property, "b": property, "c": property}, "required": ["a"]},
            "outputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}, "_meta": {"k": [1]}});
        let page = json!({"tools": vec![tool; 100], "nextCursor": "n", "ttlMs": 5, "resultType": "complete"});
        let text = RawValue::from_string(page.to_string()).unwrap();
        let expected: ListToolsResult = serde_json::from_value(page).unwrap();
        let members = Page::of(&text).unwrap();
        let takes = members.memory();
        assert!(takes < memory::of(text.get().as_bytes()) * 4 / 5, "{takes}");
        let read = members.read().unwrap();
        assert_eq!(read, expected);
        assert!(read.tools.iter().map(kept).sum::<usize>() < takes);
        let bad = RawValue::from_string(r#"{"tools":[{"name":1}]}"#.to_owned()).unwrap();
        Page::of(&bad).unwrap().read().unwrap_err();
    }
}
