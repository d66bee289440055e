//! The policy verdict for an import, predicted without contacting the server.

use std::sync::Arc;

use serde::Serialize;

use super::{DenyReason, Destructive, Grants, Policy, PolicyRefusal, ToolPattern};

/// The policy verdict for a tool of which only the labels are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "why", rename_all = "kebab-case")]
pub enum Verdict {
    /// Policy will allow it.
    Allowed,
    /// Policy will allow it if the server's annotations say this.
    Depends(String),
    /// Policy will deny it.
    Denied(String),
}

impl Policy {
    /// The predicted verdict for `FUNCTION` of `mcp-server:SERVER/tools`.
    #[must_use]
    pub fn predict(&self, server: &str, function: &str) -> Verdict {
        match self.certain(&[], server, function) {
            Some(DenyReason::Denied(rule)) => {
                return Verdict::Denied(format!("rule `{rule}` of `deny`"));
            }
            Some(_) => return Verdict::Denied("no rule of `allow`".to_owned()),
            None => {}
        }
        let mut allow = self.allow.iter().flatten();
        if self.read_only {
            Verdict::Depends("it has to be read-only".to_owned())
        } else if self.destructive == Destructive::Named
            && !allow.any(|rule| rule.may_name(server, function))
        {
            Verdict::Depends("if it is destructive, `allow` has to name it".to_owned())
        } else {
            Verdict::Allowed
        }
    }

    /// Why policy denies every tool that has these labels, regardless of its annotations.
    fn certain(&self, granted: &[ToolPattern], server: &str, function: &str) -> Option<DenyReason> {
        if let Some(rule) = self.denial(server, function) {
            return Some(DenyReason::Denied(rule.clone()));
        }
        if self.for_agents {
            // A read-only tool needs no rule.
            return None;
        }
        let mut rules = self.allow.as_ref()?.iter().chain(granted);
        (!rules.any(|rule| rule.may_cover(server, function))).then_some(DenyReason::NotAllowed)
    }
}

impl Grants {
    /// Why policy denies `FUNCTION` of `mcp-server:SERVER/tools`, if that is certain before the server is started.
    pub(crate) fn predicted_refusal(&self, server: &str, function: &str) -> Option<PolicyRefusal> {
        let policy = self.policy.as_ref()?;
        let why = policy.certain(&self.tools, server, function)?;
        Some(PolicyRefusal {
            tool: format!("{server}/{function}"),
            why,
            policy: Arc::clone(policy),
        })
    }
}
