//! Records and maps: the properties of a JSON object.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess};
use serde_json::{Map, Value};
use wasmtime::component::Val;

use super::text::{Field, Key, Reader, is_number, text_size};
use super::{ABSENT, FIRST_ITEM, NODE, json};
use crate::account::{Spend, Stop};
use crate::error::ValueError;
use crate::{Codec, FieldCodec, Presence, RecordCodec};

/// The size of a record's field in a guest value, besides the text of its label.
const FIELD: usize = size_of::<(String, Val)>() + json::TEXT;

/// Stands for a value that has not been read yet. No real value equals it: every case of an enum has a name.
const UNSET: Val = Val::Enum(String::new());

impl RecordCodec {
    pub(super) fn write(
        &self,
        values: &[(String, Val)],
        spend: &mut Spend<'_>,
    ) -> Result<Map<String, Value>, ValueError> {
        let mut object = Map::with_capacity(self.fields.len());
        // The values are in the order of the component's type, as the codecs are.
        let mut fields = self.fields.iter();
        for (at, (_, value)) in values.iter().enumerate() {
            if let Some(rest) = &self.rest
                && rest.at == at
            {
                self.write_rest(&rest.codec, value, &mut object, spend)?;
                continue;
            }
            let Some(field) = fields.next() else {
                return Err(ValueError::new("more fields than its type has"));
            };
            let value = match (field.presence, value) {
                (Presence::Optional, Val::Option(None)) => continue,
                (Presence::Optional, Val::Option(Some(value))) => value,
                (Presence::Required | Presence::Optional, value) => value,
            };
            let value = field
                .codec
                .write(value, spend)
                .map_err(|error| error.under(&field.wire))?;
            if object.is_empty() {
                spend.take(json::FIRST_ENTRY)?;
            }
            spend.take(FIELD + field.label.len() + json::ENTRY + field.wire.len())?;
            object.insert(field.wire.clone(), value);
        }
        Ok(object)
    }

    fn write_rest(
        &self,
        codec: &Codec,
        value: &Val,
        object: &mut Map<String, Value>,
        spend: &mut Spend<'_>,
    ) -> Result<(), ValueError> {
        let Val::List(entries) = value else {
            return Err(ValueError::new("further properties that are no map"));
        };
        for entry in entries {
            let key = write_entry(codec, entry, object, spend)?;
            // Otherwise it would bypass the type of this property.
            if self.place(key).is_some() {
                return Err(
                    ValueError::new("not a further property: the schema describes it").under(key),
                );
            }
        }
        Ok(())
    }

    pub(crate) fn read(
        &self,
        object: Map<String, Value>,
        spend: &mut Spend<'_>,
    ) -> Result<Val, ValueError> {
        for field in &self.fields {
            spend.take(FIELD + field.label.len())?;
        }
        let further = usize::from(self.rest.is_some());
        let mut fields = Vec::with_capacity(self.fields.len() + further);
        fields.extend(self.fields.iter().map(|_| (String::new(), UNSET)));
        let mut rest = Vec::new();
        let mut read = 0;
        // Most servers write properties in the order of their schema, so the next field is tried first.
        let mut next = 0;
        for (key, value) in object {
            let expected = self.fields.get(next).is_some_and(|field| field.wire == key);
            let place = if expected {
                Some(Some(next))
            } else {
                self.place(&key)
            };
            match (place, &self.rest) {
                (Some(Some(at)), _) => {
                    let field = &self.fields[at];
                    let value = field
                        .read(value, spend)
                        .map_err(|error| error.under(&key))?;
                    // Most labels equal the wire name, which is not needed any more.
                    let label = if key == field.label {
                        key
                    } else {
                        field.label.clone()
                    };
                    fields[at] = (label, value);
                    read += 1;
                    next = at + 1;
                }
                (None, Some(further)) => rest.push(read_entry(&further.codec, key, value, spend)?),
                (None, None) if self.closed => return Err(self.unknown(&key)),
                (Some(None), _) | (None, None) => {}
            }
        }
        // An object has each property once.
        if read < self.fields.len() {
            self.set_absent(&mut fields)?;
        }
        if let Some(further) = &self.rest {
            fields.insert(further.at, (further.label.clone(), Val::List(rest)));
        }
        Ok(Val::Record(fields))
    }

    /// A field that was not read is absent, which only an optional property may be.
    fn set_absent(&self, fields: &mut [(String, Val)]) -> Result<(), ValueError> {
        for (field, read) in self.fields.iter().zip(fields) {
            if read.1 == UNSET {
                if field.presence == Presence::Required {
                    return Err(ValueError::new(ABSENT).under(&field.wire));
                }
                *read = (field.label.clone(), Val::Option(None));
            }
        }
        Ok(())
    }

    fn unknown(&self, key: &str) -> ValueError {
        let known: Vec<_> = self
            .fields
            .iter()
            .map(|field| format!("`{}`", field.wire))
            .collect();
        let known = if known.is_empty() {
            "no names at all".to_owned()
        } else {
            known.join(", ")
        };
        ValueError::new(format!("no such name here; there is {known}")).under(key)
    }
}

impl FieldCodec {
    /// The field's value from a property that is present.
    fn read(&self, value: Value, spend: &mut Spend<'_>) -> Result<Val, ValueError> {
        let optional = self.presence == Presence::Optional;
        if optional && value.is_null() && !matches!(self.codec, Codec::Json) {
            return Ok(Val::Option(None));
        }
        let value = self.codec.read(value, spend)?;
        Ok(if optional {
            Val::Option(Some(Box::new(value)))
        } else {
            value
        })
    }
}

