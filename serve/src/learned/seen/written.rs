//! A shape as a JSON Schema, and as a type of TypeScript on one line.

use std::fmt::Write as _;

use mcp_codegen::is_identifier;
use serde_json::{Map, Value, json};

use super::{Members, Seen};

impl Seen {
    /// A JSON Schema of it, for declarations.
    pub(in crate::learned) fn schema(&self) -> Value {
        let mut any = Vec::new();
        for (is_one, name) in [
            (self.boolean, "boolean"),
            (self.number, "number"),
            (self.string, "string"),
        ] {
            if is_one {
                any.push(json!({ "type": name }));
            }
        }
        if let Some(items) = &self.array {
            any.push(json!({ "type": "array", "items": items.schema() }));
        }
        if let Some(members) = &self.object {
            any.push(members.schema());
        }
        if let Some(values) = &self.map {
            any.push(json!({ "type": "object", "additionalProperties": values.schema() }));
        }
        if self.null {
            any.push(json!({ "type": "null" }));
        }
        match any.len() {
            0 => json!({}),
            1 => any.swap_remove(0),
            _ => json!({ "anyOf": any }),
        }
    }

    /// The type in TypeScript, on one line.
    pub(in crate::learned) fn line(&self, out: &mut String) {
        let start = out.len();
        let or = |out: &mut String| {
            if out.len() > start {
                out.push_str(" | ");
            }
        };
        for (is_one, name) in [
            (self.boolean, "boolean"),
            (self.number, "number"),
            (self.string, "string"),
        ] {
            if is_one {
                or(out);
                out.push_str(name);
            }
        }
        if let Some(items) = &self.array {
            or(out);
            out.push_str("Array<");
            items.line(out);
            out.push('>');
        }
        if let Some(members) = &self.object {
            or(out);
            members.line(out);
        }
        if let Some(values) = &self.map {
            or(out);
            out.push_str("Record<string, ");
            values.line(out);
            out.push('>');
        }
        if self.null {
            or(out);
            out.push_str("null");
        }
        if out.len() == start {
            out.push_str("unknown");
        }
    }
}

impl Members {
    fn schema(&self) -> Value {
        if self.of.is_empty() {
            return json!({ "type": "object" });
        }
        let properties: Map<String, Value> = self
            .of
            .iter()
            .map(|member| (member.name.clone(), member.shape.schema()))
            .collect();
        let required: Vec<_> = self
            .of
            .iter()
            .filter(|member| member.times == self.times)
            .map(|member| &member.name)
            .collect();
        json!({ "type": "object", "properties": properties, "required": required })
    }

    fn line(&self, out: &mut String) {
        if self.of.is_empty() {
            out.push_str("Record<string, unknown>");
            return;
        }
        out.push('{');
        for (at, member) in self.of.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            let mark = if member.times == self.times { "" } else { "?" };
            // Names have no quotes in them.
            let quote = if is_identifier(&member.name) {
                ""
            } else {
                "\""
            };
            let _ = write!(out, "{comma}{quote}{}{quote}{mark}: ", member.name);
            member.shape.line(out);
        }
        out.push('}');
    }
}
