//! From what was asked in several places to the limits in force, each with the place that it comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::{Limit, Limits, Profile};

/// What one place asks for: a profile, single values, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Sets all limits, those of farther places included.
    pub profile: Option<Profile>,
    /// Replace single limits.
    pub values: BTreeMap<Limit, u64>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody asked for anything else.
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
    /// Which.
    pub limit: Limit,
    /// Bytes, milliseconds or a count.
    pub value: u64,
    /// The profile that it is part of, where it was not set by itself.
    pub profile: Option<Profile>,
    /// Who named the value, or the profile.
    pub origin: Origin,
}

/// The limits in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The limits.
    pub limits: Limits,
    /// Each of them with the place that it comes from, in the order of [`Limit::ALL`].
    pub settings: Vec<Setting>,
}

/// Applies the places in order, from the farthest to the nearest. In each, the profile comes first: it sets
/// every limit, so that a profile on the command line is that profile whatever a file says; then single values
/// replace single limits.
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
                // What is in force, where the value is more than the limit's type can hold.
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
