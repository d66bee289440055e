//! Finds which members of a tool have U+FFFD, where text of a list was no Unicode. Changes none.

use rmcp::model::Tool;
use serde_json::Value;

/// The most members of one tool that are named.
const MOST: usize = 3;

/// The places of such texts and names: `description`, `inputSchema/properties/a/title`.
pub(super) fn members(tool: &Tool) -> Vec<String> {
    let mut places = Vec::new();
    // Every tool can be written as JSON.
    let Ok(tree) = serde_json::to_value(tool) else {
        return places;
    };
    let mut open = vec![(String::new(), &tree)];
    while let Some((place, value)) = open.pop() {
        if places.len() >= MOST {
            break;
        }
        match value {
            Value::String(text) if text.contains(char::REPLACEMENT_CHARACTER) => places.push(place),
            Value::Array(items) => {
                let items = items.iter().enumerate().rev();
                open.extend(items.map(|(at, item)| (format!("{place}/{at}"), item)));
            }
            Value::Object(members) => {
                for (name, member) in members.iter().rev() {
                    let slash = if place.is_empty() { "" } else { "/" };
                    let inner = format!("{place}{slash}{name}");
                    match name.contains(char::REPLACEMENT_CHARACTER) {
                        true => places.push(inner),
                        false => open.push((inner, member)),
                    }
                }
            }
            _ => {}
        }
    }
    places.truncate(MOST);
    places
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn each_text_and_each_name_has_its_place() {
        let tool = json!({"name": "t", "description": "a\u{fffd}", "inputSchema": {"type": "object", "properties": {
            "a": {"enum": ["x", "\u{fffd}"]}, "b\u{fffd}": {}}}});
        let tool: Tool = serde_json::from_value(tool).unwrap();
        let mut places = members(&tool);
        places.sort();
        assert_eq!(
            places,
            [
                "description",
                "inputSchema/properties/a/enum/1",
                "inputSchema/properties/b\u{fffd}"
            ]
        );
        let tool = json!({"name": "t", "inputSchema": {"type": "object"}});
        let tool: Tool = serde_json::from_value(tool).unwrap();
        assert!(members(&tool).is_empty());
    }
}
