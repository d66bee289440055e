//! What a run may use: the tools that policy lets a skill import and call, and the calls by name and the directories
//! that the user granted. Decides, and leaves enforcement to `link` and `calls`.

mod condition;
mod counts;
mod decision;
mod dir;
mod entry;
mod error;
mod explain;
mod glob;
mod hints;
mod pattern;
mod pointer;
mod predict;
mod refusal;
mod rule;
mod spelling;
mod table;
mod tool_rules;
mod truth;
mod under;
mod unmatched;

pub(crate) use condition::LONGEST_GLOB;
pub use condition::{Check, Condition};
pub use counts::DayCounts;
pub use decision::{Decider, Decision, ToolRules};
pub use dir::DirGrant;
pub use entry::Entry;
pub use error::GrantError;
pub use explain::{Applies, Explained};
pub use hints::Hints;
pub use pattern::ToolPattern;
pub use pointer::{Pointer, PointerError};
pub use predict::Verdict;
pub(crate) use refusal::advice;
pub use refusal::{DenyReason, PolicyRefusal};
pub use rule::Rule;
pub use table::{Destructive, Place, PolicyTable};
pub use under::{Under, UnderError};
pub use unmatched::{KnownServer, unmatched_grants};

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use glob::glob;
use tool_rules::Care;

/// The user's grants, and the policy for them. The default grants nothing and has no policy.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// Which tools `call-tool` and `call-tools` may call, unless policy denies them.
    pub tools: Vec<ToolPattern>,
    /// Which directories `read-file`, `list-dir` and `write-file` see.
    pub dirs: Vec<DirGrant>,
    /// Which tools a skill may use at all. Without a policy: every tool that it imports with types.
    pub policy: Option<Arc<Policy>>,
    /// Counts for rules with `per-day`. Without it, no call is left to them.
    pub day_counts: Option<Arc<dyn DayCounts>>,
}

/// Which tools skills may use, typed and by name: the tables of all places, the widest first. A narrower place only
/// narrows: the most careful decision of all places wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    tables: Vec<Arc<PolicyTable>>,
    for_agents: bool,
}

impl Grants {
    /// Whether a call by name is granted. Policy is checked separately.
    #[must_use]
    pub fn allows(&self, server: &str, tool: &str) -> bool {
        self.tools
            .iter()
            .any(|pattern| pattern.matches(server, tool))
    }

    /// Whether some call to this server could be granted: a grant names it, and policy does not deny all of its tools.
    #[must_use]
    pub fn names_server(&self, server: &str) -> bool {
        let denied = |policy: &Arc<Policy>| policy.denies_all_of(server);
        self.tools
            .iter()
            .any(|pattern| glob(&pattern.server, server))
            && !self.policy.as_ref().is_some_and(denied)
    }

    /// Why policy denies this tool regardless of its annotations and arguments, if a rule of `deny` does.
    pub(crate) fn denial(&self, server: &str, tool: &str) -> Option<PolicyRefusal> {
        let policy = self.policy.as_ref()?;
        policy.tables.iter().find_map(|table| {
            Some(PolicyRefusal {
                tool: format!("{server}/{tool}"),
                why: DenyReason::Denied(table.denial(server, tool)?.tool.clone()),
                table: Arc::clone(table),
                for_agents: policy.for_agents,
            })
        })
    }

    /// Why policy denies every call of this tool, if it does. A grant by name for this run counts as allowed.
    pub(crate) fn refusal(&self, server: &str, tool: &str, hints: Hints) -> Option<PolicyRefusal> {
        self.refused(server, tool, |policy| {
            let tables = policy.rules_of(&self.tools, server, tool, hints);
            tables.iter().find_map(|table| match table.fixed()? {
                (Care::Deny, cause) => Some((DenyReason::of(cause), Arc::clone(&table.table))),
                (Care::Allow | Care::Ask, _) => None,
            })
        })
    }

    /// Why no call of this tool, as its server declares it, is allowed without asking, and the line that would allow
    /// it: for a caller that cannot ask.
    #[must_use]
    pub fn refusal_of(
        &self,
        server: &str,
        tool: &mcp_bridge::Tool,
    ) -> Option<(PolicyRefusal, Option<String>)> {
        let hints = Hints::of(tool);
        let refusal = self.refusal(server, &tool.name, hints).or_else(|| {
            self.refused(server, &tool.name, |policy| {
                let tables = policy.rules_of(&self.tools, server, &tool.name, hints);
                let asks = tables.iter().find(|table| table.least() != Care::Allow)?;
                let (_, cause) = asks.otherwise();
                Some((DenyReason::of(cause), Arc::clone(&asks.table)))
            })
        })?;
        let hint = advice(std::iter::once(&refusal));
        Some((refusal, hint))
    }

    /// The decision about one call that is no part of a run: `per-run` has a call left.
    #[must_use]
    pub fn decide_alone(
        &self,
        server: &str,
        tool: &mcp_bridge::Tool,
        arguments: &Map<String, Value>,
    ) -> Decision {
        let rules = self.rules_of(server, &tool.name, Hints::of(tool));
        Decider::new(self).decide(&rules, arguments)
    }

    fn refused(
        &self,
        server: &str,
        tool: &str,
        why: impl FnOnce(&Policy) -> Option<(DenyReason, Arc<PolicyTable>)>,
    ) -> Option<PolicyRefusal> {
        let policy = self.policy.as_ref()?;
        let (why, table) = why(policy)?;
        Some(PolicyRefusal {
            tool: format!("{server}/{tool}"),
            why,
            table,
            for_agents: policy.for_agents,
        })
    }
}

impl Policy {
    /// The policy of these tables; `None` if there are none.
    #[must_use]
    pub fn of(tables: impl IntoIterator<Item = PolicyTable>) -> Option<Self> {
        let mut tables: Vec<_> = tables.into_iter().map(Arc::new).collect();
        tables.sort_by_key(|table| table.place);
        (!tables.is_empty()).then_some(Self {
            tables,
            for_agents: false,
        })
    }

    /// A policy, from the settings files or from none, with one more table.
    #[must_use]
    pub fn with(policy: Option<Self>, table: PolicyTable) -> Option<Self> {
        let tables = policy.map_or_else(Vec::new, |policy| policy.tables);
        let tables = tables.into_iter().map(Arc::unwrap_or_clone);
        Self::of(tables.chain([table]))
    }

    /// The policy for the scripts of agents, from that of the settings files or from none. What no rule allows asks,
    /// except tools with `readOnlyHint`. This default belongs to the place of the user, whose file is `file`.
    #[must_use]
    pub fn for_agents(settings: Option<Self>, file: PathBuf) -> Self {
        let mut tables = settings.map_or_else(Vec::new, |policy| policy.tables);
        if !tables.iter().any(|table| table.place == Place::User) {
            tables.push(Arc::new(PolicyTable::empty(Place::User, file)));
            tables.sort_by_key(|table| table.place);
        }
        Self {
            tables,
            for_agents: true,
        }
    }

    /// The tables, the widest place first.
    #[must_use]
    pub fn tables(&self) -> &[Arc<PolicyTable>] {
        &self.tables
    }

    /// Whether the scripts are those of an agent.
    #[must_use]
    pub fn is_for_agents(&self) -> bool {
        self.for_agents
    }

    /// Whether policy denies all tools of this server.
    fn denies_all_of(&self, server: &str) -> bool {
        self.tables.iter().any(|table| table.denies_all_of(server))
    }
}

#[cfg(test)]
#[path = "policy/tests.rs"]
mod tests;
