//! One `[policy]` table: its lists and keys, and the place that it has in the chain of policies. Decides nothing.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::entry::{Entry, List};

/// The places of the chain, from the widest to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The file of the machine: `/etc/mcp-host/mcp-host.toml`.
    Organisation,
    /// The file of the user, or the one that `--settings` names.
    User,
    /// The file of the current directory.
    Project,
    /// `[skills.NAME.policy]` of any of them; under `serve`, the policy of a scope.
    Skill,
}

/// One table of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTable {
    /// Its place in the chain.
    pub place: Place,
    /// The settings file that contains it.
    pub file: PathBuf,
    /// Its name, without brackets: `policy`, `skills.triage.policy`.
    pub name: String,
    /// Only these tools, and those of `ask`; without a list, all.
    pub allow: Option<Vec<Arc<Entry>>>,
    /// Agents may call these too. For a person they say nothing: the list restricts no run of one.
    pub agents: Vec<Arc<Entry>>,
    /// These tools only with the approval of a person.
    pub ask: Vec<Arc<Entry>>,
    /// Never these tools, in any spelling. All rules are compared with the names of server and tool, and with their WIT
    /// labels.
    pub deny: Vec<Arc<Entry>>,
    /// Only tools with `readOnlyHint`.
    pub read_only: bool,
    /// The rule for tools that may be destructive.
    pub destructive: Destructive,
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

impl PolicyTable {
    /// A table that says nothing.
    #[must_use]
    pub fn empty(place: Place, file: PathBuf) -> Self {
        Self {
            place,
            file,
            name: "policy".to_owned(),
            allow: None,
            agents: Vec::new(),
            ask: Vec::new(),
            deny: Vec::new(),
            read_only: false,
            destructive: Destructive::Matched,
        }
    }

    /// All entries with the lists that they are in.
    pub(super) fn entries(&self) -> impl Iterator<Item = (List, &Arc<Entry>)> {
        let of = |list: List| move |entry| (list, entry);
        let allow = self.allow.iter().flatten().map(of(List::Allow));
        let agents = self.agents.iter().map(of(List::Agents));
        let ask = self.ask.iter().map(of(List::Ask));
        allow
            .chain(agents)
            .chain(ask)
            .chain(self.deny.iter().map(of(List::Deny)))
    }

    /// The entries that allow: those of `allow`, then those for agents alone. Their places number the counts of a run.
    pub(super) fn allowing(&self) -> impl Iterator<Item = (List, &Arc<Entry>)> + Clone {
        let allow = self.allow.iter().flatten();
        let agents = self.agents.iter().map(|entry| (List::Agents, entry));
        allow.map(|entry| (List::Allow, entry)).chain(agents)
    }

    /// The entry of `deny` that denies this tool whatever its arguments are, by its names or its labels.
    pub(super) fn denial(&self, server: &str, tool: &str) -> Option<&Arc<Entry>> {
        // A denial that misses because a name is spelled another way is a hole.
        self.deny
            .iter()
            .find(|entry| entry.is_plain() && entry.tool.covers_any_spelling(server, tool))
    }

    /// Whether it denies all tools of this server.
    pub(super) fn denies_all_of(&self, server: &str) -> bool {
        let mut plain = self.deny.iter().filter(|entry| entry.is_plain());
        plain.any(|entry| entry.tool.is_any_tool() && entry.tool.covers_any_spelling(server, ""))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organisation => "organisation",
            Self::User => "user",
            Self::Project => "project",
            Self::Skill => "skill",
        })
    }
}

impl fmt::Display for PolicyTable {
    /// Where it is: `mcp-host.toml`, or `[skills.triage.policy]` in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name != "policy" {
            write!(f, "`[{}]` in ", self.name)?;
        }
        write!(f, "{}", self.file.display())
    }
}
