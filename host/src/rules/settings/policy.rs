//! The `[policy]` table as it is written.

use std::path::Path;

use serde::Deserialize;

use crate::rules::policy::{Destructive, GrantError, Policy, ToolPattern};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Table {
    allow: Option<Vec<Pattern>>,
    #[serde(default)]
    deny: Vec<Pattern>,
    #[serde(default)]
    read_only: bool,
    destructive: Option<DestructiveWord>,
}

/// `SERVER/TOOL`
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Pattern(ToolPattern);

impl TryFrom<String> for Pattern {
    type Error = GrantError;

    fn try_from(text: String) -> Result<Self, GrantError> {
        text.parse().map(Self)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DestructiveWord {
    Named,
    Matched,
}

impl Table {
    pub(super) fn into_policy(self, file: &Path) -> Policy {
        let patterns = |patterns: Vec<Pattern>| patterns.into_iter().map(|p| p.0).collect();
        let destructive = match self.destructive {
            Some(DestructiveWord::Named) => Destructive::Named,
            Some(DestructiveWord::Matched) => Destructive::Matched,
            // A `*` of `allow` was not written for what destroys. A policy that only denies, denies that and nothing more.
            None if self.allow.is_some() => Destructive::Named,
            None => Destructive::Matched,
        };
        Policy {
            file: file.to_owned(),
            allow: self.allow.map(patterns),
            deny: patterns(self.deny),
            read_only: self.read_only,
            destructive,
            for_agents: false,
        }
    }
}
