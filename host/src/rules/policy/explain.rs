//! What the rules of one tool say before there is a call: for every place of the chain, what decides and what depends
//! on the arguments. For people and for JSON; decides nothing.

use serde::Serialize;

use super::decision::{Decision, ToolRules};
use super::rule::{Cause, Rule};
use super::table::Place;
use super::tool_rules::{Care, TableRules};

/// What one place of the chain says about a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The place.
    pub place: Place,
    /// Rules that depend on the arguments or on the number of calls, the most careful first.
    pub depends: Vec<Applies>,
    /// What decides where none of these applies.
    pub otherwise: Applies,
}

/// What a rule decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applies {
    /// `allow`, `ask` or `deny`.
    pub decision: &'static str,
    /// The rule in one line.
    pub rule: String,
}

impl ToolRules {
    /// What every place says, the widest first. Empty without a policy.
    #[must_use]
    pub fn explained(&self) -> Vec<Explained> {
        self.tables.iter().map(explained).collect()
    }

    /// `allow`, `ask` or `deny` where all places together say so for every call, and `depends` otherwise.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.fixed().map_or("depends", Decision::word)
    }
}

impl Decision {
    /// `allow`, `ask` or `deny`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Allow => Care::Allow.word(),
            Self::Ask(_) => Care::Ask.word(),
            Self::Deny(_) => Care::Deny.word(),
        }
    }

    /// The rule that asks or denies.
    #[must_use]
    pub fn rule(&self) -> Option<&Rule> {
        match self {
            Self::Allow => None,
            Self::Ask(rule) | Self::Deny(rule) => Some(rule),
        }
    }
}

fn explained(rules: &TableRules) -> Explained {
    let applies = |care: Care, cause: &Cause| Applies {
        decision: care.word(),
        rule: Rule::new(&rules.table, cause).rule,
    };
    let depends = rules.depends().map(|(list, entry)| {
        let cause = Cause::Entry(list, entry.clone());
        applies(Care::of(list), &cause)
    });
    let (care, cause) = rules.otherwise();
    Explained {
        place: rules.table.place,
        depends: depends.collect(),
        otherwise: applies(care, cause),
    }
}
