//! `SERVER/TOOL` patterns.

use std::fmt;
use std::str::FromStr;

use mcp_codegen::names;

use super::error::GrantError;
use super::glob::glob;
use super::spelling::{label_pattern, may_match};

/// `SERVER/TOOL`, where `*` stands for any run of characters in either part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPattern {
    pub(super) server: String,
    pub(super) tool: String,
}

impl ToolPattern {
    pub(super) fn matches(&self, server: &str, tool: &str) -> bool {
        glob(&self.server, server) && glob(&self.tool, tool)
    }

    /// Like `matches`, or the labels of server and tool match: a rule may be written from a skill's imports.
    pub(super) fn covers(&self, server: &str, tool: &str) -> bool {
        self.matches(server, tool) || self.matches(&names::label(server), &names::label(tool))
    }

    /// Like `covers`, in any spelling: a denial of `delete_*` applies to `deleteRepo` too.
    pub(super) fn covers_any_spelling(&self, server: &str, tool: &str) -> bool {
        let respelled = Self {
            server: label_pattern(&self.server),
            tool: label_pattern(&self.tool),
        };
        self.covers(server, tool) || respelled.matches(&names::label(server), &names::label(tool))
    }

    /// Whether it names this tool alone.
    pub(super) fn names(&self, server: &str, tool: &str) -> bool {
        self.covers(server, tool) && !self.has_star()
    }

    /// Whether it may match a tool of which only the labels are known. `false` is certain.
    pub(super) fn may_cover(&self, server: &str, function: &str) -> bool {
        may_match(&self.server, server) && may_match(&self.tool, function)
    }

    /// Whether it may be a rule that names such a tool alone.
    pub(super) fn may_name(&self, server: &str, function: &str) -> bool {
        self.may_cover(server, function) && !self.has_star()
    }

    /// Whether it is for all tools of its servers.
    pub(super) fn is_any_tool(&self) -> bool {
        self.tool == "*"
    }

    fn has_star(&self) -> bool {
        self.server.contains('*') || self.tool.contains('*')
    }

    /// Server and tool, as they are written.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        (&self.server, &self.tool)
    }

    /// The server's name, if the pattern names exactly one.
    #[must_use]
    pub fn exact_server(&self) -> Option<&str> {
        (!self.server.contains('*')).then_some(self.server.as_str())
    }
}

impl FromStr for ToolPattern {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        // Tool names may hold slashes, server names of a configuration hardly do.
        match text.split_once('/') {
            Some((server, tool)) if !server.is_empty() && !tool.is_empty() => Ok(Self {
                server: server.to_owned(),
                tool: tool.to_owned(),
            }),
            _ => Err(GrantError::Tool(text.to_owned())),
        }
    }
}

impl fmt::Display for ToolPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.server, self.tool)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_pattern_without_a_tool_is_refused() {
        for text in ["github", "github/", "/x", ""] {
            assert_eq!(
                text.parse::<ToolPattern>(),
                Err(GrantError::Tool(text.into()))
            );
        }
    }

    #[test]
    fn a_name_stands_for_one_tool_and_a_star_for_many() {
        let name: ToolPattern = "github/get_issue".parse().unwrap();
        let star: ToolPattern = "github/get_*".parse().unwrap();
        assert!(name.names("github", "get_issue") && name.matches("github", "get_issue"));
        assert!(!star.names("github", "get_issue") && star.matches("github", "get_issue"));
        // A tool may have a star in its name; a rule with a star is a pattern all the same.
        assert!(!star.names("github", "get_*"));
        // The label of a tool is a name of it.
        let label: ToolPattern = "github/get-issue".parse().unwrap();
        assert!(label.names("github", "getIssue") && !label.matches("github", "getIssue"));
    }
}
