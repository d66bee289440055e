//! What a tool says about itself, with the defaults of the MCP specification for what it leaves out.

/// `readOnlyHint` and `destructiveHint` of one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints {
    pub(crate) read_only: Option<bool>,
    pub(crate) destructive: Option<bool>,
}

impl Hints {
    pub(crate) fn of(tool: &mcp_bridge::Tool) -> Self {
        tool.annotations
            .as_ref()
            .map_or_else(Self::default, |hints| Self {
                read_only: hints.read_only_hint,
                destructive: hints.destructive_hint,
            })
    }

    /// A tool that does not say so changes things.
    pub(crate) fn read_only(self) -> bool {
        self.read_only.unwrap_or(false)
    }

    /// A tool that changes things and does not say otherwise destroys them.
    pub(crate) fn destructive(self) -> bool {
        !self.read_only() && self.destructive.unwrap_or(true)
    }
}
