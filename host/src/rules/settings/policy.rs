//! A `[policy]` table as it is written.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::conditions::Conditions;
use crate::rules::policy::{Destructive, Entry, GrantError, Place, PolicyTable, ToolPattern};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Table {
    allow: Option<Vec<Counted>>,
    #[serde(default)]
    agents: Agents,
    #[serde(default)]
    ask: Vec<Uncounted>,
    #[serde(default)]
    deny: Vec<Uncounted>,
    #[serde(default)]
    read_only: bool,
    destructive: Option<DestructiveWord>,
}

/// `[policy.agents]`
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Agents {
    #[serde(default)]
    allow: Vec<Counted>,
}

/// An entry of `allow`.
struct Counted(Entry);

/// An entry of `ask` or `deny`.
struct Uncounted(Entry);

/// An entry that is a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct EntryTable {
    tool: Pattern,
    #[serde(default, rename = "where")]
    conditions: Conditions,
    per_run: Option<Most>,
    per_day: Option<Most>,
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

/// A number of calls.
#[derive(Deserialize)]
#[serde(try_from = "i64")]
struct Most(u32);

impl TryFrom<i64> for Most {
    type Error = &'static str;

    fn try_from(most: i64) -> Result<Self, &'static str> {
        match u32::try_from(most) {
            Ok(0) | Err(_) => {
                Err("a number of calls is 1 at least; write the tool into `deny` for none")
            }
            Ok(most) => Ok(Self(most)),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DestructiveWord {
    Named,
    Matched,
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(TextOrTable { is_counted: true })
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for Uncounted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(TextOrTable { is_counted: false })
            .map(Self)
    }
}

struct TextOrTable {
    /// Whether the list has entries with numbers of calls.
    is_counted: bool,
}

impl<'de> Visitor<'de> for TextOrTable {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule: \"github/get_*\", or { tool = \"github/get_*\", where = { \"/owner\" = { equals = \"o\" } } }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Entry, E> {
        let Pattern(tool) = Pattern::deserialize(StrDeserializer::new(text))?;
        Ok(Entry::from(tool))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        let table = EntryTable::deserialize(MapAccessDeserializer::new(map))?;
        let Pattern(tool) = table.tool;
        if !self.is_counted && (table.per_run.is_some() || table.per_day.is_some()) {
            return Err(A::Error::custom(
                "`per-run` and `per-day` are for `allow`: a rule of `ask` or `deny` that ends would allow more; \
                 write the number of calls into `allow`, and further calls ask",
            ));
        }
        Ok(Entry {
            tool,
            conditions: table.conditions.0,
            per_run: table.per_run.map(|most| most.0),
            per_day: table.per_day.map(|most| most.0),
        })
    }
}

impl Table {
    /// The table of this name, at this place of the chain.
    pub(super) fn into_policy(self, place: Place, file: &Path, name: String) -> PolicyTable {
        let allowing =
            |entries: Vec<Counted>| entries.into_iter().map(|entry| Arc::new(entry.0)).collect();
        let careful =
            |entries: Vec<Uncounted>| entries.into_iter().map(|entry| Arc::new(entry.0)).collect();
        let destructive = match self.destructive {
            Some(DestructiveWord::Named) => Destructive::Named,
            Some(DestructiveWord::Matched) => Destructive::Matched,
            // A `*` of `allow` was not written for what destroys. A policy that only denies, denies that and nothing
            // more.
            None if self.allow.is_some() => Destructive::Named,
            None => Destructive::Matched,
        };
        let allow = self.allow;
        PolicyTable {
            place,
            file: file.to_owned(),
            name,
            allow: allow.map(allowing),
            agents: allowing(self.agents.allow),
            ask: careful(self.ask),
            deny: careful(self.deny),
            read_only: self.read_only,
            destructive,
        }
    }
}