/// Writes an entry of a map, and returns its key.
pub(super) fn write_entry<'a>(
    codec: &Codec,
    entry: &'a Val,
    object: &mut Map<String, Value>,
    spend: &mut Spend<'_>,
) -> Result<&'a str, ValueError> {
    let pair = match entry {
        Val::Tuple(pair) => pair.as_slice(),
        _ => &[],
    };
    let [Val::String(key), value] = pair else {
        return Err(ValueError::new("an entry of a map that is not a pair"));
    };
    let value = codec
        .write(value, spend)
        .map_err(|error| error.under(key))?;
    spend.take(2 * NODE + json::ENTRY + json::TEXT + 2 * key.len())?;
    if object.insert(key.clone(), value).is_some() {
        return Err(ValueError::new("the key is there twice").under(key));
    }
    Ok(key)
}

pub(super) fn read_entry(
    codec: &Codec,
    key: String,
    value: Value,
    spend: &mut Spend<'_>,
) -> Result<Val, ValueError> {
    spend.take(2 * NODE + key.len())?;
    match codec.read(value, spend) {
        Ok(value) => Ok(Val::Tuple(vec![Val::String(key), value])),
        Err(error) => Err(error.under(&key)),
    }
}

/// The fields of a record while its text is read.
pub(super) struct Fields<'r> {
    record: &'r RecordCodec,
    fields: Vec<(String, Val)>,
    rest: Vec<Val>,
    /// Most servers write properties in the order of their schema, so the next field is tried first.
    next: usize,
}

impl<'r> Fields<'r> {
    /// Reads a record from the text of an object. Where a property is written twice, the last one counts.
    pub(super) fn read<'de, A: MapAccess<'de>>(
        record: &'r RecordCodec,
        mut reader: Reader<'_, '_>,
        mut entries: A,
    ) -> Result<Val, A::Error> {
        let further = usize::from(record.rest.is_some());
        let labels: usize = record
            .fields
            .iter()
            .map(|field| size_of::<(String, Val)>() + text_size(field.label.len()))
            .sum();
        reader.take(labels + further * (FIRST_ITEM + size_of::<(String, Val)>()))?;
        let mut fields = Vec::with_capacity(record.fields.len() + further);
        fields.extend(record.fields.iter().map(|_| (String::new(), UNSET)));
        let mut fields = Self {
            record,
            fields,
            rest: Vec::new(),
            next: 0,
        };
        let mut is_first = true;
        while let Some(key) = entries.next_key_seed(Key)? {
            if std::mem::take(&mut is_first) && is_number(&key) {
                return reader.number(entries);
            }
            fields.entry(key, &mut reader, &mut entries)?;
        }
        let done = fields.end(reader.spend);
        reader.or_fail(done)
    }

    fn entry<'de, A: MapAccess<'de>>(
        &mut self,
        key: Cow<'de, str>,
        reader: &mut Reader<'_, '_>,
        entries: &mut A,
    ) -> Result<(), A::Error> {
        let fields = &self.record.fields;
        let expected = fields.get(self.next).is_some_and(|field| field.wire == key);
        let place = if expected {
            Some(Some(self.next))
        } else {
            self.record.place(&key)
        };
        match (place, &self.record.rest) {
            (Some(Some(at)), _) => {
                let field = &fields[at];
                let seed = Field {
                    field,
                    reader: reader.of(&field.codec),
                };
                let value = entries.next_value_seed(seed);
                let value = reader.placed(value, |error| error.under(&key))?;
                self.fields[at] = (field.label.clone(), value);
                self.next = at + 1;
            }
            (None, Some(further)) => {
                let entry = reader.entry(&further.codec, key, entries)?;
                self.rest.push(entry);
            }
            (None, None) if self.record.closed => {
                return reader.or_fail(Err(self.record.unknown(&key)));
            }
            (Some(None), _) | (None, None) => {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn end(mut self, spend: &mut Spend<'_>) -> Result<Val, ValueError> {
        self.record.set_absent(&mut self.fields)?;
        if let Some(further) = &self.record.rest {
            let rest = Val::List(unique(self.rest, spend)?);
            self.fields
                .insert(further.at, (further.label.clone(), rest));
        }
        Ok(Val::Record(self.fields))
    }
}

/// The entries of a map, each key once: the value that was written last counts, at the first place.
pub(super) fn unique(mut entries: Vec<Val>, spend: &mut Spend<'_>) -> Result<Vec<Val>, Stop> {
    if entries.len() < 2 {
        return Ok(entries);
    }
    spend.take(2 * entries.len() * size_of::<usize>())?;
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|left, right| key_of(&entries[*left]).cmp(key_of(&entries[*right])));
    let mut moved = Vec::new();
    let mut dropped = Vec::new();
    for same in order.chunk_by(|left, right| key_of(&entries[*left]) == key_of(&entries[*right])) {
        if let [first, .., last] = same {
            spend.take(4 * same.len() * size_of::<usize>())?;
            moved.push((*first, *last));
            dropped.extend(same.iter().skip(1));
        }
    }
    for (first, last) in moved {
        entries.swap(first, last);
    }
    dropped.sort_unstable();
    let mut at = 0;
    entries.retain(|_| {
        at += 1;
        dropped.binary_search(&(at - 1)).is_err()
    });
    Ok(entries)
}

fn key_of(entry: &Val) -> &str {
    match entry {
        Val::Tuple(pair) => match pair.first() {
            Some(Val::String(key)) => key,
            _ => "",
        },
        _ => "",
    }
}
