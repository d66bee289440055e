//! Why tools are not passed on. Prints nothing.

use super::MOST_TOOLS;

/// Tools that cannot be passed on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectError {
    /// They would take too much of every conversation.
    #[error(
        "{tools} tools are more than the {MOST_TOOLS} of direct mode, and their list takes about {tokens} tokens \
         (estimated) of every conversation"
    )]
    TooMany {
        /// How many there are.
        tools: usize,
        /// What they take, in tokens.
        tokens: String,
    },
    /// Two tools would have one name.
    #[error("tools {first} and {second} would both be `{name}`")]
    Collision {
        /// The name.
        name: String,
        /// The tool that comes first in the configuration.
        first: String,
        /// The other one.
        second: String,
    },
}

impl DirectError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => {
                "`mcp-host serve` without `--direct` offers three tools instead; `--force-direct` passes all of them"
            }
            Self::Collision { .. } => "rename one of the servers in the configuration",
        }
    }
}
