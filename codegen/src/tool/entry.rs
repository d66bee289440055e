//! Decides what in a `tools/list` answer is a tool. The host and the generator both ask here, so that they accept the
//! same tools. Drops parts that are for display and ill-formed, and rejects an entry that no call could name.

use serde_json::{Map, Value};

/// The longest name of a tool, in bytes. The specification recommends 128 characters at most.
const MAX_NAME: usize = 1_024;

/// One entry that is a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The tool, with every member of the type that MCP gives it: each strict reader takes it.
    pub tool: Map<String, Value>,
    /// What was dropped or replaced, as `` `title` is a list, not a text``. Empty for a tool that follows MCP.
    pub flaws: Vec<String>,
}

/// Reads one entry of `tools`.
///
/// # Errors
///
/// Why the entry is not a tool: it is not an object, or it has no usable name.
pub fn entry(value: Value) -> Result<Entry, String> {
    let Value::Object(mut tool) = value else {
        return Err(format!("it is {}, not an object", kind(&value)));
    };
    let mut flaws = Vec::new();
    of_other_apis(&mut tool, &mut flaws);
    match tool.get("name") {
        Some(Value::String(name)) => name_fault(name).map_or(Ok(()), Err)?,
        Some(name) => return Err(format!("its `name` is {}, not a text", kind(name))),
        None => return Err("it has no `name`".to_owned()),
    }
    input_schema(&mut tool, &mut flaws)?;
    if tool.get("outputSchema") == Some(&Value::Bool(true)) {
        tool.insert("outputSchema".to_owned(), Value::Object(Map::new()));
    }
    keep(
        &mut tool,
        "outputSchema",
        Value::is_object,
        "an object",
        &mut flaws,
    );
    keep(&mut tool, "title", Value::is_string, "a text", &mut flaws);
    keep(
        &mut tool,
        "description",
        Value::is_string,
        "a text",
        &mut flaws,
    );
    keep(
        &mut tool,
        "_meta",
        Value::is_object,
        "an object",
        &mut flaws,
    );
    annotations(&mut tool, &mut flaws);
    icons(&mut tool, &mut flaws);
    Ok(Entry { tool, flaws })
}

/// The type of a JSON value, in words.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(true) => "`true`",
        Value::Bool(false) => "`false`",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Why no call could name a tool so, if none could.
#[must_use]
pub fn name_fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("its name is empty".to_owned());
    }
    (name.len() > MAX_NAME).then(|| format!("its name is longer than {MAX_NAME} bytes"))
}

/// Takes the members of tools of OpenAI's and Anthropic's APIs for those that MCP has.
fn of_other_apis(tool: &mut Map<String, Value>, flaws: &mut Vec<String>) {
    if !tool.contains_key("name")
        && let Some(Value::Object(function)) = tool.shift_remove("function")
    {
        flaws.push("it is a function of OpenAI's API, not a tool of MCP".to_owned());
        *tool = function;
    }
    for member in ["input_schema", "parameters"] {
        if tool.contains_key("inputSchema") {
            return;
        }
        if tool.get(member).is_some_and(Value::is_object)
            && let Some(schema) = tool.shift_remove(member)
        {
            flaws.push(format!(
                "its schema is in `{member}`, where MCP has `inputSchema`"
            ));
            tool.insert("inputSchema".to_owned(), schema);
        }
    }
}

/// A tool without a schema of its arguments takes any.
fn input_schema(tool: &mut Map<String, Value>, flaws: &mut Vec<String>) -> Result<(), String> {
    match tool.get("inputSchema") {
        Some(Value::Object(schema)) => {
            flaws.extend(argument_flaws(schema));
            return Ok(());
        }
        None | Some(Value::Null | Value::Bool(true)) => {}
        Some(Value::Bool(false)) => {
            return Err("its inputSchema is `false`, so no call of it is valid".to_owned());
        }
        Some(other) => {
            let found = kind(other);
            flaws.push(format!(
                "`inputSchema` is {found}, not an object: any arguments are taken"
            ));
        }
    }
    tool.insert("inputSchema".to_owned(), Value::Object(Map::new()));
    Ok(())
}

