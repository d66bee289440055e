//! The limits of a recorded run: an object with a number for each, under the keys of a settings file.

use std::collections::BTreeMap;

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

use crate::limits::{Limit, Limits};

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
