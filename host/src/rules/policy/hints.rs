//! The annotations of a tool, with the defaults of the MCP specification for those that it omits.

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

    /// A tool without `readOnlyHint` is not read-only.
    pub(crate) fn read_only(self) -> bool {
        self.read_only.unwrap_or(false)
    }

    /// A tool that is not read-only and does not deny `destructiveHint` is destructive.
    pub(crate) fn destructive(self) -> bool {
        !self.read_only() && self.destructive.unwrap_or(true)
    }
}
