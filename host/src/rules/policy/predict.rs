//! The policy verdict for an import, predicted without contacting the server.

use std::sync::Arc;

use mcp_codegen::names;
use serde::Serialize;

use super::entry::{Entry, List};
use super::pattern::ToolPattern;
use super::refusal::{DenyReason, PolicyRefusal};
use super::table::{Destructive, Place, PolicyTable};
use super::{Grants, Policy};

/// The policy verdict for a tool of which only the labels are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "why", rename_all = "kebab-case")]
pub enum Verdict {
    /// Policy will allow it.
    Allowed,
    /// A person will have to approve its calls.
    Asks(String),
    /// Policy will allow it if the server's annotations say this.
    Depends(String),
    /// What policy says depends on the arguments of a call, or on the number of calls.
    DependsOnCall(String),
    /// Policy will deny it.
    Denied(String),
}

impl Policy {
    /// The predicted verdict for `FUNCTION` of `mcp-server:SERVER/tools`. Both may be names too, as a script has them.
    #[must_use]
    pub fn predict(&self, server: &str, function: &str) -> Verdict {
        let (server, function) = (&*names::label(server), &*names::label(function));
        let verdicts = self.tables().iter();
        let verdicts = verdicts.map(|table| self.predict_by(table, server, function));
        // `max_by_key` gives the last of equal ones; the widest place comes first.
        let most = verdicts.rev().max_by_key(Verdict::care);
        most.unwrap_or(Verdict::Allowed)
    }

    fn predict_by(&self, table: &PolicyTable, server: &str, function: &str) -> Verdict {
        match self.certain(table, &[], server, function) {
            Some(DenyReason::Denied(rule)) => {
                return Verdict::Denied(format!("rule `{rule}` of `deny`"));
            }
            Some(_) => return Verdict::Denied("no rule of `allow`".to_owned()),
            None => {}
        }
        let careful = |list: &[Arc<Entry>], is_plain: bool| {
            let mut entries = list.iter().filter(|entry| entry.is_plain() == is_plain);
            let found = entries.find(|entry| entry.tool.covers_any_spelling(server, function));
            found.map(|entry| entry.tool.to_string())
        };
        let on_arguments = |list: List, entries: &[Arc<Entry>]| {
            let tool = careful(entries, false)?;
            let key = list.key();
            Some(Verdict::DependsOnCall(format!(
                "rule `{tool}` of `{key}` looks at the arguments"
            )))
        };
        if let Some(depends) = on_arguments(List::Deny, &table.deny) {
            return depends;
        }
        if table.read_only {
            return Verdict::Depends("it has to be read-only".to_owned());
        }
        if let Some(tool) = careful(&table.ask, true) {
            return Verdict::Asks(format!("rule `{tool}` of `ask`"));
        }
        if let Some(depends) = on_arguments(List::Ask, &table.ask) {
            return depends;
        }
        let heard = |list| list == List::Allow || self.is_for_agents();
        let allow = || {
            let entries = table.allowing().filter(|(list, _)| heard(*list));
            entries.map(|(_, entry)| entry)
        };
        let may_name = allow().any(|entry| entry.tool.may_name(server, function));
        if table.destructive == Destructive::Named && !may_name {
            return Verdict::Depends("if it is destructive, `allow` has to name it".to_owned());
        }
        let mut covering = allow().filter(|entry| entry.tool.may_cover(server, function));
        let is_listed = covering.clone().next().is_some();
        if is_listed && !covering.any(|entry| entry.is_plain()) {
            return Verdict::DependsOnCall("its rules of `allow` look at the call".to_owned());
        }
        if self.is_for_agents() && table.place == Place::User && !is_listed {
            return Verdict::Depends("if it is not read-only, it asks".to_owned());
        }
        Verdict::Allowed
    }

    /// Why a table denies every tool that has these labels, regardless of its annotations.
    fn certain(
        &self,
        table: &PolicyTable,
        granted: &[ToolPattern],
        server: &str,
        function: &str,
    ) -> Option<DenyReason> {
        if let Some(entry) = table.denial(server, function) {
            return Some(DenyReason::Denied(entry.tool.clone()));
        }
        if self.is_for_agents() {
            // What no rule allows asks.
            return None;
        }
        let allow = table.allow.as_ref()?.iter().map(|entry| &entry.tool);
        let granted = granted
            .iter()
            .filter(|_| table.place != Place::Organisation);
        let mut rules = allow.chain(granted);
        let mut ask = table.ask.iter().map(|entry| &entry.tool);
        let is_listed = rules.any(|rule| rule.may_cover(server, function))
            || ask.any(|rule| {
                rule.covers_any_spelling(server, function) || rule.may_cover(server, function)
            });
        (!is_listed).then_some(DenyReason::NotAllowed)
    }
}

impl Verdict {
    fn care(&self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::Asks(_) => 1,
            Self::DependsOnCall(_) => 2,
            Self::Depends(_) => 3,
            Self::Denied(_) => 4,
        }
    }
}

impl Grants {
    /// Why policy denies `FUNCTION` of `mcp-server:SERVER/tools`, if that is certain before the server is started.
    pub(crate) fn predicted_refusal(&self, server: &str, function: &str) -> Option<PolicyRefusal> {
        let policy = self.policy.as_ref()?;
        policy.tables().iter().find_map(|table| {
            Some(PolicyRefusal {
                tool: format!("{server}/{function}"),
                why: policy.certain(table, &self.tools, server, function)?,
                table: Arc::clone(table),
                for_agents: policy.is_for_agents(),
            })
        })
    }
}
