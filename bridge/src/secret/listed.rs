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
        let all = self.all();
        all.iter()
            .any(|known| known.occur_in(text.as_bytes(), |name| name.certain))
    }

    /// The definition with the name of each secret in its place, in every text of it but its name. A value that is no
    /// secret by its name or its looks stays, such as a path, and a header that chooses tools. Copies only the texts
    /// that have a secret.
    pub(crate) fn hide_in_tool(&self, mut tool: Tool) -> Tool {
        let all = self.all();
        if !all
            .iter()
            .any(|known| known.names.iter().any(|name| name.certain))
        {
            return tool;
        }
        let annotations = tool.annotations.as_mut();
        let titles = [
            tool.title.as_mut(),
            annotations.and_then(|annotations| annotations.title.as_mut()),
        ];
        for title in titles.into_iter().flatten() {
            self.hide_in_text(title);
        }
        if let Some(description) = &mut tool.description
            && let Some(hidden) = self.without_certain(description)
        {
            *description = hidden.into();
        }
        for icon in tool.icons.iter_mut().flatten() {
            let texts = icon.sizes.iter_mut().flatten();
            for text in texts.chain(&mut icon.mime_type).chain([&mut icon.src]) {
                self.hide_in_text(text);
            }
        }
        // No other owner has the schemas yet, so that they are changed where they are.
        let output = tool.output_schema.as_mut();
        for schema in std::iter::once(&mut tool.input_schema).chain(output) {
            self.hide_in_members(Arc::make_mut(schema));
        }
        if let Some(meta) = &mut tool.meta {
            self.hide_in_members(&mut meta.0);
        }
        tool
    }

    fn hide_in_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.hide_in_text(text),
            Value::Array(items) => {
                for item in items {
                    self.hide_in_value(item);
                }
            }
            Value::Object(members) => self.hide_in_members(members),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn hide_in_members(&self, members: &mut JsonObject) {
        let mut in_keys = false;
        for (key, member) in members.iter_mut() {
            in_keys |= self.occur_in_definition(key);
            self.hide_in_value(member);
        }
        if in_keys {
            for (key, member) in std::mem::take(members) {
                members.insert(self.without_certain(&key).unwrap_or(key), member);
            }
        }
    }

    fn hide_in_text(&self, text: &mut String) {
        if let Some(hidden) = self.without_certain(text) {
            *text = hidden;
        }
    }

    /// The text without secrets, where it has some.
    fn without_certain(&self, text: &str) -> Option<String> {
        match self.hidden(text.as_bytes(), |name| name.certain) {
            Cow::Borrowed(_) => None,
            Cow::Owned(hidden) => Some(String::from_utf8_lossy(&hidden).into_owned()),
        }
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
            "outputSchema": { "type": "object", "description": TOKEN },
            "annotations": { "title": TOKEN, "readOnlyHint": true },
            "icons": [{ "src": format!("https://a.example/?k={TOKEN}"), "mimeType": TOKEN, "sizes": [TOKEN] }],
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
