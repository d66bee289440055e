//! Reads JSON text as a guest's value, without a tree in between: a tree takes some fifteen times the memory of its
//! text. Only a union, which shows its case as a whole, becomes a tree by itself. The caller charges the text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Number, Value};
use wasmtime::component::Val;

use super::member::Member;
use super::record::{Fields, unique};
use super::{FIRST_ITEM, NODE, json, kind, scalar};
use crate::account::{Spend, Stop};
use crate::error::ValueError;
use crate::{Codec, FieldCodec, Presence, ReturnCodec};

/// A value in a box of its own, with what the allocator adds.
const BOXED: usize = size_of::<Val>() + 16;

/// Text of more bytes than this has its longest key looked for: `serde_json` puts a key with an escape together in a
/// place that grows to twice its length.
const LONG: usize = 1 << 20;

/// What `serde_json` calls the text of a number that it shows as an object with this one member, where it is built with
/// `arbitrary_precision`. An object of a server that has it is refused like a number.
const NUMBER: &str = "$serde_json::private::Number";

/// What the allocator gives for a text.
pub(super) fn text_size(length: usize) -> usize {
    length.saturating_add(16).max(32)
}

impl ReturnCodec {
    /// The function's result from the text of the structured content; `None` for `ToolResult`.
    pub(crate) fn read(
        &self,
        text: &str,
        spend: &mut Spend<'_>,
    ) -> Result<Option<Val>, ValueError> {
        match self {
            Self::ToolResult => Ok(None),
            Self::Structured(codec) => read(codec, None, text, spend).map(Some),
            Self::Wrapped { key, codec } => read(codec, Some(key), text, spend).map(Some),
        }
    }
}

/// The value, or that of the member `key` of an object.
fn read(
    codec: &Codec,
    key: Option<&str>,
    text: &str,
    spend: &mut Spend<'_>,
) -> Result<Val, ValueError> {
    spend.take(NODE)?;
    if text.len() > LONG {
        spend.take(2 * json::longest_escaped(text, true))?;
    }
    let mut failed = None;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let reader = Reader {
        codec,
        spend,
        failed: &mut failed,
    };
    let read = match key {
        None => reader.deserialize(&mut deserializer),
        Some(key) => deserializer.deserialize_any(Member { key, reader }),
    };
    match (read, failed) {
        (Ok(value), None) => Ok(value),
        (_, Some(error)) => Err(error),
        (Err(error), None) => Err(ValueError::new(format!("not JSON text: {error}"))),
    }
}

/// Reads one value. The place of the value is charged already.
pub(super) struct Reader<'r, 's> {
    pub(super) codec: &'r Codec,
    pub(super) spend: &'r mut Spend<'s>,
    /// Why it stopped: the error of the deserializer holds only a text.
    pub(super) failed: &'r mut Option<ValueError>,
}

impl<'s> Reader<'_, 's> {
    pub(super) fn of<'a>(&'a mut self, codec: &'a Codec) -> Reader<'a, 's> {
        Reader {
            codec,
            spend: self.spend,
            failed: self.failed,
        }
    }

    pub(super) fn take<E: serde::de::Error>(&mut self, bytes: usize) -> Result<(), E> {
        let taken = self.spend.take(bytes);
        self.or_fail(taken.map_err(|stop: Stop| stop.into()))
    }

    /// Keeps the error for the caller.
    pub(super) fn or_fail<T, E: serde::de::Error>(
        &mut self,
        done: Result<T, ValueError>,
    ) -> Result<T, E> {
        done.map_err(|error| {
            *self.failed = Some(error);
            E::custom("stopped")
        })
    }

    /// The same result, with the place of an error seen from one level further out.
    pub(super) fn placed<T, E>(
        &mut self,
        done: Result<T, E>,
        outer: impl FnOnce(ValueError) -> ValueError,
    ) -> Result<T, E> {
        if done.is_err() {
            *self.failed = self.failed.take().map(outer);
        }
        done
    }

    fn mismatch<E: serde::de::Error>(mut self, found: &Value) -> Result<Val, E> {
        let expected = self.codec.expects();
        let found = kind(found);
        self.or_fail(Err(ValueError::new(format!(
            "expected {expected}, found {found}"
        ))))
    }

    /// A value without parts that are read one by one.
    fn leaf(&mut self, raw: &RawValue) -> Result<Val, ValueError> {
        let text = raw.get();
        let tree = match (self.codec, text.as_bytes().first()) {
            (Codec::Json, _) => {
                self.spend.take(text_size(text.len()))?;
                return Ok(Val::String(text.to_owned()));
            }
            (Codec::String, Some(b'"')) => {
                self.spend.take(text_size(text.len()))?;
                return Ok(Val::String(mcp_bridge::json_string(raw)));
            }
            (Codec::Variant(_) | Codec::Tagged(_) | Codec::Flags(_), _) => {
                json::parse(text, self.spend)?
            }
            (_, Some(b'"')) => {
                self.spend.take(text_size(text.len()))?;
                Value::String(mcp_bridge::json_string(raw))
            }
            // Shown by its kind alone.
            (_, Some(b'[')) => Value::Array(Vec::new()),
            (_, Some(b'{')) => Value::Object(serde_json::Map::new()),
            (_, Some(b'-' | b'0'..=b'9')) => scalar::number(text)?,
            (_, _) => serde_json::from_str(text)
                .map_err(|error| ValueError::new(format!("not JSON text: {error}")))?,
        };
        self.codec.convert(tree, self.spend)
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_, '_> {
    type Value = Val;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Val, D::Error> {
        match self.codec {
            Codec::List(_) | Codec::Map(_) | Codec::Tuple(_) | Codec::Record(_) => {
                deserializer.deserialize_any(self)
            }
            Codec::Nullable(_) => deserializer.deserialize_option(self),
            _ => {
                let raw = <&RawValue as serde::Deserialize>::deserialize(deserializer)?;
                let value = self.leaf(raw);
                self.or_fail(value)
            }
        }
    }
}