/// Keywords of an `inputSchema` that say which arguments there are, and say nothing because they are of a wrong type.
/// Each as `` `required` of its `inputSchema` is a text, not a list of names``.
pub fn argument_flaws(schema: &Map<String, Value>) -> impl Iterator<Item = String> {
    let of = |keyword: &'static str| schema.get(keyword).map(|value| (keyword, value));
    let required = of("required").filter(|(_, value)| !value.is_array());
    let properties = of("properties").filter(|(_, value)| match value {
        // PHP writes an empty object so.
        Value::Array(list) => !list.is_empty(),
        value => !value.is_object(),
    });
    let required = required.map(|found| (found, "a list of names: no argument is required"));
    let properties = properties.map(|found| (found, "an object: no argument is known"));
    required
        .into_iter()
        .chain(properties)
        .filter(|((_, value), _)| !value.is_null())
        .map(|((keyword, value), wanted)| {
            format!(
                "`{keyword}` of its `inputSchema` is {}, not {wanted}",
                kind(value)
            )
        })
}

/// Drops the member unless it is `wanted`. A member that is null is as good as absent.
fn keep(
    of: &mut Map<String, Value>,
    member: &str,
    wanted: impl Fn(&Value) -> bool,
    name: &str,
    flaws: &mut Vec<String>,
) {
    let Some(value) = of.get(member) else {
        return;
    };
    if wanted(value) {
        return;
    }
    if !value.is_null() {
        flaws.push(format!("`{member}` is {}, not {name}", kind(value)));
    }
    of.shift_remove(member);
}

fn annotations(tool: &mut Map<String, Value>, flaws: &mut Vec<String>) {
    keep(tool, "annotations", Value::is_object, "an object", flaws);
    let Some(Value::Object(annotations)) = tool.get_mut("annotations") else {
        return;
    };
    keep(annotations, "title", Value::is_string, "a text", flaws);
    for hint in [
        "readOnlyHint",
        "destructiveHint",
        "idempotentHint",
        "openWorldHint",
    ] {
        keep(annotations, hint, Value::is_boolean, "true or false", flaws);
    }
}

fn icons(tool: &mut Map<String, Value>, flaws: &mut Vec<String>) {
    keep(tool, "icons", Value::is_array, "a list", flaws);
    let Some(Value::Array(icons)) = tool.get_mut("icons") else {
        return;
    };
    let listed = icons.len();
    icons.retain_mut(is_icon);
    let dropped = listed - icons.len();
    if dropped > 0 {
        flaws.push(format!("{dropped} of its icons cannot be read"));
    }
}

