//! Output types that no server declares, learned from the answers of earlier calls: shapes, never values. They are for
//! people and models alone: no call is checked against one.

mod seen;
mod store;

use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use mcp_bridge::{
    Answer, CallError, CallToolResult, ContentBlock, Drift, JsonObject, Tool, with_causes,
};
use mcp_host::ToolServer;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use seen::Seen;
use store::{MOST_CALLS, Store};

/// Bytes of an answer that is learned from: a longer one would take time that its caller waits for.
const LONGEST_ANSWER: usize = 64 << 10;

/// Characters of a type that stands in a comment.
const LONGEST_LINE: usize = 400;

/// What is known of the answers of tools.
pub(crate) struct Types(Store);

/// What is known of one tool.
pub(crate) struct Observed {
    /// A JSON Schema of what a script gets.
    pub(crate) schema: Value,
    /// `seen in 3 calls, not declared`
    pub(crate) note: String,
}

/// The type of the answers of one tool, as earlier calls gave them.
pub struct LearnedType {
    /// The name of the tool, as its server declares it.
    pub tool: String,
    /// A JSON Schema of what a script gets.
    pub schema: Value,
    /// What says in a comment that no server declares it.
    pub note: String,
}

/// What the directory has of these tools. A tool that declares what it returns has nothing there.
#[must_use]
pub fn learned_types(dir: &Path, server: &str, tools: &[Tool]) -> Vec<LearnedType> {
    let types = Types::open(Some(dir));
    let learned = tools.iter().filter_map(|tool| {
        let Observed { schema, note } = types.of(server, tool)?;
        let tool = tool.name.to_string();
        Some(LearnedType { tool, schema, note })
    });
    learned.collect()
}

impl Types {
    /// Keeps them in this directory; `None`: in memory only.
    pub(crate) fn open(dir: Option<&Path>) -> Self {
        let store = dir.map(Store::open).transpose();
        let store = store.unwrap_or_else(|error| {
            tracing::warn!("types of answers are not kept: {}", with_causes(&error));
            None
        });
        Self(store.unwrap_or_else(Store::in_memory))
    }

    /// The same for one of many users.
    pub(crate) fn of_user(dir: Option<&Path>) -> Self {
        let Self(store) = Self::open(dir);
        Self(store.for_user())
    }

    /// What is known of a tool that declares no output type.
    pub(crate) fn of(&self, server: &str, tool: &Tool) -> Option<Observed> {
        if tool.output_schema.is_some() {
            return None;
        }
        let learned = self.0.get(server, tool)?;
        let plural = if learned.calls == 1 { "" } else { "s" };
        let mut note = format!("seen in {} call{plural}, not declared", learned.calls);
        if let Some(json) = &learned.json {
            let mut line = String::new();
            json.line(&mut line);
            if line.len() <= LONGEST_LINE {
                note.push_str(": the text is JSON, ");
                note.push_str(&line);
            } else {
                note.push_str(": the text is JSON");
            }
        }
        Some(Observed {
            schema: learned.value.schema(),
            note,
        })
    }

    /// Learns from an answer, unless enough is known.
    fn learn(&self, server: &str, tool: &Tool, answer: &CallToolResult) {
        let known = self.0.get(server, tool);
        if known.is_some_and(|known| known.calls >= MOST_CALLS) {
            return;
        }
        let Some((value, json)) = shapes(answer) else {
            return;
        };
        if let Some(write) = self.0.add(server, tool, value, json) {
            tokio::task::spawn_blocking(move || write.run());
        }
    }
}

/// The shape of what a script gets of the answer; and of the JSON in its text, if it is a text that is JSON. `None`
/// where nothing can be said.
fn shapes(answer: &CallToolResult) -> Option<(Seen, Option<Seen>)> {
    if answer.is_error == Some(true) {
        return None;
    }
    if let Some(structured) = &answer.structured_content {
        let text = structured.get();
        let value = (text.len() <= LONGEST_ANSWER).then(|| serde_json::from_str(text).ok());
        return Some((Seen::of(&value.flatten()?), None));
    }
    match answer.content.as_slice() {
        [ContentBlock::Text(block)] => {
            let is_read = block.text.len() <= LONGEST_ANSWER;
            let json = is_read.then(|| serde_json::from_str::<Value>(&block.text).ok());
            let json = json
                .flatten()
                .filter(|json| json.is_array() || json.is_object());
            Some((Seen::text(), json.as_ref().map(Seen::of)))
        }
        [ContentBlock::Image(_) | ContentBlock::Audio(_)] => {
            let handle = json!({"type": "", "mimeType": "", "bytes": 0, "handle": ""});
            Some((Seen::of(&handle), None))
        }
        blocks if blocks.iter().all(|block| block.as_text().is_some()) => {
            Some((Seen::text(), None))
        }
        _ => None,
    }
}

/// A server whose answers are learned from.
pub(crate) struct Watched {
    server: Arc<dyn ToolServer>,
    types: Arc<Types>,
}

impl Watched {
    pub(crate) fn watch(server: Arc<dyn ToolServer>, types: &Arc<Types>) -> Arc<dyn ToolServer> {
        Arc::new(Self {
            server,
            types: Arc::clone(types),
        })
    }
}

impl ToolServer for Watched {
    fn name(&self) -> &str {
        self.server.name()
    }

    fn tools(&self) -> &[Tool] {
        self.server.tools()
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        let call = self.server.call(tool, arguments);
        match self.server.tool(tool) {
            Some(definition) if definition.output_schema.is_none() => Box::pin(async move {
                let answer = call.await?;
                self.types
                    .learn(self.server.name(), definition, &answer.result);
                Ok(answer)
            }),
            _ => call,
        }
    }

    fn call_accepted<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        accepted: &'a str,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        self.server.call_accepted(tool, arguments, accepted)
    }

    fn call_text<'a>(
        &'a self,
        tool: &'a str,
        arguments: Box<RawValue>,
    ) -> Result<BoxFuture<'a, Result<Answer, CallError>>, Box<RawValue>> {
        self.server.call_text(tool, arguments)
    }

    fn tool(&self, name: &str) -> Option<&Tool> {
        self.server.tool(name)
    }

    fn known(&self) -> &[Tool] {
        self.server.known()
    }

    fn drift(&self, name: &str) -> Option<&Drift> {
        self.server.drift(name)
    }

    fn drifts(&self) -> &[Drift] {
        self.server.drifts()
    }
}

#[cfg(test)]
#[path = "learned/tests.rs"]
mod tests;
