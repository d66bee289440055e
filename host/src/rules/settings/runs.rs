//! `[runs]`: how long a run waits for a decision of its user, and which runs are kept.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// The longest wait. A run is kept for as long.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(default, deserialize_with = "wait")]
    pub(super) wait: Option<Duration>,
    #[serde(default)]
    pub(super) keep: Keep,
}

/// Which runs have a ledger.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Keep {
    /// Those about whose calls the policy may ask.
    #[default]
    Asked,
    All,
}

fn wait<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_wait(&text).map(Some).map_err(D::Error::custom)
}

/// Parses how long a run waits, such as `15m` or `1h 30m`.
///
/// # Errors
///
/// When the text is no such time, and when it is longer than the 7 days for which a run is kept.
pub fn parse_wait(text: &str) -> Result<Duration, String> {
    let wait = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write a time such as `15m` or `1h`"))?;
    if wait > LONGEST {
        return Err("a run is kept for 7 days, and waits no longer".to_owned());
    }
    Ok(wait)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_wait_is_a_time_that_is_no_longer_than_a_run_is_kept() {
        assert_eq!(parse_wait("1h 30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_wait("7d"), Ok(LONGEST));
        for (text, why) in [
            ("8d", "waits no longer"),
            ("soon", "such as `15m`"),
            ("15", "such as `15m`"),
        ] {
            let error = parse_wait(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
