//! The tools that are known, indexed: once for each change of what is known. Starts no server.

use std::sync::{Arc, Mutex, PoisonError};

use mcp_bridge::Tool;
use mcp_search::{Entry, Index};
use serde_json::Value;

use crate::servers::{Known, Listed, Servers};

/// How deep parameters are read.
const DEPTH: usize = 2;

/// The index over the lists of one moment.
#[derive(Default)]
pub(crate) struct Indexed(Mutex<Option<Arc<Snapshot>>>);

/// The lists of one moment, ready to be searched.
pub(crate) struct Snapshot {
    generation: u64,
    pub(crate) servers: Vec<Listed>,
    /// Each tool with the position of its server, in the order of the index.
    pub(crate) tools: Vec<(usize, Arc<Definition>)>,
    pub(crate) index: Index,
}

/// A tool with its schemas as values.
pub(crate) struct Definition {
    pub(crate) tool: Tool,
    pub(crate) input: Value,
    pub(crate) output: Option<Value>,
}

impl Definition {
    fn of(tool: Tool) -> Self {
        let value = |schema: &Arc<mcp_bridge::JsonObject>| Value::Object((**schema).clone());
        Self {
            input: value(&tool.input_schema),
            output: tool.output_schema.as_ref().map(value),
            tool,
        }
    }

    /// Whether the server says that it only reads.
    pub(crate) fn reads(&self) -> bool {
        let hints = self.tool.annotations.as_ref();
        hints.is_some_and(|hints| hints.read_only_hint == Some(true))
    }
}

impl Indexed {
    pub(crate) fn now(&self, servers: &Servers) -> Arc<Snapshot> {
        let generation = servers.generation();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.as_ref().filter(|last| last.generation == generation) {
            return Arc::clone(last);
        }
        let made = Arc::new(Snapshot::of(generation, servers.known()));
        *last = Some(Arc::clone(&made));
        made
    }
}

impl Snapshot {
    fn of(generation: u64, known: Vec<Known>) -> Self {
        let mut servers = Vec::with_capacity(known.len());
        let mut tools = Vec::new();
        for Known { listed, tools: of } in known {
            let place = servers.len();
            servers.push(listed);
            tools.extend(
                of.into_iter()
                    .map(|tool| (place, Arc::new(Definition::of(tool)))),
            );
        }
        let entries = tools.iter().map(|(place, definition)| {
            let tool = &definition.tool;
            Entry {
                server: &servers[*place].name,
                name: &tool.name,
                title: tool.title.as_deref().unwrap_or_default(),
                description: tool.description.as_deref().unwrap_or_default(),
                parameters: Entry::parameters_of(&definition.input, DEPTH),
                ..Entry::default()
            }
        });
        let index = Index::build(entries);
        Self {
            generation,
            servers,
            tools,
            index,
        }
    }
}
