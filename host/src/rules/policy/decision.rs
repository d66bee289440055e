//! The decision about a call: allow, ask or deny, with the rule that decided. A [`Decider`] is made for each run, and
//! the [`ToolRules`] of a tool once for all its runs. Asks no one, and makes no call.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::counts::{DayCounts, RunCount};
use super::hints::Hints;
use super::rule::{Cause, Rule};
use super::table::{Place, PolicyTable};
use super::tool_rules::{Asked, Care, TableRules, lifts};
use super::{Grants, Policy};

/// The decision about one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The call is made.
    Allow,
    /// A person decides.
    Ask(Rule),
    /// The call is not made.
    Deny(Rule),
}

/// The rules for one tool. They hold for all calls of it under the same grants.
#[derive(Debug, Clone)]
pub struct ToolRules {
    /// The decision, if it is the same for every call.
    fixed: Option<Decision>,
    /// Of every place of the chain, the widest first.
    pub(super) tables: Box<[TableRules]>,
}

/// Decides about the calls of one run, and counts them.
#[derive(Debug, Default)]
pub struct Decider {
    counts: Box<[RunCount]>,
    day: Option<Arc<dyn DayCounts>>,
}

/// A day on which nothing was called.
#[derive(Debug)]
struct Untouched;

impl DayCounts for Untouched {
    fn take(&self, _rule: &str, _most: u32) -> bool {
        true
    }

    fn has(&self, _rule: &str, _most: u32) -> bool {
        true
    }
}

impl Decider {
    /// For one run under these grants.
    #[must_use]
    pub fn new(grants: &Grants) -> Self {
        let tables = grants.policy.iter().flat_map(|policy| policy.tables());
        let entries: Vec<_> = tables.flat_map(|table| table.allowing()).collect();
        let counted = entries.iter().any(|(_, entry)| entry.is_counted());
        let counts = entries
            .iter()
            .filter(|_| counted)
            .map(|_| RunCount::default());
        Self {
            counts: counts.collect(),
            day: grants.day_counts.clone(),
        }
    }

    /// For the first call of a first run, as a test of rules asks: every count is untouched.
    #[must_use]
    pub fn untouched(grants: &Grants) -> Self {
        Self {
            day: Some(Arc::new(Untouched)),
            ..Self::new(grants)
        }
    }

    /// Decides about a call. `rules` are those of its tool, from the grants of this run.
    #[must_use]
    pub fn decide(&self, rules: &ToolRules, arguments: &Map<String, Value>) -> Decision {
        match &rules.fixed {
            Some(fixed) => fixed.clone(),
            None => self.weigh(rules, arguments),
        }
    }

    /// Counts a call that was made in an earlier part of this run, and asks no rule about it: after a resume, `per-run`
    /// goes on where it was.
    pub fn made(&self, rules: &ToolRules, arguments: &Map<String, Value>) {
        if rules.fixed.is_none() {
            rules
                .tables
                .iter()
                .for_each(|table| table.made(arguments, &self.counts));
        }
    }

    /// Counts a call that all places allow. Where one of them has none left, the others keep theirs: only a call that
    /// would be made is counted. Another process that takes the last one meanwhile may cost a count, and allows
    /// nothing.
    fn count(&self, rules: &ToolRules, arguments: &Map<String, Value>) -> Decision {
        let (counts, day) = (&self.counts, self.day.as_deref());
        match most_careful(rules, |table| table.left(arguments, counts, day)) {
            Decision::Allow => most_careful(rules, |table| table.take(arguments, counts, day)),
            careful => careful,
        }
    }

    fn weigh(&self, rules: &ToolRules, arguments: &Map<String, Value>) -> Decision {
        let decided = most_careful(rules, |table| table.decide(arguments));
        match decided {
            Decision::Allow if rules.tables.iter().any(TableRules::is_counted) => {
                self.count(rules, arguments)
            }
            decided => decided,
        }
    }
}

impl ToolRules {
    /// Whether [`Decider::decide`] looks at the arguments. Where it does not, any arguments will do.
    #[must_use]
    pub fn needs_arguments(&self) -> bool {
        self.fixed.is_none()
    }

