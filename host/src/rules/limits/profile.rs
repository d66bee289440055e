//! The profiles: all limits at once.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::Limits;

/// A whole set of limits under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// For unreviewed skills: 128 MiB, 30 s, 100 calls.
    Strict,
    /// 256 MiB, 60 s, 1,000 calls.
    #[default]
    Moderate,
    /// For skills that are known to need much: 512 MiB, 120 s, 5,000 calls.
    Permissive,
}

impl Profile {
    /// All of them, from the tightest to the widest.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Moderate, Self::Permissive];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Moderate => "moderate",
            Self::Permissive => "permissive",
        }
    }

    /// Its limits.
    #[must_use]
    pub fn limits(self) -> Limits {
        match self {
            Self::Strict => Limits {
                fuel: 10_000_000_000,
                memory: 128 << 20,
                timeout: Duration::from_secs(30),
                calls: 100,
                output: 4 << 20,
                transfer: 8 << 20,
                handles: 1_000,
                instances: 100,
                memories: 20,
                tables: 50,
                table_elements: 50_000,
                log_lines: 1_000,
                state: 16 << 20,
                state_keys: 1_000,
            },
            Self::Moderate => Limits {
                fuel: 20_000_000_000,
                memory: 256 << 20,
                timeout: Duration::from_secs(60),
                calls: 1_000,
                output: 16 << 20,
                transfer: 32 << 20,
                handles: 10_000,
                instances: 500,
                memories: 100,
                tables: 200,
                table_elements: 100_000,
                log_lines: 10_000,
                state: 64 << 20,
                state_keys: 10_000,
            },
            Self::Permissive => Limits {
                fuel: 40_000_000_000,
                memory: 512 << 20,
                timeout: Duration::from_secs(120),
                calls: 5_000,
                output: 64 << 20,
                transfer: 128 << 20,
                handles: 100_000,
                instances: 1_000,
                memories: 200,
                tables: 1_000,
                table_elements: 1_000_000,
                log_lines: 100_000,
                state: 256 << 20,
                state_keys: 100_000,
            },
        }
    }
}

/// Not the name of a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no profile `{0}`; write `strict`, `moderate` or `permissive`")]
pub struct UnknownProfile(pub String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