fn is_icon(icon: &mut Value) -> bool {
    let Value::Object(icon) = icon else {
        return false;
    };
    let mut dropped = Vec::new();
    keep(icon, "mimeType", Value::is_string, "a text", &mut dropped);
    keep(
        icon,
        "theme",
        |theme| theme == "light" || theme == "dark",
        "a theme",
        &mut dropped,
    );
    let texts = |sizes: &Value| {
        sizes
            .as_array()
            .is_some_and(|sizes| sizes.iter().all(Value::is_string))
    };
    keep(icon, "sizes", texts, "a list of texts", &mut dropped);
    icon.get("src").is_some_and(Value::is_string)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn tool_that_follows_mcp_is_as_it_was() {
        let tool = json!({
            "name": "a", "title": "A", "description": "d", "inputSchema": {"type": "object"},
            "outputSchema": {"type": "object"}, "_meta": {"x": 1},
            "annotations": {"title": "t", "readOnlyHint": true, "more": 1},
            "icons": [{"src": "data:", "sizes": ["1x1"], "theme": "dark"}],
            "execution": {"taskSupport": "optional"},
        });
        let read = entry(tool.clone()).unwrap();
        assert_eq!(Value::Object(read.tool), tool);
        assert_eq!(read.flaws, [""; 0]);
    }

    #[test]
    fn part_for_display_that_is_ill_formed_costs_itself_alone() {
        let read = entry(json!({
            "name": "a", "title": [], "description": 5, "inputSchema": {}, "outputSchema": "x",
            "_meta": 1, "annotations": {"title": 1, "readOnlyHint": "yes", "openWorldHint": false},
            "icons": [{"src": 1}, 2, {"src": "data:", "theme": "blue", "sizes": "any", "mimeType": null}],
        }))
        .unwrap();
        assert_eq!(
            Value::Object(read.tool),
            json!({"name": "a", "inputSchema": {}, "annotations": {"openWorldHint": false},
                "icons": [{"src": "data:"}]})
        );
        assert_eq!(
            read.flaws,
            [
                "`outputSchema` is a text, not an object",
                "`title` is a list, not a text",
                "`description` is a number, not a text",
                "`_meta` is a number, not an object",
                "`title` is a number, not a text",
                "`readOnlyHint` is a text, not true or false",
                "2 of its icons cannot be read",
            ]
        );
        let read = entry(
            json!({"name": "a", "title": null, "annotations": null, "icons": null,
            "outputSchema": null, "_meta": null, "description": null}),
        )
        .unwrap();
        assert_eq!(
            Value::Object(read.tool),
            json!({"name": "a", "inputSchema": {}})
        );
        assert_eq!(read.flaws, [""; 0]);
    }

    #[test]
    fn arguments_without_a_schema_are_any() {
        for (schema, becomes, flaw) in [
            (json!(null), json!({}), ""),
            (json!(true), json!({}), ""),
            (
                json!("{}"),
                json!({}),
                "`inputSchema` is a text, not an object: any arguments are taken",
            ),
            (
                json!([]),
                json!({}),
                "`inputSchema` is a list, not an object: any arguments are taken",
            ),
        ] {
            let read = entry(json!({"name": "a", "inputSchema": schema})).unwrap();
            assert_eq!(read.tool["inputSchema"], becomes, "{schema}");
            assert_eq!(read.flaws.concat(), flaw);
        }
    }

    #[test]
    fn keyword_of_the_arguments_that_is_of_a_wrong_type_is_named() {
        let flaws = |schema| {
            let read = entry(json!({"name": "a", "inputSchema": schema})).unwrap();
            read.flaws
        };
        assert_eq!(
            flaws(json!({"type": "object", "required": "q"})),
            [
                "`required` of its `inputSchema` is a text, not a list of names: no argument is required"
            ]
        );
        assert_eq!(
            flaws(json!({"properties": "q", "required": true})),
            [
                "`required` of its `inputSchema` is `true`, not a list of names: no argument is required",
                "`properties` of its `inputSchema` is a text, not an object: no argument is known"
            ]
        );
        for nothing in [
            json!({"properties": [], "required": null}),
            json!({"properties": null, "required": []}),
        ] {
            assert_eq!(flaws(nothing), [""; 0]);
        }
    }

    #[test]
    fn tool_of_another_api_is_a_tool_with_a_flaw() {
        let schema = json!({"type": "object"});
        for (tool, flaws) in [
            (json!({"name": "a", "input_schema": schema}), 1),
            (
                json!({"type": "function", "name": "a", "parameters": schema}),
                1,
            ),
            (
                json!({"type": "function", "function": {"name": "a", "parameters": schema}}),
                2,
            ),
        ] {
            let read = entry(tool).unwrap();
            assert_eq!(read.tool["name"], "a");
            assert_eq!(read.tool["inputSchema"], schema);
            assert_eq!(read.flaws.len(), flaws, "{:?}", read.flaws);
        }
    }

    #[test]
    fn entry_that_no_call_could_name_is_refused_with_what_was_found() {
        for (value, why) in [
            (json!("a"), "it is a text, not an object"),
            (json!(null), "it is null, not an object"),
            (json!({"inputSchema": {}}), "it has no `name`"),
            (
                json!({"name": "a", "inputSchema": false}),
                "its inputSchema is `false`, so no call of it is valid",
            ),
            (json!({"name": 5}), "its `name` is a number, not a text"),
            (json!({"name": ""}), "its name is empty"),
            (
                json!({"name": "n".repeat(1_025)}),
                "its name is longer than 1024 bytes",
            ),
        ] {
            assert_eq!(entry(value).unwrap_err(), why);
        }
    }
}
