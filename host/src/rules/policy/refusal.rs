//! Why policy denies every call of a tool, and the line that would allow it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::condition::toml;
use super::entry::{Entry, List};
use super::hints::Hints;
use super::pattern::ToolPattern;
use super::rule::Cause;
use super::table::PolicyTable;

/// A tool that policy denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRefusal {
    /// `SERVER/TOOL`
    pub tool: String,
    /// The reason.
    pub why: DenyReason,
    /// The table that denies it.
    pub(super) table: Arc<PolicyTable>,
    pub(super) for_agents: bool,
}

/// Why policy denies a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DenyReason {
    /// A rule of `deny` matches.
    Denied(ToolPattern),
    /// A rule of `ask` matches, and the caller cannot ask.
    Asked(ToolPattern),
    /// No rule of `allow` matches.
    NotAllowed,
    /// `read-only` is set, and the tool has no `readOnlyHint`.
    NotReadOnly(Hints),
    /// The tool is destructive, and no rule of `allow` names it alone.
    Destructive(Hints),
}

impl DenyReason {
    /// The reason of a denial that holds for every call.
    pub(super) fn of(cause: &Cause) -> Self {
        match cause {
            Cause::Entry(List::Deny, entry) => Self::Denied(entry.tool.clone()),
            Cause::Entry(List::Ask, entry) => Self::Asked(entry.tool.clone()),
            Cause::ReadOnly(hints) => Self::NotReadOnly(*hints),
            Cause::ByNameOnly(hints) => Self::Destructive(*hints),
            // What else denies is that nothing allows it.
            _ => Self::NotAllowed,
        }
    }
}

impl fmt::Display for PolicyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool = &self.tool;
        match &self.why {
            DenyReason::Denied(rule) => write!(f, "policy denies tool `{tool}`: rule `{rule}`"),
            DenyReason::Asked(rule) => write!(
                f,
                "policy asks about tool `{tool}`, which cannot be done here: rule `{rule}`"
            ),
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
    let mut tables: Vec<&Arc<PolicyTable>> = Vec::new();
    for refusal in refusals.clone() {
        if !tables.contains(&&refusal.table) {
            tables.push(&refusal.table);
        }
    }
    let parts = tables.into_iter().map(|table| {
        let own = refusals.clone().filter(|refusal| refusal.table == *table);
        format!(
            "in `[{}]` of `{}`, {}",
            table.name,
            table.file.display(),
            changes(table, own)
        )
    });
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| format!("if the skill should have it: {}", parts.join("; ")))
}

/// What to change in one table.
fn changes<'a>(
    table: &PolicyTable,
    refusals: impl Iterator<Item = &'a PolicyRefusal> + Clone,
) -> String {
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
    let rules = |rule_of: fn(&DenyReason) -> Option<&ToolPattern>| -> BTreeSet<String> {
        let rules = refusals.clone().filter_map(|refusal| rule_of(&refusal.why));
        rules.map(|rule| format!("`{rule}`")).collect()
    };
    let denied = rules(|why| match why {
        DenyReason::Denied(rule) => Some(rule),
        _ => None,
    });
    let asked = rules(|why| match why {
        DenyReason::Asked(rule) => Some(rule),
        _ => None,
    });
    let mut parts = Vec::new();
    if !missing.is_empty() {
        let for_agents = refusals.clone().any(|refusal| refusal.for_agents);
        parts.push(format!(
            "write `{}`",
            allow_line(table, for_agents, missing)
        ));
    }
    if refusals
        .clone()
        .any(|refusal| matches!(refusal.why, DenyReason::NotReadOnly(_)))
    {
        parts.push("write `read-only = false`".to_owned());
    }
    for (list, rules) in [("deny", denied), ("ask", asked)] {
        if !rules.is_empty() {
            let rules: Vec<_> = rules.into_iter().collect();
            parts.push(format!("take {} out of `{list}`", rules.join(" and ")));
        }
    }
    parts.join(", ")
}

/// The current `allow` list, extended by what is missing. A policy without a list allows a person everything, and its
/// new list must still do that; agents have a list of their own there.
fn allow_line(table: &PolicyTable, for_agents: bool, missing: BTreeSet<String>) -> String {
    let entry = |entry: &Arc<Entry>| entry.to_string();
    let (key, present) = match &table.allow {
        Some(entries) => ("allow", entries.iter().map(entry).collect()),
        None if for_agents => ("agents.allow", table.agents.iter().map(entry).collect()),
        None => ("allow", vec![toml("*/*")]),
    };
    let missing = missing.iter().map(|tool| toml(tool));
    let rules: Vec<_> = present.into_iter().chain(missing).collect();
    format!("{key} = [{}]", rules.join(", "))
}
