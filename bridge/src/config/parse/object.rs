//! Objects of known keys. A key that is not known is warned about and skipped.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use secrecy::SecretString;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::trace::Trace;

/// What an object of known keys is read into.
pub(super) trait Fields: Default {
    /// The keys that `read` knows.
    const KEYS: &'static [&'static str];
    /// What stands in an error where something else was found.
    const EXPECTED: &'static str;

    /// Reads the value of one of `KEYS`.
    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut M,
        trace: &Trace,
    ) -> Result<(), M::Error>;
}

/// An object that is read into a `T`.
pub(super) struct Object<'a, T> {
    trace: &'a Trace,
    /// The key that the object is the value of, and a dot; empty for a server.
    prefix: String,
    fields: PhantomData<T>,
}

impl<'a, T> Object<'a, T> {
    /// The entry of a server.
    pub(super) fn top(trace: &'a Trace) -> Self {
        Self {
            trace,
            prefix: String::new(),
            fields: PhantomData,
        }
    }

    /// The value of the key that is being read.
    pub(super) fn nested(trace: &'a Trace) -> Self {
        let key = trace.key.borrow();
        Self {
            trace,
            prefix: key
                .as_ref()
                .map(|key| format!("{key}."))
                .unwrap_or_default(),
            fields: PhantomData,
        }
    }
}

impl<'de, T: Fields> DeserializeSeed<'de> for Object<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Fields> Visitor<'de> for Object<'_, T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::EXPECTED)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<T, M::Error> {
        let mut fields = T::default();
        while let Some(key) = map.next_key::<String>()? {
            let before = self
                .trace
                .key
                .replace(Some(format!("{}{key}", self.prefix)));
            if T::KEYS.contains(&key.as_str()) {
                fields.read(&key, &mut map, self.trace)?;
            } else {
                self.trace.warn_unknown(&key, T::KEYS);
                map.next_value::<IgnoredAny>()?;
            }
            self.trace.key.replace(before);
        }
        Ok(fields)
    }
}

/// An object of strings, in the order of the file.
pub(super) struct Pairs<'a> {
    pub(super) trace: &'a Trace,
    pub(super) key: &'a str,
}

impl<'de> DeserializeSeed<'de> for Pairs<'_> {
    type Value = Vec<(String, SecretString)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pairs<'_> {
    type Value = Vec<(String, SecretString)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of strings")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut pairs = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            self.trace.key.replace(Some(format!("{}.{name}", self.key)));
            pairs.push((name, map.next_value::<String>()?.into()));
        }
        Ok(pairs)
    }
}

/// A number of seconds above 0.
pub(super) fn seconds<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Option<Duration>, M::Error> {
    let Some(seconds) = map.next_value::<Option<f64>>()? else {
        return Ok(None);
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(Some(duration)),
        _ => Err(M::Error::custom(format!(
            "`{seconds}` is not a number of seconds above 0"
        ))),
    }
}
