//! How a value changed on its way to the guest and back.

use serde_json::Value;

/// How a value changed on its way to the guest and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// Not at all. `1.0` and `1` are the same number.
    None,
    /// A property that was `null` is absent now.
    NullToAbsent,
    /// A property that the skill's record has no field for is absent now.
    Undeclared,
}

/// The change from `before` to `after`; `None` where they are different values.
pub(super) fn change(before: &Value, after: &Value) -> Option<Change> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let mut worst = Change::None;
            for (key, value) in before {
                worst = worst.max(match after.get(key) {
                    Some(after) => change(value, after)?,
                    None if value.is_null() => Change::NullToAbsent,
                    None => Change::Undeclared,
                });
            }
            after
                .keys()
                .all(|key| before.contains_key(key))
                .then_some(worst)
        }
        (Value::Array(before), Value::Array(after)) => {
            let mut worst = Change::None;
            for (before, after) in before.iter().zip(after) {
                worst = worst.max(change(before, after)?);
            }
            (before.len() == after.len()).then_some(worst)
        }
        (Value::Number(before), Value::Number(after)) => {
            let same = match (before.as_i128(), after.as_i128()) {
                (Some(before), Some(after)) => before == after,
                _ => before.as_f64() == after.as_f64(),
            };
            same.then_some(Change::None)
        }
        (before, after) => (before == after).then_some(Change::None),
    }
}
