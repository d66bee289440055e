//! What is known of one tool or skill before a search. Borrows all text, and owns none.

use serde_json::{Map, Value};

/// One tool of a server, or one saved skill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The name of the server in the configuration. For a skill, the name under which skills are listed.
    pub server: &'a str,
    /// The name as the server declares it.
    pub name: &'a str,
    /// The title for people, or an empty text.
    pub title: &'a str,
    /// The description, or an empty text.
    pub description: &'a str,
    /// The parameters, those of nested objects too if the caller wants them to be found.
    pub parameters: Vec<Parameter<'a>>,
    /// The properties of its results, as far as its server declares them.
    pub results: Vec<Parameter<'a>>,
    /// Tool or skill.
    pub kind: Kind,
    /// How often it ran well, less how often it did not. Of two that match alike, the more often used one comes first.
    pub uses: u32,
}

/// One parameter of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The name of the property.
    pub name: &'a str,
    /// Its description, or an empty text.
    pub description: &'a str,
    /// The texts that its `enum` allows.
    pub values: Vec<&'a str>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// A tool of an MCP server.
    #[default]
    Tool,
    /// A saved skill.
    Skill,
}

impl<'a> Entry<'a> {
    /// The parameters that a JSON Schema declares, down to `depth` levels of nested objects and lists.
    #[must_use]
    pub fn parameters_of(schema: &'a Value, depth: usize) -> Vec<Parameter<'a>> {
        let object = schema.as_object();
        object.map_or_else(Vec::new, |object| Self::parameters_of_object(object, depth))
    }

    /// The same of a schema that is an object, as MCP has it.
    #[must_use]
    pub fn parameters_of_object(
        schema: &'a Map<String, Value>,
        depth: usize,
    ) -> Vec<Parameter<'a>> {
        let mut out = Vec::new();
        collect(schema, depth, &mut out);
        out
    }
}

/// A schema may have any number of properties: more than these say nothing new about the tool.
const MOST_PARAMETERS: usize = 256;

fn collect<'a>(schema: &'a Map<String, Value>, depth: usize, out: &mut Vec<Parameter<'a>>) {
    let properties = schema.get("properties").and_then(|found| found.as_object());
    for (name, property) in properties.into_iter().flatten() {
        if out.len() == MOST_PARAMETERS {
            return;
        }
        let text = |key| property.get(key).and_then(|found| found.as_str());
        let values = property.get("enum").and_then(|found| found.as_array());
        out.push(Parameter {
            name,
            description: text("description").unwrap_or(""),
            values: values
                .into_iter()
                .flatten()
                .take(MOST_PARAMETERS)
                .filter_map(|value| value.as_str())
                .collect(),
        });
        if depth > 0
            && let Some(property) = property.as_object()
        {
            collect(property, depth - 1, out);
        }
    }
    if let Some(items) = schema.get("items").and_then(Value::as_object)
        && depth > 0
    {
        collect(items, depth - 1, out);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_read_down_to_the_depth() {
        let schema = json!({"type": "object", "properties": {
            "state": {"enum": ["open", "closed", 3], "description": "Which."},
            "rows": {"type": "array", "items": {"properties": {"cell": {}}}},
        }});
        let names = |depth| -> Vec<_> {
            let found = Entry::parameters_of(&schema, depth);
            found.iter().map(|parameter| parameter.name).collect()
        };
        assert_eq!(names(0), ["state", "rows"]);
        assert_eq!(names(2), ["state", "rows", "cell"]);
        assert_eq!(
            Entry::parameters_of(&schema, 0)[0].values,
            ["open", "closed"]
        );
        assert_eq!(Entry::parameters_of(&json!(true), 3), []);
    }
}
