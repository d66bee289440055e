//! The servers and tools that a recorded skill was linked with: written from the live catalog, and read back as servers
//! that answer no calls.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use mcp_bridge::{Answer, CallError, JsonObject, Tool};
use mcp_codegen::names;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::RecordingError;
use crate::catalog::{Catalog, ToolServer};
use crate::component::skill::Skill;

/// A server of a recorded run.
#[derive(Clone)]
pub(super) struct RecordedServer {
    name: String,
    /// All its tools in their order, because a function's label can depend on the others. Only linked tools have their
    /// schemas.
    tools: Vec<Tool>,
    /// Names of the tools that have their schemas.
    defined: Vec<String>,
}

impl RecordedServer {
    /// The tools that have their schemas, each with the name of the server.
    pub(super) fn defined(&self) -> impl Iterator<Item = (&str, &Tool)> {
        let is_defined = |tool: &&Tool| self.defined.iter().any(|name| *name == tool.name);
        let tools = self.tools.iter().filter(is_defined);
        tools.map(|tool| (self.name.as_str(), tool))
    }
}

/// `{"server":...,"tools":[...]}`
#[derive(Serialize, Deserialize)]
struct ServerLine {
    server: String,
    tools: Vec<String>,
}

/// `{"tool-definition":{...}}`
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct DefinitionLine {
    tool_definition: Definition,
}

#[derive(Serialize, Deserialize)]
struct Definition {
    server: String,
    tool: Tool,
}

/// The lines for the typed imports of the skill.
pub(crate) fn server_lines(skill: &Skill, catalog: &Catalog) -> serde_json::Result<Vec<Value>> {
    let mut lines = Vec::new();
    for label in skill.needs().servers() {
        let Some(entry) = catalog.by_label(label) else {
            continue;
        };
        let server = entry.server();
        lines.push(serde_json::to_value(ServerLine {
            server: server.name().to_owned(),
            tools: server
                .tools()
                .iter()
                .map(|tool| tool.name.to_string())
                .collect(),
        })?);
        for function in functions(skill, label) {
            if let Some(Ok(tool)) = entry.tool(function) {
                lines.push(serde_json::to_value(DefinitionLine {
                    tool_definition: Definition {
                        server: server.name().to_owned(),
                        tool: tool.clone(),
                    },
                })?);
            }
        }
    }
    Ok(lines)
}

/// Reads one line that is not a call. Skips lines of unknown kinds, which are reserved for later formats.
pub(super) fn read_line(servers: &mut Vec<RecordedServer>, line: Value) -> Result<(), String> {
    if line.get("tools").is_some() {
        let ServerLine { server, tools } =
            serde_json::from_value(line).map_err(|error| error.to_string())?;
        servers.push(RecordedServer {
            name: server,
            tools: tools.into_iter().map(unknown).collect(),
            defined: Vec::new(),
        });
    } else if line.get("tool-definition").is_some() {
        let DefinitionLine { tool_definition } =
            serde_json::from_value(line).map_err(|error| error.to_string())?;
        let Definition { server, tool } = tool_definition;
        let place = servers
            .iter_mut()
            .find(|known| known.name == server)
            .ok_or_else(|| {
                format!(
                    "tool `{}` of server `{server}`, which has no line",
                    tool.name
                )
            })?;
        let name = tool.name.to_string();
        match place.tools.iter_mut().find(|known| known.name == name) {
            Some(known) => *known = tool,
            None => place.tools.push(tool),
        }
        place.defined.push(name);
    }
    Ok(())
}

pub(super) fn catalog(
    servers: &[RecordedServer],
    skill: &Skill,
) -> Result<Arc<Catalog>, RecordingError> {
    for server in servers {
        let Ok(label) = names::package_name(&server.name) else {
            continue;
        };
        let labels = labels(&server.tools);
        for function in functions(skill, &label) {
            let known = labels.iter().any(|(known, name)| {
                known == function && server.defined.iter().any(|defined| defined == name)
            });
            if !known {
                return Err(RecordingError::NotRecorded {
                    server: label.clone(),
                    tool: function.to_owned(),
                });
            }
        }
    }
    // A server whose name makes no label was no typed import, and is not needed.
    let servers = servers
        .iter()
        .filter(|server| names::package_name(&server.name).is_ok())
        .map(|server| Arc::new(server.clone()) as Arc<dyn ToolServer>);
    Ok(Arc::new(Catalog::of(servers).unwrap_or_default()))
}

fn functions<'a>(skill: &'a Skill, server: &str) -> impl Iterator<Item = &'a str> {
    let tools = skill.needs().tools.iter();
    tools
        .filter(move |tool| tool.server == server)
        .map(|tool| tool.label.as_str())
}

fn labels(tools: &[Tool]) -> Vec<(String, &str)> {
    names::tool_labels(tools.iter().map(|tool| tool.name.as_ref()))
}

/// A tool of which only the name is known.
fn unknown(name: String) -> Tool {
    Tool::new(name, "", JsonObject::new())
}

impl ToolServer for RecordedServer {
    fn name(&self) -> &str {
        &self.name
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        _arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        let error = CallError::Unavailable(format!(
            "tool `{tool}` of server `{}`: a recorded server answers no call",
            self.name
        ));
        Box::pin(std::future::ready(Err(error)))
    }
}
