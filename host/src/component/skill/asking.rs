//! Which lines of a script may have made a call. Runs nothing: a line whose arguments are in the source is left out
//! where they differ from those of the call.

use std::collections::BTreeSet;

use mcp_codegen::names::label;
use mcp_script::{Kind, Literal, LiteralCall, ToolUse};
use serde_json::Value;

use super::ScriptText;

impl ScriptText {
    /// The lines, from 1, that may have called this tool with these arguments. Where the script passes the tool on, it
    /// is the line that names it first.
    #[must_use]
    pub fn lines_of_call(&self, server: &str, tool: &str, arguments: &Value) -> BTreeSet<u32> {
        let tools = self.read.manifest().tools.iter();
        let mut lines = BTreeSet::new();
        for used in tools.filter(|used| is_same(used, server, tool)) {
            let calls = || used.calls.iter();
            let fitting = calls().filter(|call| may_be(call, arguments));
            let fitting: Vec<_> = fitting.map(|call| call.at.line).collect();
            match fitting.is_empty() {
                false => lines.extend(fitting),
                true if calls().next().is_some() => lines.extend(calls().map(|call| call.at.line)),
                true => lines.extend([used.at.line]),
            }
        }
        lines
    }
}

fn is_same(used: &ToolUse, server: &str, tool: &str) -> bool {
    let same = |a: &str, b: &str| a == b || label(a) == label(b);
    same(&used.server, server) && same(&used.name, tool)
}

fn may_be(call: &LiteralCall, arguments: &Value) -> bool {
    match &call.argument {
        Some(argument) => fits(argument, arguments),
        None => arguments.as_object().is_some_and(serde_json::Map::is_empty),
    }
}

/// Whether the literal may have this value.
fn fits(literal: &Literal, value: &Value) -> bool {
    match (&literal.kind, value) {
        (Kind::Unknown, _) => true,
        (Kind::Text, value) => value.is_string(),
        (Kind::Null | Kind::Undefined, value) => value.is_null(),
        (Kind::Bool(known), Value::Bool(value)) => known == value,
        (Kind::String(known), Value::String(value)) => known == value,
        (Kind::Number(known), Value::Number(value)) => {
            // Both are a number of JavaScript.
            value
                .as_f64()
                .is_some_and(|value| value.to_bits() == known.to_bits())
        }
        (Kind::Array { items, open }, Value::Array(values)) => {
            *open
                || (items.len() == values.len()
                    && items
                        .iter()
                        .zip(values)
                        .all(|(item, value)| fits(item, value)))
        }
        (Kind::Object { properties, open }, Value::Object(values)) => {
            // What is `undefined` is no property of the JSON.
            let known = properties.iter().all(|property| {
                let value = values.get(&property.name);
                value.map_or(
                    matches!(property.value.kind, Kind::Undefined | Kind::Unknown),
                    |value| fits(&property.value, value),
                )
            });
            let has = |name: &String| properties.iter().any(|property| property.name == *name);
            known && (*open || values.keys().all(has))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    const SOURCE: &str = "import { echo, add } from 'mcp:play-ground';\n\
                          await echo({ text: 'first', n: 1 });\n\
                          await echo({ text: 'second', n: 1 });\n\
                          for (const text of ['third', 'fourth']) {\n\
                            await echo({ text, n: 2 });\n\
                          }\n\
                          export default await Promise.all([1, 2].map(add));\n";

    fn lines(tool: &str, arguments: Value) -> Vec<u32> {
        let text = ScriptText::read("script.ts", SOURCE).unwrap();
        let lines = text.lines_of_call("play_ground", tool, &arguments);
        lines.into_iter().collect()
    }

    #[test]
    fn the_line_of_a_call_is_the_one_whose_arguments_it_has() {
        assert_eq!(lines("echo", json!({ "text": "second", "n": 1 })), [3]);
        assert_eq!(lines("echo", json!({ "text": "fourth", "n": 2 })), [5]);
    }

    #[test]
    fn a_call_that_no_line_explains_may_be_of_each() {
        assert_eq!(lines("echo", json!({ "other": true })), [2, 3, 5]);
    }

    #[test]
    fn a_tool_that_is_passed_on_is_of_the_line_that_names_it() {
        assert_eq!(lines("add", json!(1)), [1]);
        assert!(lines("remove", json!({})).is_empty());
    }
}
