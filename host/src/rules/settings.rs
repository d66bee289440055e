//! The settings file `mcp-host.toml`: limits, limits of single skills, policy, the size of the cache, the check
//! of types, the audit log, how long runs wait, and whose tokens `serve` takes. Parses and checks; the command line
//! finds the file. Enforces nothing.

mod always;
mod audit;
mod cache;
mod conditions;
mod error;
mod keys;
mod limits;
mod policy;
mod runs;
mod scripts;
mod serve;

pub use always::AlwaysError;
pub use audit::AuditSettings;
pub use error::SettingsError;
pub use runs::parse_wait;
pub use scripts::TypeCheck;
pub use serve::{AuthorizationSettings, ScopeSettings};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_bridge::named_file;
use serde::Deserialize;
use toml::de::DeTable;

use crate::rules::limits::{Origin, Overrides};
use crate::rules::policy::{Place, Policy, PolicyTable};
use keys::check;

/// The largest settings file that is read, in bytes.
const MAX_SETTINGS: u64 = 1 << 20;

/// The contents of one settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file.
    pub file: PathBuf,
    /// `[policy]` alone, as if it were the user's: see [`Settings::tables`] for the chain of all files.
    pub policy: Option<Policy>,
    /// `size` of `[cache]`, in bytes.
    pub cache_size: Option<u64>,
    /// `type-check` of `[scripts]`
    pub type_check: TypeCheck,
    /// `[audit]`
    pub audit: AuditSettings,
    /// `wait` of `[runs]`: how long a run waits for a decision of its user.
    pub wait: Option<Duration>,
    /// `[serve.authorization]`
    pub authorization: Option<AuthorizationSettings>,
    /// `keep = "all"` of `[runs]`: each run has a ledger, and can be saved as a skill.
    pub keep_all: bool,
    limits: Option<Overrides>,
    table: Option<PolicyTable>,
    skills: BTreeMap<String, SkillSettings>,
}

/// What a settings file says about one skill.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SkillSettings {
    limits: Option<Overrides>,
    policy: Option<PolicyTable>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    limits: Option<limits::Table>,
    #[serde(default)]
    skills: BTreeMap<String, SkillTable>,
    policy: Option<policy::Table>,
    cache: Option<cache::Table>,
    #[serde(default)]
    scripts: scripts::Table,
    #[serde(default)]
    audit: audit::Table,
    #[serde(default)]
    runs: runs::Table,
    #[serde(default)]
    serve: serve::Table,
}

/// `[skills.NAME]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SkillTable {
    limits: Option<limits::Table>,
    policy: Option<policy::Table>,
}

impl Settings {
    /// Reads a settings file.
    ///
    /// # Errors
    ///
    /// [`SettingsError::NotFound`] and [`SettingsError::Read`] for the file, and those of [`Settings::parse`].
    pub fn read(file: &Path) -> Result<Self, SettingsError> {
        let text = named_file::read_text(file, MAX_SETTINGS).map_err(|source| {
            if source.is_not_found() {
                return SettingsError::NotFound { file: file.into() };
            }
            SettingsError::Read {
                file: file.into(),
                source,
            }
        })?;
        Self::parse(&text, file)
    }

    /// Parses settings. `file` is their source: errors and origins name it.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Invalid`], with line and column, where the text is not TOML, a key is unknown, or a value
    /// makes no sense.
    pub fn parse(text: &str, file: &Path) -> Result<Self, SettingsError> {
        let invalid = |error: &toml::de::Error| {
            SettingsError::invalid(file, text, error.span(), error.message().to_owned())
        };
        let table = DeTable::parse(text).map_err(|error| invalid(&error))?;
        check(table.get_ref())
            .map_err(|(span, message)| SettingsError::invalid(file, text, Some(span), message))?;
        let read = File::deserialize(toml::de::Deserializer::from(table))
            .map_err(|error| invalid(&error))?;
        let table = read
            .policy
            .map(|policy| policy.into_policy(Place::User, file, "policy".to_owned()));
        let of_skill = |(name, skill): (String, SkillTable)| {
            let policy = skill.policy.map(|policy| {
                let table = format!("skills.{}.policy", keys::bare(&name));
                policy.into_policy(Place::Skill, file, table)
            });
            let limits = skill.limits.map(|limits| limits.0);
            (name, SkillSettings { limits, policy })
        };
        Ok(Self {
            file: file.to_owned(),
            policy: table.clone().and_then(|table| Policy::of([table])),
            cache_size: read.cache.and_then(|cache| cache.size).map(|size| size.0),
            type_check: read.scripts.type_check.beside(file),
            audit: read.audit.settings(),
            wait: read.runs.wait,
            authorization: read.serve.settings(file),
            keep_all: read.runs.keep == runs::Keep::All,
            limits: read.limits.map(|limits| limits.0),
            table,
            skills: read.skills.into_iter().map(of_skill).collect(),
        })
    }

    /// The tables of rules for a skill, with this place in the chain: `[policy]`, and `[skills.NAME.policy]`.
    #[must_use]
    pub fn tables(&self, place: Place, skill: Option<&str>) -> Vec<PolicyTable> {
        let all = self.table.iter().map(|table| PolicyTable {
            place,
            ..table.clone()
        });
        let own = skill.and_then(|name| self.skills.get(name)?.policy.clone());
        all.chain(own).collect()
    }

    /// The skills that have a table of their own, `[skills.NAME]`.
    pub fn skills(&self) -> impl Iterator<Item = &str> {
        self.skills.keys().map(String::as_str)
    }

    /// The limits that this file sets for a skill, from lower to higher priority: `[limits]`, then
    /// `[skills.NAME.limits]`.
    #[must_use]
    pub fn limits(&self, skill: Option<&str>) -> Vec<(Origin, Overrides)> {
        let origin = |table: String| Origin::Table {
            file: self.file.clone(),
            table,
        };
        let all = self
            .limits
            .as_ref()
            .map(|limits| (origin("limits".to_owned()), limits.clone()));
        let own = skill.and_then(|name| {
            let limits = self.skills.get(name)?.limits.as_ref()?;
            Some((
                origin(format!("skills.{}.limits", keys::bare(name))),
                limits.clone(),
            ))
        });
        all.into_iter().chain(own).collect()
    }
}

#[cfg(test)]
#[path = "settings/tests.rs"]
mod tests;
