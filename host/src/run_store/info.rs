//! What is known of a run besides its ledger.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::ledger::time;

/// For whom a run is, where several users share a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOwner {
    /// What tells one user from another: 64 hexadecimal digits.
    pub id: String,
    /// What people call the user.
    pub name: String,
}

/// What is known of a run besides its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// `r_` and 8 characters.
    pub id: String,
    /// When it began.
    #[serde(with = "time")]
    pub began: SystemTime,
    /// The command that ran it: `serve` or `run`.
    pub by: String,
    /// The MCP client for which it ran, with its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The user for whom it ran, where the server knows several. No other one goes on with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<RunOwner>,
    /// What its errors call it: `script.ts`, or the path of a component.
    pub name: String,
    /// The saved skill that it is, as `NAME@VERSION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// The file of a component. The text of a script is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<PathBuf>,
    /// The session whose results it may import.
    #[serde(default)]
    pub scope: u64,
    /// The most tokens of its answer.
    #[serde(default)]
    pub max_tokens: usize,
    /// The configuration file of its servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<PathBuf>,
    /// Results of earlier runs that it imports, as JSON text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub earlier: BTreeMap<String, Arc<str>>,
    /// The searches of its session that found its tools.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub searches: Vec<String>,
    /// Until when it waits for a person, if it does.
    #[serde(
        default,
        with = "optional_time",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires: Option<SystemTime>,
}

impl RunInfo {
    /// The client that asked for it, else the command; and the user, where the server knows several.
    #[must_use]
    pub fn asked_by(&self) -> Cow<'_, str> {
        let client = self.client.as_deref().unwrap_or(&self.by);
        match &self.owner {
            Some(owner) => format!("{client} for {}", owner.name).into(),
            None => client.into(),
        }
    }

    /// Whether the run goes on with the configuration that it began with. A run without one began with no server.
    #[must_use]
    pub fn has_config(&self, now: Option<&Path>) -> bool {
        self.config.is_none() || self.config.as_deref() == now
    }

    /// It waits for a person. A wait that began before goes on.
    pub fn waits(&mut self, time: Duration) {
        self.expires.get_or_insert_with(|| SystemTime::now() + time);
    }

    /// It goes on, and waits no longer. Whether it waited.
    pub fn goes_on(&mut self) -> bool {
        self.expires.take().is_some()
    }

    /// How long it waits from now on, in whole seconds.
    #[must_use]
    pub fn left(&self) -> Duration {
        let left = self
            .expires
            .map(|at| at.duration_since(SystemTime::now()).unwrap_or_default());
        let left = left.unwrap_or_default();
        Duration::from_secs(left.as_secs() + u64::from(left.subsec_millis() > 0))
    }

    /// Whether it waited for a person for too long.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.expires.is_some_and(|at| at < SystemTime::now())
    }
}

mod optional_time {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Time(#[serde(with = "super::time")] SystemTime);

    #[allow(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(super) fn serialize<S: Serializer>(
        at: &Option<SystemTime>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        at.map(Time).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        Ok(Option::<Time>::deserialize(from)?.map(|Time(at)| at))
    }
}
