//! The annotations of a tool, with the defaults of the MCP specification for those that it omits.

/// `readOnlyHint` and `destructiveHint` of one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints {
    /// `readOnlyHint`
    pub read_only: Option<bool>,
    /// `destructiveHint`
    pub destructive: Option<bool>,
}

impl Hints {
    /// Those of a tool as its server declares it.
    #[must_use]
    pub fn of(tool: &mcp_bridge::Tool) -> Self {
        tool.annotations
            .as_ref()
            .map_or_else(Self::default, |hints| Self {
                read_only: hints.read_only_hint,
                destructive: hints.destructive_hint,
            })
    }

    /// A tool without `readOnlyHint` is not read-only.
    #[must_use]
    pub fn read_only(self) -> bool {
        self.read_only.unwrap_or(false)
    }

    /// A tool that is not read-only and does not deny `destructiveHint` is destructive.
    pub(crate) fn destructive(self) -> bool {
        !self.read_only() && self.destructive.unwrap_or(true)
    }

    /// What a tool that is not read-only says about it.
    pub(super) fn read_only_words(self) -> &'static str {
        match self.read_only {
            Some(_) => "says that it is not read-only",
            None => "does not say readOnlyHint",
        }
    }

    /// What a tool that is destructive says about it.
    pub(super) fn destructive_words(self) -> &'static str {
        match self.destructive {
            Some(_) => "says that it is destructive",
            None => "does not say that it is not destructive",
        }
    }
}
