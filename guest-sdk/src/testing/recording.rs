//! A recording of `mcp-host run --record`, as far as tests need it: the host calls and their answers, and the
//! definitions of the tools. `mcp-host replay` checks its hash and its order.

use std::collections::BTreeMap;
use std::path::Path;

use mcp_codegen::{Tool, names};
use serde_json::{Map, Value};

/// The input, the calls and the result of one run.
///
/// ```no_run
/// use mcp_guest_sdk::testing::{Host, Recording};
///
/// # struct MySkill;
/// # impl mcp_guest_sdk::Skill for MySkill {
/// #     const DESCRIPTION: &str = "";
/// #     type Input = u8;
/// #     type Output = u8;
/// #     fn run(input: u8) -> Result<u8, mcp_guest_sdk::Error> { Ok(input) }
/// # }
/// let recording = Recording::read("tests/a-week.jsonl");
/// let host = Host::replaying(&recording);
/// assert_eq!(host.run::<MySkill>(recording.input()).unwrap(), *recording.result());
/// assert_eq!(host.unused(), Vec::<String>::new());
/// ```
#[derive(Debug, Clone)]
pub struct Recording {
    input: Value,
    result: Value,
    calls: Vec<RecordedCall>,
    /// The names of all tools of a server, which decide their labels.
    servers: BTreeMap<String, Vec<String>>,
    definitions: BTreeMap<(String, String), Tool>,
}

/// One host call.
#[derive(Debug, Clone)]
pub(super) struct RecordedCall {
    /// `tool`, `read-file` and so on.
    pub(super) call: String,
    /// Its other fields.
    pub(super) fields: Map<String, Value>,
    pub(super) answer: Value,
}

/// The other fields of a call's line.
const OF_THE_RUN: [&str; 5] = ["n", "call", "answer", "began", "ended"];

impl Recording {
    /// Reads the file. The path is relative to the skill's directory.
    ///
    /// # Panics
    ///
    /// When the file cannot be read, or is not a recording; the message names the line.
    #[must_use]
    pub fn read(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| {
            panic!("failed to read recording `{}`: {error}", path.display())
        });
        Self::parse(&text)
            .unwrap_or_else(|why| panic!("`{}` is not a recording: {why}", path.display()))
    }

    /// The input of the recorded run.
    #[must_use]
    pub fn input(&self) -> &Value {
        &self.input
    }

    /// The result of the recorded run; `null` if it failed.
    #[must_use]
    pub fn result(&self) -> &Value {
        &self.result
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut recording = Self {
            input: Value::Null,
            result: Value::Null,
            calls: Vec::new(),
            servers: BTreeMap::new(),
            definitions: BTreeMap::new(),
        };
        let mut ended = false;
        for (at, line) in text.lines().enumerate() {
            let mut line: Map<String, Value> =
                serde_json::from_str(line).map_err(|error| format!("line {}: {error}", at + 1))?;
            if at == 0 {
                match line.remove("mcp-host-recording") {
                    Some(Value::Number(version)) if version.as_u64() == Some(1) => {}
                    Some(version) => {
                        return Err(format!("version {version}; this reads version 1"));
                    }
                    None => return Err("its first line has no `mcp-host-recording`".to_owned()),
                }
                recording.input = line.remove("input").unwrap_or_default();
            } else if line.contains_key("end") {
                recording.result = line.remove("result").unwrap_or_default();
                ended = true;
            } else {
                recording
                    .line(line)
                    .map_err(|why| format!("line {}: {why}", at + 1))?;
            }
        }
        if !ended {
            return Err("it was cut off: there is no last line with `end`".to_owned());
        }
        Ok(recording)
    }

    fn line(&mut self, mut line: Map<String, Value>) -> Result<(), String> {
        if let Some(Value::String(call)) = line.get("call") {
            self.calls.push(RecordedCall {
                call: call.clone(),
                answer: line.get("answer").cloned().unwrap_or_default(),
                fields: line
                    .into_iter()
                    .filter(|(name, _)| !OF_THE_RUN.contains(&name.as_str()))
                    .collect(),
            });
        } else if let Some(mut definition) = line.remove("tool-definition") {
            let server = text(&mut definition, "server")?;
            let tool = definition["tool"].take();
            let catalog = serde_json::json!({ "tools": [tool] });
            let catalog = mcp_codegen::Catalog::parse(&catalog.to_string())
                .map_err(|error| error.to_string())?;
            for tool in catalog.tools {
                self.definitions
                    .insert((server.clone(), tool.name.clone()), tool);
            }
        } else if let (Some(Value::String(server)), Some(tools)) =
            (line.remove("server"), line.remove("tools"))
        {
            let tools = serde_json::from_value(tools).map_err(|error| error.to_string())?;
            self.servers.insert(server, tools);
        }
        Ok(())
    }

    pub(super) fn calls(&self) -> &[RecordedCall] {
        &self.calls
    }

    /// The server's and the tool's own names, and the tool's definition, by their labels.
    pub(super) fn tool(&self, server: &str, label: &str) -> Option<(&str, &Tool)> {
        let (server, tools) = self
            .servers
            .iter()
            .find(|(name, _)| names::package_name(name).is_ok_and(|known| known == server))?;
        let labels = names::tool_labels(tools.iter().map(String::as_str));
        let (_, name) = labels.into_iter().find(|(known, _)| known == label)?;
        let tool = self.definitions.get(&(server.clone(), name.to_owned()))?;
        Some((server, tool))
    }
}

fn text(value: &mut Value, field: &str) -> Result<String, String> {
    match value[field].take() {
        Value::String(text) => Ok(text),
        _ => Err(format!("no text in `{field}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_recording_is_refused_with_the_reason() {
        let refused = |text: &str| match Recording::parse(text) {
            Ok(_) => panic!("`{text}` was taken"),
            Err(why) => why,
        };
        assert_eq!(refused("{}"), "its first line has no `mcp-host-recording`");
        assert_eq!(
            refused(r#"{"mcp-host-recording":2}"#),
            "version 2; this reads version 1"
        );
        assert_eq!(
            refused(r#"{"mcp-host-recording":1}"#),
            "it was cut off: there is no last line with `end`"
        );
        assert!(refused("x").starts_with("line 1: expected value"));
    }
}
