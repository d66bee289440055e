//! The one member of an object that is a result: some results are wrapped, because MCP wants an object.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use wasmtime::component::Val;

use super::text::{Key, Reader, is_number};
use super::{ABSENT, kind};
use crate::error::ValueError;

/// Reads one member of an object, and skips the others.
pub(super) struct Member<'r, 's> {
    pub(super) key: &'r str,
    pub(super) reader: Reader<'r, 's>,
}

impl<'de> Visitor<'de> for Member<'_, '_> {
    type Value = Val;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Val, A::Error> {
        let mut found = None;
        while let Some(key) = entries.next_key_seed(Key)? {
            if is_number(&key) && found.is_none() {
                let text: String = entries.next_value()?;
                let number: Option<Number> = text.parse().ok();
                return self.no_object(&number.map_or(Value::Null, Value::Number));
            }
            if key == self.key {
                let codec = self.reader.codec;
                let value = entries.next_value_seed(self.reader.of(codec));
                found = Some(self.reader.placed(value, |error| error.under(self.key))?);
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        match found {
            Some(value) => Ok(value),
            None => {
                let absent = ValueError::new(ABSENT).under(self.key);
                self.reader.or_fail(Err(absent))
            }
        }
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Val, E> {
        self.no_object(&Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Val, E> {
        self.no_object(&Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Val, E> {
        self.no_object(&value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Val, E> {
        self.no_object(&value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Val, E> {
        self.no_object(&Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Val, E> {
        self.no_object(&Value::String(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Val, A::Error> {
        self.no_object(&Value::Array(Vec::new()))
    }
}

impl Member<'_, '_> {
    fn no_object<E: serde::de::Error>(mut self, found: &Value) -> Result<Val, E> {
        let found = kind(found);
        let error = ValueError::new(format!("expected an object, found {found}"));
        self.reader.or_fail(Err(error))
    }
}
