//! What policy will say to an import, as far as that can be known without its server.

use serde::Serialize;

use super::{Destructive, Policy, ToolPattern};

/// What policy will say to a tool, of which only the labels are known. Labels are compared with rules without
/// regard to case, `-` and `_`; linking compares the real names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "why", rename_all = "kebab-case")]
pub enum Foreseen {
    /// It will pass.
    Allowed,
    /// It will pass if the server says this about the tool.
    Depends(String),
    /// It will be refused.
    Denied(String),
}

impl Policy {
    /// What this policy will say to `FUNCTION` of `mcp-server:SERVER/tools`.
    #[must_use]
    pub fn foresee(&self, server: &str, function: &str) -> Foreseen {
        let (server, function) = (folded(server), folded(function));
        let matches = |rule: &ToolPattern| fold(rule).matches(&server, &function);
        if let Some(rule) = self.deny.iter().find(|rule| matches(rule)) {
            return Foreseen::Denied(format!("rule `{rule}` of `deny`"));
        }
        let allow = self.allow.as_deref().unwrap_or_default();
        if self.allow.is_some() && !allow.iter().any(matches) {
            return Foreseen::Denied("no rule of `allow`".to_owned());
        }
        let named = allow
            .iter()
            .any(|rule| fold(rule).names(&server, &function));
        if self.read_only {
            Foreseen::Depends("it has to be read-only".to_owned())
        } else if self.destructive == Destructive::Named && !named {
            Foreseen::Depends("if it is destructive, `allow` has to name it".to_owned())
        } else {
            Foreseen::Allowed
        }
    }
}

fn fold(rule: &ToolPattern) -> ToolPattern {
    ToolPattern {
        server: folded(&rule.server),
        tool: folded(&rule.tool),
    }
}

fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}
