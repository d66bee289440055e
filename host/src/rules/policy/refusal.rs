//! Why policy denies a tool, and the line that would allow it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::{Hints, Policy, ToolPattern};

/// A tool that policy denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRefusal {
    /// `SERVER/TOOL`
    pub tool: String,
    /// The reason.
    pub why: DenyReason,
    pub(super) policy: Arc<Policy>,
}

/// Why policy denies a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DenyReason {
    /// A rule of `deny` matches.
    Denied(ToolPattern),
    /// No rule of `allow` matches.
    NotAllowed,
    /// `read-only` is set, and the tool has no `readOnlyHint`.
    NotReadOnly(Hints),
    /// The tool is destructive, and no rule of `allow` names it alone.
    Destructive(Hints),
}

impl fmt::Display for PolicyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool = &self.tool;
        match &self.why {
            DenyReason::Denied(rule) => write!(f, "policy denies tool `{tool}`: rule `{rule}`"),
            DenyReason::NotAllowed => write!(f, "policy does not allow tool `{tool}`"),
            DenyReason::NotReadOnly(hints) => {
                let says = match hints.read_only {
                    Some(_) => "says that it is not",
                    None => "does not say that it is",
                };
                write!(
                    f,
                    "policy allows read-only tools only, and tool `{tool}` {says}"
                )
            }
            DenyReason::Destructive(hints) => {
                let says = match hints.destructive {
                    Some(_) => "says that it is",
                    None => "does not say that it is not",
                };
                write!(
                    f,
                    "policy allows destructive tools by name only, and tool `{tool}` {says}"
                )
            }
        }
    }
}

impl std::error::Error for PolicyRefusal {}

/// What to change to allow all of these: one line of the settings file for those that a rule would allow.
pub(crate) fn advice<'a>(
    refusals: impl Iterator<Item = &'a PolicyRefusal> + Clone,
) -> Option<String> {
    let policy = &refusals.clone().next()?.policy;
    let missing = refusals
        .clone()
        .filter(|refusal| {
            matches!(
                refusal.why,
                DenyReason::NotAllowed | DenyReason::Destructive(_)
            )
        })
        .map(|refusal| refusal.tool.clone());
    let missing: BTreeSet<_> = missing.collect();
    let denied: BTreeSet<_> = refusals
        .clone()
        .filter_map(|refusal| match &refusal.why {
            DenyReason::Denied(rule) => Some(format!("`{rule}`")),
            _ => None,
        })
        .collect();
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("write `{}`", allow_line(policy, missing)));
    }
    if refusals
        .clone()
        .any(|refusal| matches!(refusal.why, DenyReason::NotReadOnly(_)))
    {
        parts.push("write `read-only = false`".to_owned());
    }
    if !denied.is_empty() {
        let denied: Vec<_> = denied.into_iter().collect();
        parts.push(format!("take {} out of `deny`", denied.join(" and ")));
    }
    Some(format!(
        "if the skill should have it: in `[policy]` of `{}`, {}",
        policy.file.display(),
        parts.join(", ")
    ))
}

/// The current `allow` list, extended by what is missing. A policy without a list allows everything, so its new list
/// must still do that.
fn allow_line(policy: &Policy, missing: BTreeSet<String>) -> String {
    let present = match &policy.allow {
        Some(rules) => rules.iter().map(ToString::to_string).collect(),
        None if policy.for_agents => Vec::new(),
        None => vec!["*/*".to_owned()],
    };
    let rules: Vec<_> = present
        .into_iter()
        .chain(missing)
        // The escapes of a JSON string are those of a TOML string.
        .map(|rule| serde_json::Value::String(rule).to_string())
        .collect();
    format!("allow = [{}]", rules.join(", "))
}