    /// The decision, if it is the same for every call.
    #[must_use]
    pub fn fixed(&self) -> Option<&Decision> {
        self.fixed.as_ref()
    }

    /// The rule that allows a call with these arguments: that of the widest place that has one. `None` where no rule is
    /// against the call, and none for it. Counts nothing.
    #[must_use]
    pub fn allowing(&self, arguments: &Map<String, Value>) -> Option<Rule> {
        self.tables
            .iter()
            .find_map(|table| match table.decide(arguments) {
                (_, Cause::Nothing) => None,
                (Care::Allow, cause) => Some(Rule::new(&table.table, &cause)),
                (Care::Ask | Care::Deny, _) => None,
            })
    }

    /// The rule that denies a call, if one does. Counts nothing.
    #[must_use]
    pub fn denies(&self, arguments: &Map<String, Value>) -> Option<Rule> {
        let decided = match &self.fixed {
            Some(fixed) => fixed.clone(),
            None => most_careful(self, |table| table.decide(arguments)),
        };
        match decided {
            Decision::Deny(rule) => Some(rule),
            Decision::Allow | Decision::Ask(_) => None,
        }
    }

    /// Whether a person is asked about some call.
    #[must_use]
    pub fn may_ask(&self) -> bool {
        match &self.fixed {
            Some(fixed) => matches!(fixed, Decision::Ask(_)),
            None => self.tables.iter().any(TableRules::may_ask),
        }
    }

    /// Whether some call may be allowed without asking.
    #[must_use]
    pub fn may_allow(&self) -> bool {
        self.tables.iter().all(|table| table.least() == Care::Allow)
    }

    fn of(tables: Box<[TableRules]>) -> Self {
        let mut rules = Self {
            fixed: None,
            tables,
        };
        let denied = rules.tables.iter().find_map(|table| match table.fixed()? {
            (Care::Deny, cause) => Some(Decision::Deny(Rule::new(&table.table, cause))),
            _ => None,
        });
        let is_fixed = rules.tables.iter().all(|table| table.fixed().is_some());
        rules.fixed = denied.or_else(|| {
            is_fixed.then(|| {
                most_careful(&rules, |table| {
                    let (care, cause) = table.otherwise();
                    (care, cause.clone())
                })
            })
        });
        rules
    }
}

/// The most careful of the decisions of all places; of equal ones, that of the widest place.
fn most_careful(rules: &ToolRules, decide: impl Fn(&TableRules) -> (Care, Cause)) -> Decision {
    let mut most: Option<(Care, Cause, &PolicyTable)> = None;
    for table in &rules.tables {
        let (care, cause) = decide(table);
        if most.as_ref().is_none_or(|(most, ..)| care > *most) {
            most = Some((care, cause, &table.table));
        }
    }
    match most {
        Some((Care::Deny, cause, table)) => Decision::Deny(Rule::new(table, &cause)),
        Some((Care::Ask, cause, table)) => Decision::Ask(Rule::new(table, &cause)),
        Some((Care::Allow, ..)) | None => Decision::Allow,
    }
}

impl Grants {
    /// The rules for one tool.
    #[must_use]
    pub fn rules_of(&self, server: &str, tool: &str, hints: Hints) -> ToolRules {
        let Some(policy) = &self.policy else {
            return ToolRules::of(Box::default());
        };
        ToolRules::of(policy.rules_of(&self.tools, server, tool, hints))
    }
}

impl Policy {
    pub(super) fn rules_of(
        &self,
        granted: &[super::ToolPattern],
        server: &str,
        tool: &str,
        hints: Hints,
    ) -> Box<[TableRules]> {
        let asked = Asked {
            server,
            tool,
            hints,
            granted,
            for_agents: self.is_for_agents(),
        };
        let mut first = 0;
        let mut lifted = false;
        let tables = self.tables().iter().map(|table| {
            let rules = TableRules::of(table, asked, first, lifted);
            lifted |= table.place == Place::Organisation && lifts(table, asked);
            first += table.allowing().count();
            rules
        });
        tables.collect()
    }
}

#[cfg(test)]
#[path = "decision/tests.rs"]
mod tests;
