//! The limits of a recorded run: an object with a number for each, under the keys of a settings file. They lower the
//! limits of a replay and never raise them, because a recording may come from an untrusted source.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

use crate::rules::limits::{Limit, Limits};

/// The lower of each pair of limits.
pub(crate) fn lower(one: &Limits, other: &Limits) -> Limits {
    let mut limits = one.clone();
    for limit in Limit::ALL {
        limits.set(limit, one.get(limit).min(other.get(limit)));
    }
    limits
}

/// A limit of a replay that is lower than that of the recorded run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoweredLimit {
    /// Which.
    pub limit: Limit,
    /// Its value in the recorded run: bytes, milliseconds or a count.
    pub recorded: u64,
    /// Its value in the replay.
    pub in_force: u64,
}

impl LoweredLimit {
    /// The option of `mcp-host` that gives the replay the limit of the recorded run: `--fuel 40000000000`.
    #[must_use]
    pub fn option(&self) -> String {
        let value = self.limit.show(self.recorded);
        format!("--{} {value}", self.limit.option())
    }
}

impl fmt::Display for LoweredLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [recorded, now] = [self.recorded, self.in_force].map(|value| self.limit.show(value));
        write!(
            formatter,
            "`{}` is {now}, and was {recorded} in the recorded run",
            self.limit.key()
        )
    }
}

pub(super) fn serialize<S: Serializer>(limits: &Limits, serializer: S) -> Result<S::Ok, S::Error> {
    let numbers: BTreeMap<_, _> = Limit::ALL
        .into_iter()
        .map(|limit| (limit.key(), limits.get(limit)))
        .collect();
    numbers.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Limits, D::Error> {
    let numbers = BTreeMap::<String, u64>::deserialize(deserializer)?;
    let mut limits = Limits::default();
    for limit in Limit::ALL {
        if let Some(number) = numbers.get(limit.key()) {
            limits.set(limit, *number);
        }
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_limit_of_recording_and_replay_holds() {
        let mut altered = Limits::default();
        for limit in Limit::ALL {
            altered.set(limit, u64::MAX);
        }
        altered.set(Limit::Fuel, 7);
        let mut expected = Limits::default();
        expected.set(Limit::Fuel, 7);
        assert_eq!(lower(&Limits::default(), &altered), expected);
        assert_eq!(lower(&altered, &Limits::default()), expected);
    }
}
