//! Tools that are not as they were pinned, for an agent whose user may accept one for a call. Accepts nothing itself:
//! each call of such a tool asks, and the server compares the definition once more.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use mcp_bridge::{Answer, CallError, Drift, DriftKind, JsonObject, Tool, definition_hash, text};

use crate::catalog::ToolServer;
use crate::ledger::DriftedTool;

/// Bytes of the difference that a question shows. The hash stands for all of it.
const LONGEST: usize = 8 << 10;

impl DriftedTool {
    /// What a question says of the tool; `None` if it is gone.
    pub(crate) fn of(drift: &Drift) -> Option<Self> {
        Some(Self {
            definition: definition_hash(drift.live()?).to_hex().to_string(),
            is_new: drift.kind == DriftKind::New,
            diff: text::cut(&drift.diff(), LONGEST).into_owned(),
        })
    }
}

/// The server of one such tool: its calls are made with the definition that the question showed.
pub(crate) struct Accepting {
    server: Arc<dyn ToolServer>,
    live: Tool,
    definition: String,
}

impl Accepting {
    pub(crate) fn of(server: &Arc<dyn ToolServer>, live: &Tool, drifted: &DriftedTool) -> Self {
        Self {
            server: Arc::clone(server),
            live: live.clone(),
            definition: drifted.definition.clone(),
        }
    }
}

impl ToolServer for Accepting {
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
        self.server.call_accepted(tool, arguments, &self.definition)
    }

    fn tool(&self, name: &str) -> Option<&Tool> {
        match self.live.name == name {
            true => Some(&self.live),
            false => self.server.tool(name),
        }
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
