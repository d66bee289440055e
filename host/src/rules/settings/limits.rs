//! A table of limits: `profile`, and single values as numbers or as users write them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::rules::limits::{Limit, Overrides, Profile};

/// `[limits]` or `[skills.NAME.limits]`.
pub(super) struct Table(pub(super) Overrides);

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Table;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of limits")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Table, A::Error> {
        let mut overrides = Overrides::default();
        while let Some(key) = entries.next_key::<String>()? {
            if key == "profile" {
                let name: String = entries.next_value()?;
                overrides.profile = Some(name.parse::<Profile>().map_err(A::Error::custom)?);
                continue;
            }
            // `keys::check` has refused every other key.
            let limit = Limit::ALL
                .into_iter()
                .find(|limit| limit.key() == key)
                .ok_or_else(|| A::Error::custom(format!("there is no limit `{key}`")))?;
            let value = entries.next_value_seed(Value(limit))?;
            overrides.values.insert(limit, value);
        }
        Ok(Table(overrides))
    }
}

/// The value of one limit: a number if its unit is clear, or text.
struct Value(Limit);

impl<'de> serde::de::DeserializeSeed<'de> for Value {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Value {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0.show(crate::Limits::default().get(self.0));
        write!(f, "a value for `{}`, for example \"{value}\"", self.0.key())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        if (1..1024).contains(&number) && self.0.placeholder() == "SIZE" {
            return self.visit_str(&number.to_string());
        }
        let value = u64::try_from(number)
            .ok()
            .filter(|_| self.0.takes_numbers());
        value.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        self.0
            .parse(text)
            .map_err(|error| E::custom(format!("`{}`: {error}", self.0.key())))
    }
}
