//! Resolves the limits in force from several places, each with its origin.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::{Limit, Limits, Profile};

/// What one place sets: a profile, single values, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Replaces all limits, including those of lower-priority places.
    pub profile: Option<Profile>,
    /// Replaces single limits.
    pub values: BTreeMap<Limit, u64>,
}

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The default: no place sets another value.
    Default,
    /// An option.
    Option,
    /// A table of a settings file: `[limits]`, `[skills.NAME.limits]`.
    Table {
        /// The file.
        file: PathBuf,
        /// The table's name, without brackets.
        table: String,
    },
}

/// One limit in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The limit.
    pub limit: Limit,
    /// Bytes, milliseconds or a count.
    pub value: u64,
    /// The profile that contains the value, if the value was not set by itself.
    pub profile: Option<Profile>,
    /// The origin of the value or of its profile.
    pub origin: Origin,
}

/// The limits in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The limits.
    pub limits: Limits,
    /// Each limit with its origin, in the order of [`Limit::ALL`].
    pub settings: Vec<Setting>,
}

/// Applies the places in order, from the lowest priority to the highest. In each, the profile comes first and replaces
/// every limit: a profile on the command line overrides every file. Then single values replace single limits.
#[must_use]
pub fn resolve(places: &[(Origin, Overrides)]) -> InForce {
    let mut limits = Limits::default();
    let mut settings = of_profile(Profile::default(), &Origin::Default);
    for (origin, overrides) in places {
        if let Some(profile) = overrides.profile {
            limits = profile.limits();
            settings = of_profile(profile, origin);
        }
        for setting in &mut settings {
            if let Some(value) = overrides.values.get(&setting.limit) {
                limits.set(setting.limit, *value);
                // The value in force, if the given one is more than the limit's type can hold.
                setting.value = limits.get(setting.limit);
                setting.profile = None;
                setting.origin = origin.clone();
            }
        }
    }
    InForce { limits, settings }
}

fn of_profile(profile: Profile, origin: &Origin) -> Vec<Setting> {
    let limits = profile.limits();
    Limit::ALL
        .into_iter()
        .map(|limit| Setting {
            limit,
            value: limits.get(limit),
            profile: Some(profile),
            origin: origin.clone(),
        })
        .collect()
}

impl fmt::Display for Setting {
    /// Where it comes from: ``profile `strict` of `--profile` ``, `` `--memory` ``, `` `[limits]` of `mcp-host.toml`
    /// ``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(profile) = self.profile {
            write!(f, "profile `{profile}`")?;
        }
        match (&self.origin, self.profile) {
            (Origin::Default, _) => write!(f, ", the default"),
            (Origin::Option, Some(_)) => write!(f, " of `--profile`"),
            (Origin::Option, None) => write!(f, "`--{}`", self.limit.option()),
            (Origin::Table { file, table }, profile) => {
                let of = if profile.is_some() { " of " } else { "" };
                write!(f, "{of}`[{table}]` in `{}`", file.display())
            }
        }
    }
}
