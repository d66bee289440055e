//! What a tool takes and gives, in the names that its JSON has. Shows no WIT: `mcp_codegen::signature` does.

use mcp_codegen::names::shown;
use mcp_codegen::shape::{Function, Record, Returns, Shape};

/// The most members of an enum that are shown.
const MOST: usize = 8;

/// How deep objects are shown in objects.
const DEEP: usize = 3;

/// `get_issue(number: integer, fields?: [string])`, and ` -> {title: string}` if the tool declares its result.
pub(crate) fn json_form(function: &Function<'_>) -> String {
    let mut out = format!("{}(", shown(function.tool));
    match &function.params {
        None => {}
        Some(Shape::Record(record)) => members(&mut out, record, DEEP),
        Some(shape) => form(&mut out, shape, DEEP),
    }
    out.push(')');
    match &function.returns {
        Returns::ToolResult => {}
        Returns::Structured(shape) => {
            out.push_str(" -> ");
            form(&mut out, shape, DEEP);
        }
        Returns::Wrapped { key, shape } => {
            out.push_str(&format!(" -> {{{}: ", name(key)));
            form(&mut out, shape, DEEP);
            out.push('}');
        }
    }
    out
}

fn form(out: &mut String, shape: &Shape<'_>, deep: usize) {
    match shape {
        Shape::Json(_) => out.push_str("any"),
        Shape::Bool => out.push_str("boolean"),
        Shape::Int(_) => out.push_str("integer"),
        Shape::Float => out.push_str("number"),
        Shape::String => out.push_str("string"),
        Shape::Nullable(shape) => {
            form(out, shape, deep);
            out.push_str(" | null");
        }
        Shape::Enum(cases) => {
            let cases = &cases.cases;
            for (at, case) in cases.iter().take(MOST).enumerate() {
                out.push_str(if at == 0 { "" } else { " | " });
                out.push_str(&format!("\"{}\"", shown(case.wire)));
            }
            if cases.len() > MOST {
                out.push_str(&format!(" | {} more", cases.len() - MOST));
            }
        }
        Shape::List(shape) => {
            out.push('[');
            form(out, shape, deep);
            out.push_str(", ...]");
        }
        Shape::Tuple(shapes) => {
            out.push('[');
            for (at, shape) in shapes.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                form(out, shape, deep);
            }
            out.push(']');
        }
        Shape::Map(_) | Shape::Record(_) if deep == 0 => out.push_str("{...}"),
        Shape::Map(shape) => {
            out.push_str("{*: ");
            form(out, shape, deep - 1);
            out.push('}');
        }
        Shape::Record(record) => {
            out.push('{');
            members(out, record, deep - 1);
            out.push('}');
        }
        Shape::Variant(variant) => {
            for (at, case) in variant.cases.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { " | " });
                match &case.shape {
                    None => out.push_str("null"),
                    Some(shape) => form(out, shape, deep),
                }
            }
        }
    }
}

fn members(out: &mut String, record: &Record<'_>, deep: usize) {
    for (at, field) in record.fields.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        let optional = if field.required { "" } else { "?" };
        out.push_str(&format!("{}{optional}: ", name(field.wire)));
        form(out, &field.shape, deep);
    }
    if let Some((_, shape)) = &record.rest {
        out.push_str(if record.fields.is_empty() {
            "*: "
        } else {
            ", *: "
        });
        form(out, shape, deep);
    }
}

/// A property's name, quoted if it is no plain word.
fn name(wire: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '.');
    if !wire.is_empty() && wire.chars().all(plain) {
        shown(wire)
    } else {
        format!("\"{}\"", shown(wire))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn every_name_is_the_tools_own() {
        let tool = json!({"name": "moveRows", "inputSchema": {
            "type": "object",
            "properties": {
                "tableName": {"type": "string"},
                "row_ids": {"type": "array", "items": {"type": "integer"}},
                "as of": {"type": ["number", "null"]},
                "sortOrder": {"enum": ["upThenDown", "down"]},
                "where_": {"type": "object", "properties": {"isNew": {"type": "boolean"}}},
                "value": {"anyOf": [{"type": "string"}, {"type": "boolean"}]},
            },
            "required": ["tableName"],
        }});
        let tool: mcp_bridge::Tool = serde_json::from_value(tool).unwrap();
        let definition = mcp_host::definition(&tool);
        let function = mcp_codegen::function("move-rows", &definition).unwrap();
        assert_eq!(
            json_form(&function),
            "moveRows(tableName: string, row_ids?: [integer, ...], \"as of\"?: number | null, \
             sortOrder?: \"upThenDown\" | \"down\", where_?: {isNew?: boolean}, value?: string | boolean)"
        );
    }

    #[test]
    fn a_declared_result_is_shown_as_the_server_sends_it() {
        let tool = json!({"name": "count", "inputSchema": {"type": "object"}, "outputSchema": {
            "type": "object", "properties": {"result": {"type": "integer"}}, "required": ["result"],
            "x-fastmcp-wrap-result": true,
        }});
        let tool: mcp_bridge::Tool = serde_json::from_value(tool).unwrap();
        let definition = mcp_host::definition(&tool);
        let function = mcp_codegen::function("count", &definition).unwrap();
        assert!(json_form(&function).ends_with(" -> {result: integer}"));
    }
}
