//! What happens to a run while it waits for its user, for a log. Writes none.

use super::decision::{Decided, Question};

/// How a decision comes from its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The terminal of the run itself.
    Terminal,
    /// Another command: `mcp-host approve`.
    CommandLine,
    /// The MCP client asks.
    Client,
    /// The local page.
    Page,
}

impl Channel {
    /// Its name: `terminal`, `command-line`, `client` or `page`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::CommandLine => "command-line",
            Self::Client => "client",
            Self::Page => "page",
        }
    }
}

/// What happens to a run while no part of it goes on.
#[derive(Debug, Clone, Copy)]
pub enum WaitEvent<'a> {
    /// It waits for a decision about this call.
    Asked(&'a Question),
    /// The user decided about it.
    Decided {
        /// What was shown.
        question: &'a Question,
        /// What the user said.
        decided: &'a Decided,
        /// How.
        channel: Channel,
    },
    /// The user allows a tool from now on: the rule that is new in a settings file.
    Allowed {
        /// The rule, in words.
        rule: &'a str,
    },
    /// No decision came in time: it does not go on.
    Expired,
    /// The user or the client ended it.
    Cancelled,
}
