//! What policy will say to an import, as far as that can be known without its server.

use std::sync::Arc;

use serde::Serialize;

use super::{Destructive, Grants, Policy, PolicyRefusal, ToolPattern, Why};

/// What policy will say to a tool, of which only the labels are known.
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
        match self.certain(&[], server, function) {
            Some(Why::Denied(rule)) => return Foreseen::Denied(format!("rule `{rule}` of `deny`")),
            Some(_) => return Foreseen::Denied("no rule of `allow`".to_owned()),
            None => {}
        }
        let mut allow = self.allow.iter().flatten();
        if self.read_only {
            Foreseen::Depends("it has to be read-only".to_owned())
        } else if self.destructive == Destructive::Named
            && !allow.any(|rule| rule.may_name(server, function))
        {
            Foreseen::Depends("if it is destructive, `allow` has to name it".to_owned())
        } else {
            Foreseen::Allowed
        }
    }

    /// Why policy refuses every tool that has these labels, whatever its server says about it.
    fn certain(&self, granted: &[ToolPattern], server: &str, function: &str) -> Option<Why> {
        if let Some(rule) = self.denial(server, function) {
            return Some(Why::Denied(rule.clone()));
        }
        let mut rules = self.allow.as_ref()?.iter().chain(granted);
        (!rules.any(|rule| rule.may_cover(server, function))).then_some(Why::NotAllowed)
    }
}

impl Grants {
    /// Why policy refuses `FUNCTION` of `mcp-server:SERVER/tools`, if that is certain before the server is started.
    pub(crate) fn foreseen_refusal(&self, server: &str, function: &str) -> Option<PolicyRefusal> {
        let policy = self.policy.as_ref()?;
        let why = policy.certain(&self.tools, server, function)?;
        Some(PolicyRefusal {
            tool: format!("{server}/{function}"),
            why,
            policy: Arc::clone(policy),
        })
    }
}