impl<'de> Visitor<'de> for Reader<'_, '_> {
    type Value = Val;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.codec.expects())
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Val, E> {
        Ok(Val::Option(None))
    }

    fn visit_some<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Val, D::Error> {
        let Codec::Nullable(inner) = self.codec else {
            return self.mismatch(&Value::Null);
        };
        self.take(BOXED)?;
        let value = self.of(inner).deserialize(deserializer)?;
        Ok(Val::Option(Some(Box::new(value))))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Val, E> {
        self.mismatch(&Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Val, E> {
        self.mismatch(&Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Val, E> {
        self.mismatch(&value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Val, E> {
        self.mismatch(&value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Val, E> {
        self.mismatch(&Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Val, E> {
        self.mismatch(&Value::String(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Val, A::Error> {
        match self.codec {
            Codec::List(inner) => {
                let mut list = Vec::new();
                while let Some(item) = self.item(inner, list.len(), &mut items)? {
                    list.push(item);
                }
                Ok(Val::List(list))
            }
            Codec::Tuple(codecs) => self.tuple(codecs, items),
            _ => self.mismatch(&Value::Array(Vec::new())),
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Val, A::Error> {
        match self.codec {
            Codec::Map(inner) => {
                let mut list = Vec::new();
                while let Some(key) = entries.next_key_seed(Key)? {
                    if list.is_empty() {
                        if is_number(&key) {
                            return self.number(entries);
                        }
                        self.take(FIRST_ITEM)?;
                    }
                    list.push(self.entry(inner, key, &mut entries)?);
                }
                let list = unique(list, self.spend).map_err(ValueError::from);
                self.or_fail(list).map(Val::List)
            }
            Codec::Record(record) => Fields::read(record, self, entries),
            _ => match entries.next_key_seed(Key)? {
                Some(key) if is_number(&key) => self.number(entries),
                _ => self.mismatch(&Value::Object(serde_json::Map::new())),
            },
        }
    }
}

impl Reader<'_, '_> {
    fn item<'de, A: SeqAccess<'de>>(
        &mut self,
        codec: &Codec,
        at: usize,
        items: &mut A,
    ) -> Result<Option<Val>, A::Error> {
        // Charged before it is known whether there is one more item.
        self.take(NODE)?;
        if at == 0 {
            self.take(FIRST_ITEM)?;
        }
        let item = items.next_element_seed(self.of(codec));
        self.placed(item, |error| error.at(at))
    }

    fn tuple<'de, A: SeqAccess<'de>>(
        mut self,
        codecs: &[Codec],
        mut items: A,
    ) -> Result<Val, A::Error> {
        let mut tuple = Vec::with_capacity(codecs.len());
        for (at, codec) in codecs.iter().enumerate() {
            match self.item(codec, at, &mut items)? {
                Some(item) => tuple.push(item),
                None => break,
            }
        }
        let mut found = tuple.len();
        while items.next_element::<IgnoredAny>()?.is_some() {
            found += 1;
        }
        if found != codecs.len() {
            let expected = codecs.len();
            return self.or_fail(Err(ValueError::new(format!(
                "expected an array of {expected}, found one of {found}"
            ))));
        }
        Ok(Val::Tuple(tuple))
    }

    /// The error for a number that is shown as an object.
    pub(super) fn number<'de, A: MapAccess<'de>>(self, mut entries: A) -> Result<Val, A::Error> {
        let text: String = entries.next_value()?;
        let number: Option<Number> = text.parse().ok();
        self.mismatch(&number.map_or(Value::Null, Value::Number))
    }

    /// An entry of a map, as the guest has it.
    pub(super) fn entry<'de, A: MapAccess<'de>>(
        &mut self,
        codec: &Codec,
        key: Cow<'de, str>,
        entries: &mut A,
    ) -> Result<Val, A::Error> {
        self.take(3 * NODE + 16 + text_size(key.len()))?;
        let value = entries.next_value_seed(self.of(codec));
        let value = self.placed(value, |error| error.under(&key))?;
        Ok(Val::Tuple(vec![Val::String(key.into_owned()), value]))
    }
}

/// Reads the value of a record's field, whose place is charged already.
pub(super) struct Field<'r, 's> {
    pub(super) field: &'r FieldCodec,
    pub(super) reader: Reader<'r, 's>,
}

impl<'de> DeserializeSeed<'de> for Field<'_, '_> {
    type Value = Val;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Val, D::Error> {
        match (self.field.presence, &self.field.codec) {
            (Presence::Required, _) => self.reader.deserialize(deserializer),
            (Presence::Optional, Codec::Json) => {
                self.reader.take(BOXED)?;
                let value = self.reader.deserialize(deserializer)?;
                Ok(Val::Option(Some(Box::new(value))))
            }
            (Presence::Optional, _) => deserializer.deserialize_option(self),
        }
    }
}

impl<'de> Visitor<'de> for Field<'_, '_> {
    type Value = Val;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reader.codec.expects())
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Val, E> {
        Ok(Val::Option(None))
    }

    fn visit_some<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Val, D::Error> {
        self.reader.take(BOXED)?;
        let value = self.reader.deserialize(deserializer)?;
        Ok(Val::Option(Some(Box::new(value))))
    }
}

/// A key, which is copied only if it has an escape.
pub(super) struct Key;

/// Whether the first key of an object says that the object is a number.
pub(super) fn is_number(key: &str) -> bool {
    key == NUMBER
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
