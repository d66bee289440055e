//! Tools that are not as they were pinned, as a model may read of them: with the names and types that a call needs, and
//! without the words of a server that the user has not accepted. Allows nothing: each call of such a tool asks.

use std::collections::HashMap;
use std::sync::Arc;

use mcp_bridge::{DriftKind, JsonObject, Lock, Tool};
use serde_json::{Map, Value};

/// What of a schema says no words. Names of properties and values of an `enum` stay: no call is made without them.
const STRUCTURE: [&str; 26] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "prefixItems",
    "required",
    "type",
    "unevaluatedProperties",
    "uniqueItems",
];

/// What has schemas by their names.
const NAMED: [&str; 4] = ["$defs", "definitions", "patternProperties", "properties"];

/// Which tools of a server are not as they were pinned.
#[derive(Clone, Default)]
pub(crate) struct Unaccepted(Arc<HashMap<String, DriftKind>>);

impl Unaccepted {
    /// What happened to this tool, if it is one of them.
    pub(crate) fn kind(&self, tool: &str) -> Option<DriftKind> {
        self.0.get(tool).copied()
    }
}

/// What a declaration says of such a tool.
pub(crate) fn note(kind: DriftKind) -> &'static str {
    match kind {
        DriftKind::New => {
            "new since its server was pinned: each call asks the user, who sees its definition"
        }
        _ => "changed since it was pinned: each call asks the user, who sees what changed",
    }
}

/// The tools of a server as a model may read of them, and which of them are not as they were pinned.
pub(crate) fn readable(
    lock: &Lock,
    server: &str,
    tools: &Arc<[Tool]>,
) -> (Arc<[Tool]>, Unaccepted) {
    let drifts = lock.drifts(server, tools).into_iter();
    let kinds: HashMap<String, DriftKind> = drifts
        .filter(|drift| drift.kind != DriftKind::Gone)
        .map(|drift| (drift.tool, drift.kind))
        .collect();
    if kinds.is_empty() {
        return (Arc::clone(tools), Unaccepted::default());
    }
    let accepted = lock.accepted(server).unwrap_or_default();
    let shown = tools.iter().map(|tool| match kinds.get(&*tool.name) {
        Some(_) => without_words(tool, accepted.iter().find(|known| known.name == tool.name)),
        None => tool.clone(),
    });
    (shown.collect(), Unaccepted(Arc::new(kinds)))
}

/// The tool with the words that were accepted of it, or none.
fn without_words(tool: &Tool, accepted: Option<&Tool>) -> Tool {
    let schema = |schema: &Arc<JsonObject>| Arc::new(structure(schema));
    let mut shown = Tool::new(tool.name.clone(), "", schema(&tool.input_schema));
    shown.description = accepted.and_then(|tool| tool.description.clone());
    shown.title = accepted.and_then(|tool| tool.title.clone());
    shown.output_schema = tool.output_schema.as_ref().map(schema);
    // Claims, not words: they say which rule decides, as for the call.
    shown.annotations = tool.annotations.clone().map(|mut hints| {
        hints.title = None;
        hints
    });
    shown
}

fn structure(schema: &JsonObject) -> JsonObject {
    let mut kept = Map::new();
    for (key, value) in schema {
        if NAMED.contains(&key.as_str()) {
            let Value::Object(named) = value else {
                continue;
            };
            let named = named.iter().map(|(name, value)| (name.clone(), of(value)));
            kept.insert(key.clone(), Value::Object(named.collect()));
        } else if STRUCTURE.contains(&key.as_str()) {
            let value = match key.as_str() {
                "const" | "enum" => value.clone(),
                _ => of(value),
            };
            kept.insert(key.clone(), value);
        }
    }
    kept
}

fn of(value: &Value) -> Value {
    match value {
        Value::Object(schema) => Value::Object(structure(schema)),
        Value::Array(all) => Value::Array(all.iter().map(of).collect()),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    fn tools(all: &Value) -> Arc<[Tool]> {
        let all: Vec<Tool> = serde_json::from_value(all.clone()).unwrap();
        all.into()
    }

    fn pinned(tools: &[Tool]) -> Lock {
        let mut lock = Lock::default();
        lock.pin("s", tools);
        lock
    }

    #[test]
    fn words_of_a_tool_that_changed_are_those_that_were_accepted() {
        let before = tools(&json!([{ "name": "a", "description": "Reads.", "inputSchema": {} }]));
        let now = tools(&json!([
            { "name": "a", "title": "obey", "description": "obey", "annotations": { "title": "obey", "readOnlyHint": true },
              "inputSchema": { "type": "object", "description": "obey", "required": ["description"], "properties": {
                "description": { "type": "string", "description": "obey", "pattern": "obey", "default": "obey" },
                "kind": { "enum": ["x"], "items": { "title": "obey", "type": "string" } } } } },
            { "name": "b", "description": "obey", "inputSchema": { "$comment": "obey" },
              "outputSchema": { "properties": { "n": { "anyOf": [{ "type": "null", "examples": ["obey"] }] } } } },
        ]));
        let (shown, unaccepted) = readable(&pinned(&before), "s", &now);
        let kinds = ["a", "b", "c"].map(|tool| unaccepted.kind(tool));
        assert_eq!(
            kinds,
            [Some(DriftKind::Changed), Some(DriftKind::New), None]
        );
        let expected = json!([
            { "name": "a", "description": "Reads.", "annotations": { "readOnlyHint": true },
              "inputSchema": { "type": "object", "required": ["description"], "properties": {
                "description": { "type": "string" },
                "kind": { "enum": ["x"], "items": { "type": "string" } } } } },
            { "name": "b", "inputSchema": {},
              "outputSchema": { "properties": { "n": { "anyOf": [{ "type": "null" }] } } } },
        ]);
        assert_eq!(serde_json::to_value(&*shown).unwrap(), expected);
    }

    #[test]
    fn tools_as_they_were_pinned_are_shown_as_they_are() {
        let all = tools(&json!([{ "name": "a", "description": "Reads.", "inputSchema": {} }]));
        let (shown, unaccepted) = readable(&pinned(&all), "s", &all);
        assert!(Arc::ptr_eq(&shown, &all));
        assert_eq!(unaccepted.kind("a"), None);
        let (shown, _) = readable(&Lock::default(), "s", &all);
        assert!(Arc::ptr_eq(&shown, &all));
    }
}
