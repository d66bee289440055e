//! Definitions of tools without the secrets of their server: they go to models, and into files that people share. Never
//! changes an answer.

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::model::{JsonObject, Tool};
use serde_json::Value;

use super::Secrets;

impl Secrets {
    /// Whether a text of a definition has a secret in it.
    pub(crate) fn occur_in_definition(&self, text: &str) -> bool {
        let hidden = self.hidden(text.as_bytes(), |name| name.certain);
        matches!(hidden, Cow::Owned(_))
    }

    /// The definition with the name of each secret in its place, in every text of it but its name. A value that is no
    /// secret by its name or its looks stays, such as a path, and a header that chooses tools.
    pub(crate) fn hide_in_tool(&self, tool: Tool) -> Tool {
        // Most servers have no such value, and most definitions none of it: the copies below are made of those that do.
        let all = self.all();
        let is_any = all
            .iter()
            .any(|known| known.names.iter().any(|name| name.certain));
        if !is_any || !self.occur_in_tool(&tool) {
            return tool;
        }
        let Ok(mut value) = serde_json::to_value(&tool) else {
            return tool;
        };
        if !self.hide_in(&mut value) {
            return tool;
        }
        if let Value::Object(members) = &mut value {
            members.insert("name".to_owned(), tool.name.as_ref().into());
        }
        // Texts became other texts, so that it can be read again. If not, its name is what is left of it.
        serde_json::from_value(value)
            .unwrap_or_else(|_| Tool::new(tool.name, "", Arc::new(JsonObject::new())))
    }

    /// Looks at the schemas where they are, and at a copy of the rest, which is small.
    fn occur_in_tool(&self, tool: &Tool) -> bool {
        let mut schemas = std::iter::once(&tool.input_schema).chain(&tool.output_schema);
        if schemas.any(|schema| self.occur_in_members(schema)) {
            return true;
        }
        let texts = [tool.title.as_deref(), tool.description.as_deref()];
        if texts
            .into_iter()
            .flatten()
            .any(|text| self.occur_in_definition(text))
        {
            return true;
        }
        let mut rest = Tool::new(tool.name.clone(), "", Arc::new(JsonObject::new()));
        rest.annotations.clone_from(&tool.annotations);
        rest.meta.clone_from(&tool.meta);
        rest.icons.clone_from(&tool.icons);
        match serde_json::to_value(&rest) {
            Ok(value) => self.occur_in_value(&value),
            Err(_) => true,
        }
    }

    fn occur_in_members(&self, members: &JsonObject) -> bool {
        members
            .iter()
            .any(|(key, member)| self.occur_in_definition(key) || self.occur_in_value(member))
    }

    fn occur_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.occur_in_definition(text),
            Value::Array(items) => items.iter().any(|item| self.occur_in_value(item)),
            Value::Object(members) => self.occur_in_members(members),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Whether anything was hidden.
    fn hide_in(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => self.hide_sensitive(text),
            Value::Array(items) => {
                let mut hidden = false;
                for item in items {
                    hidden |= self.hide_in(item);
                }
                hidden
            }
            Value::Object(members) => {
                let mut hidden = false;
                let mut shown = JsonObject::new();
                for (mut key, mut member) in std::mem::take(members) {
                    hidden |= self.hide_sensitive(&mut key);
                    hidden |= self.hide_in(&mut member);
                    shown.insert(key, member);
                }
                *members = shown;
                hidden
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn hide_sensitive(&self, text: &mut String) -> bool {
        let Cow::Owned(hidden) = self.hidden(text.as_bytes(), |name| name.certain) else {
            return false;
        };
        *text = String::from_utf8_lossy(&hidden).into_owned();
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::super::tests::{endpoint, secrets};
    use super::*;

    const TOKEN: &str = "tok_S3CR3T/abcdefghijklmnop+qrstuvwxyz";

    fn tool(value: &Value) -> Tool {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn every_text_of_a_definition_is_shown_without_the_secrets_of_its_server() {
        let secrets = secrets(&[("API_TOKEN", TOKEN), ("ROOT_DIR", "/srv/data/projects")]);
        let encoded = STANDARD.encode(format!("user:{TOKEN}"));
        let leaks = tool(&json!({
            "name": "t",
            "title": TOKEN,
            "description": format!("reads /srv/data/projects with {TOKEN} or {encoded}"),
            "inputSchema": {
                "type": "object",
                "properties": { TOKEN: { "enum": [TOKEN], "default": { "x": TOKEN } } },
                "required": [TOKEN],
            },
            "annotations": { "title": TOKEN, "readOnlyHint": true },
            "_meta": { TOKEN: TOKEN },
        }));
        let shown = secrets.hide_in_tool(leaks);
        let text = serde_json::to_string(&shown).unwrap();
        assert!(!secrets.occur_in(&text), "{text}");
        assert!(
            text.contains("/srv/data/projects with ${API_TOKEN}"),
            "{text}"
        );
        assert!(shown.annotations.unwrap().read_only_hint.unwrap());
        assert_eq!(shown.input_schema["required"], json!(["${API_TOKEN}"]));
    }

    #[test]
    fn a_header_that_chooses_tools_is_no_secret_of_their_definitions() {
        let of = |name: &str| {
            let secrets = endpoint("https://a.example/mcp", &[(name, "list_repositories")]);
            let value = json!({ "name": "t", "description": "as list_repositories does", "inputSchema": {} });
            secrets.hide_in_tool(tool(&value)).description.unwrap()
        };
        assert_eq!(of("X-Tools"), "as list_repositories does");
        assert_eq!(of("X-Api-Key"), "as [X-Api-Key] does");
    }

    #[test]
    fn a_definition_without_a_secret_stays_as_it_is() {
        let secrets = secrets(&[("API_TOKEN", TOKEN), ("ROOT_DIR", "/srv/data/projects")]);
        let value = json!({
            "name": "t",
            "description": "reads /srv/data/projects",
            "inputSchema": { "type": "object", "properties": { "API_TOKEN": {} } },
        });
        assert_eq!(secrets.hide_in_tool(tool(&value)), tool(&value));
    }
}
