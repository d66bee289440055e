//! One entry of `allow`, `ask` or `deny`: a pattern, conditions on the arguments, and how many calls it is for.

use std::fmt;

use serde_json::{Map, Value};

use super::condition::{Condition, toml};
use super::pattern::ToolPattern;
use super::truth::Truth;

/// One entry of a list of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The tools that it is for.
    pub tool: ToolPattern,
    /// What has to hold for the arguments.
    pub conditions: Vec<Condition>,
    /// The calls of one run that an entry of `allow` is for.
    pub per_run: Option<u32>,
    /// The calls of one day, in UTC, that an entry of `allow` is for.
    pub per_day: Option<u32>,
}

/// The lists of a policy, the most careful first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Deny,
    Ask,
    Allow,
    /// `allow` of the table `agents`.
    Agents,
}

impl List {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Ask => "ask",
            Self::Allow => "allow",
            Self::Agents => "agents.allow",
        }
    }
}

impl Entry {
    /// Whether it is the same for all arguments and all calls.
    pub(super) fn is_plain(&self) -> bool {
        self.conditions.is_empty() && !self.is_counted()
    }

    pub(super) fn is_counted(&self) -> bool {
        self.per_run.is_some() || self.per_day.is_some()
    }

    /// Whether its conditions hold, and the pointer of the condition that is unknown, if that decides.
    pub(super) fn holds(&self, arguments: &Map<String, Value>) -> (Truth, Option<&Condition>) {
        let mut unknown = None;
        let truths = self.conditions.iter().map(|condition| {
            let truth = condition.holds(arguments);
            if matches!(truth, Truth::Unknown(_)) {
                unknown.get_or_insert(condition);
            }
            truth
        });
        (Truth::all(truths), unknown)
    }
}

impl From<ToolPattern> for Entry {
    fn from(tool: ToolPattern) -> Self {
        Self {
            tool,
            conditions: Vec::new(),
            per_run: None,
            per_day: None,
        }
    }
}

impl fmt::Display for Entry {
    /// As in a settings file: `"github/get_*"`, or the table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool = toml(&self.tool.to_string());
        if self.is_plain() {
            return f.write_str(&tool);
        }
        write!(f, "{{ tool = {tool}")?;
        if !self.conditions.is_empty() {
            let conditions: Vec<_> = self.conditions.iter().map(ToString::to_string).collect();
            write!(f, ", where = {{ {} }}", conditions.join(", "))?;
        }
        for (key, most) in [("per-run", self.per_run), ("per-day", self.per_day)] {
            if let Some(most) = most {
                write!(f, ", {key} = {most}")?;
            }
        }
        f.write_str(" }")
    }
}
