//! Rules of a policy that match nothing, which are often misspelled. Changes no decision.

use mcp_codegen::names;
use mcp_codegen::near::nearest;

use super::Policy;
use super::pattern::ToolPattern;
use crate::catalog::Catalog;

/// A server of the configuration, and the names of its tools if it was started.
pub struct KnownServer<'a> {
    /// As in the configuration.
    pub name: &'a str,
    /// `None`: not started, so a rule for one of its tools may be right.
    pub tools: Option<Vec<&'a str>>,
}

/// A message for each of the grants of a run (`--allow SERVER/TOOL`) that matches no server of the configuration, or
/// none of the tools of a server of the catalog.
#[must_use]
pub fn unmatched_grants<'a>(
    granted: &[ToolPattern],
    catalog: &'a Catalog,
    configured: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let servers = known(catalog, configured);
    let granted = granted.iter();
    granted
        .filter_map(|grant| {
            let problem = problem(grant, &servers)?;
            Some(format!("`--allow {grant}` matches {problem}"))
        })
        .collect()
}

fn known<'a>(
    catalog: &'a Catalog,
    configured: impl Iterator<Item = &'a str>,
) -> Vec<KnownServer<'a>> {
    let tools = |name| {
        let server = catalog.by_name(name)?;
        Some(server.tools().iter().map(|tool| &*tool.name).collect())
    };
    let configured = configured.map(|name| KnownServer {
        name,
        tools: tools(name),
    });
    configured.collect()
}

impl Policy {
    /// A message for each rule that matches no server of these, or none of the tools of a server that is known.
    #[must_use]
    pub fn unmatched(&self, servers: &[KnownServer<'_>]) -> Vec<String> {
        let entries = self.tables().iter().flat_map(|table| {
            let entries = table.entries();
            entries.map(move |(list, entry)| (table, list.key(), &entry.tool))
        });
        entries
            .filter_map(|(table, list, rule)| {
                let problem = problem(rule, servers)?;
                let file = table.file.display();
                Some(format!(
                    "rule `{rule}` of `{list}` in `{file}` matches {problem}"
                ))
            })
            .collect()
    }

    /// The same for a run: the servers of its catalog were started, the others of the configuration were not.
    #[must_use]
    pub fn unmatched_in<'a>(
        &self,
        catalog: &'a Catalog,
        configured: impl Iterator<Item = &'a str>,
    ) -> Vec<String> {
        self.unmatched(&known(catalog, configured))
    }
}

fn problem(rule: &ToolPattern, servers: &[KnownServer<'_>]) -> Option<String> {
    let any_tool = ToolPattern {
        server: rule.server.clone(),
        tool: "*".to_owned(),
    };
    let meant: Vec<_> = servers
        .iter()
        .filter(|server| any_tool.covers_any_spelling(server.name, ""))
        .collect();
    if meant.is_empty() {
        let near = near(&rule.server, servers.iter().map(|server| server.name));
        return Some(format!("no server of the configuration{near}"));
    }
    let mut tools = Vec::new();
    for server in &meant {
        let known = server.tools.as_ref()?;
        if known
            .iter()
            .any(|tool| rule.covers_any_spelling(server.name, tool))
        {
            return None;
        }
        tools.extend(known.iter().copied());
    }
    let names: Vec<_> = meant
        .iter()
        .map(|server| format!("`{}`", names::shown(server.name)))
        .collect();
    Some(format!(
        "no tool of {}{}",
        names.join(", "),
        near(&rule.tool, tools)
    ))
}

fn near<'a>(pattern: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(pattern, known).map_or_else(String::new, |near| {
        format!("; did you mean `{}`?", names::shown(near))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::sync::Arc;

    use super::*;
    use crate::rules::policy::{Destructive, Entry, Place, PolicyTable};

    #[test]
    fn rule_that_matches_nothing_is_named_with_what_may_be_meant() {
        let rule = |rule: &&str| Arc::new(Entry::from(rule.parse::<ToolPattern>().unwrap()));
        let rules = |rules: &[&str]| rules.iter().map(rule).collect();
        let policy = Policy::of([PolicyTable {
            allow: Some(rules(&[
                "github/get_isue",
                "github/get_*",
                "time/nwo",
                "*/get-issue",
            ])),
            ask: rules(&["github/delete_rep"]),
            deny: rules(&["gihub/*", "github/drop_*", "github/deleteRepo", "other/x"]),
            destructive: Destructive::Named,
            ..PolicyTable::empty(Place::User, "mcp-host.toml".into())
        }])
        .unwrap();
        let servers = [
            KnownServer {
                name: "github",
                tools: Some(vec!["get_issue", "delete_repo"]),
            },
            KnownServer {
                name: "time",
                tools: None,
            },
        ];
        let expected = [
            "`github/get_isue` of `allow` in `mcp-host.toml` matches no tool of `github`; did you mean `get_issue`?",
            "`github/delete_rep` of `ask` in `mcp-host.toml` matches no tool of `github`; did you mean `delete_repo`?",
            "`gihub/*` of `deny` in `mcp-host.toml` matches no server of the configuration; did you mean `github`?",
            "`github/drop_*` of `deny` in `mcp-host.toml` matches no tool of `github`",
            "`other/x` of `deny` in `mcp-host.toml` matches no server of the configuration",
        ];
        assert_eq!(
            policy.unmatched(&servers),
            expected.map(|rule| format!("rule {rule}"))
        );
    }
}
