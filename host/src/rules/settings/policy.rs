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
    #[serde(default)]
    destructive: DestructiveWord,
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

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum DestructiveWord {
    #[default]
    Named,
    Matched,
}

impl Table {
    pub(super) fn into_policy(self, file: &Path) -> Policy {
        let patterns = |patterns: Vec<Pattern>| patterns.into_iter().map(|p| p.0).collect();
        Policy {
            file: file.to_owned(),
            allow: self.allow.map(patterns),
            deny: patterns(self.deny),
            read_only: self.read_only,
            destructive: match self.destructive {
                DestructiveWord::Named => Destructive::Named,
                DestructiveWord::Matched => Destructive::Matched,
            },
        }
    }
}
