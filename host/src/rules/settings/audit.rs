//! `[audit]`: whether runs are audited, what of them, and how much of the log is kept.

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};

use super::cache::Size;

/// The largest number of files.
const MOST_FILES: i64 = 10_000;

/// The smallest file, in bytes: some hundred lines.
const SMALLEST: u64 = 64 << 10;

/// `[audit]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditSettings {
    /// Whether there is a log.
    pub enabled: bool,
    /// Whether the log has the values of arguments.
    pub arguments: bool,
    /// Whether a run is refused where the log cannot be written.
    pub required: bool,
    /// Bytes of a file after which the next one begins; `None`: the default of the log.
    pub size: Option<u64>,
    /// Files that are kept; `None`: the default of the log.
    pub files: Option<u64>,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            arguments: false,
            required: false,
            size: None,
            files: None,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    enabled: Option<bool>,
    #[serde(default)]
    arguments: bool,
    #[serde(default)]
    required: bool,
    #[serde(default, deserialize_with = "size")]
    size: Option<u64>,
    #[serde(default, deserialize_with = "files")]
    files: Option<u64>,
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match Size::deserialize(deserializer)?.0 {
        size if size < SMALLEST => Err(D::Error::custom("`size` is at least 64KiB")),
        size => Ok(Some(size)),
    }
}

fn files<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = i64::deserialize(deserializer)?;
    if !(1..=MOST_FILES).contains(&number) {
        let found = Unexpected::Signed(number);
        return Err(D::Error::invalid_value(
            found,
            &"a number of files from 1 to 10,000",
        ));
    }
    Ok(Some(number.unsigned_abs()))
}

impl Table {
    pub(super) fn settings(&self) -> AuditSettings {
        AuditSettings {
            enabled: self.enabled.unwrap_or(true),
            arguments: self.arguments,
            required: self.required,
            size: self.size,
            files: self.files,
        }
    }
}
