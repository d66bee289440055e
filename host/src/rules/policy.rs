//! What a run may use: the tools that policy lets a skill import, and the calls by name and the directories that the
//! user granted. Decides, and leaves enforcement to `link` and `calls`.

mod dir;
mod error;
mod glob;
mod hints;
mod pattern;
mod predict;
mod refusal;
mod spelling;
mod unmatched;

pub use dir::DirGrant;
pub use error::GrantError;
pub(crate) use hints::Hints;
pub use pattern::ToolPattern;
pub use predict::Verdict;
pub(crate) use refusal::advice;
pub use refusal::{DenyReason, PolicyRefusal};
pub use unmatched::KnownServer;

use std::path::PathBuf;
use std::sync::Arc;

use glob::glob;

/// The user's grants, and the policy for them. The default grants nothing and has no policy.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// Which tools `call-tool` and `call-tools` may call, unless policy denies them.
    pub tools: Vec<ToolPattern>,
    /// Which directories `read-file`, `list-dir` and `write-file` see.
    pub dirs: Vec<DirGrant>,
    /// Which tools a skill may use at all. Without a policy: every tool that it imports with types.
    pub policy: Option<Arc<Policy>>,
}

/// Which tools skills may use, typed and by name. `deny` wins over everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The settings file that contains it.
    pub file: PathBuf,
    /// Only these tools; without a list, all.
    pub allow: Option<Vec<ToolPattern>>,
    /// Never these tools, in any spelling. All rules are compared with the names of server and tool, and with their WIT
    /// labels.
    pub deny: Vec<ToolPattern>,
    /// Only tools with `readOnlyHint`.
    pub read_only: bool,
    /// The rule for tools that may be destructive.
    pub destructive: Destructive,
    /// The scripts are those of an agent: they may use tools with `readOnlyHint`, and besides these only what `allow`
    /// names.
    pub for_agents: bool,
}

/// What a policy requires for a tool with `destructiveHint`, or without annotations: the MCP specification treats such
/// a tool as destructive, unless it is read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Destructive {
    /// A rule that names this tool alone, without a `*`. The default of a policy with `allow`.
    #[default]
    Named,
    /// The same as for other tools. The default of a policy without `allow`, which allows everything else.
    Matched,
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

    /// Why policy denies this tool regardless of its annotations, if a rule of `deny` does.
    pub(crate) fn denial(&self, server: &str, tool: &str) -> Option<PolicyRefusal> {
        let policy = self.policy.as_ref()?;
        let rule = policy.denial(server, tool)?;
        Some(PolicyRefusal {
            tool: format!("{server}/{tool}"),
            why: DenyReason::Denied(rule.clone()),
            policy: Arc::clone(policy),
        })
    }

    /// Why policy denies this tool, if it does. A grant by name for this run counts as allowed.
    pub(crate) fn refusal(&self, server: &str, tool: &str, hints: Hints) -> Option<PolicyRefusal> {
        let policy = self.policy.as_ref()?;
        let why = policy.why_not(&self.tools, server, tool, hints)?;
        Some(PolicyRefusal {
            tool: format!("{server}/{tool}"),
            why,
            policy: Arc::clone(policy),
        })
    }
}

impl Grants {
    /// Why policy denies this tool as its server declares it, and the line that would allow it, if it does.
    #[must_use]
    pub fn refusal_of(
        &self,
        server: &str,
        tool: &mcp_bridge::Tool,
    ) -> Option<(PolicyRefusal, Option<String>)> {
        let refusal = self.refusal(server, &tool.name, Hints::of(tool))?;
        let hint = advice(std::iter::once(&refusal));
        Some((refusal, hint))
    }
}

impl Policy {
    /// The policy for the scripts of agents, from that of the settings file or from none.
    #[must_use]
    pub fn for_agents(settings: Option<Self>, file: PathBuf) -> Self {
        let policy = settings.unwrap_or(Self {
            file,
            allow: None,
            deny: Vec::new(),
            read_only: false,
            destructive: Destructive::Named,
            for_agents: true,
        });
        Self {
            for_agents: true,
            ..policy
        }
    }

    /// The rule that denies this tool, by its names or its labels.
    fn denial(&self, server: &str, tool: &str) -> Option<&ToolPattern> {
        // A denial that misses because a name is spelled another way is a hole.
        self.deny
            .iter()
            .find(|rule| rule.covers_any_spelling(server, tool))
    }

    /// Whether policy denies all tools of this server.
    fn denies_all_of(&self, server: &str) -> bool {
        self.deny
            .iter()
            .any(|rule| rule.tool == "*" && rule.covers_any_spelling(server, ""))
    }

    fn why_not(
        &self,
        granted: &[ToolPattern],
        server: &str,
        tool: &str,
        hints: Hints,
    ) -> Option<DenyReason> {
        if let Some(rule) = self.denial(server, tool) {
            return Some(DenyReason::Denied(rule.clone()));
        }
        if self.read_only && !hints.read_only() {
            return Some(DenyReason::NotReadOnly(hints));
        }
        if self.for_agents && hints.read_only() {
            return None;
        }
        let allow = self.allow.as_deref().unwrap_or_default();
        let mut rules = allow.iter().chain(granted);
        if (self.for_agents || self.allow.is_some())
            && !rules.clone().any(|rule| rule.covers(server, tool))
        {
            return Some(DenyReason::NotAllowed);
        }
        if self.destructive == Destructive::Named
            && hints.destructive()
            && !rules.any(|rule| rule.names(server, tool))
        {
            return Some(DenyReason::Destructive(hints));
        }
        None
    }
}

#[cfg(test)]
#[path = "policy/tests.rs"]
mod tests;
