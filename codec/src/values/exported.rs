//! Conversions that only exported functions need: flags, characters, and unions that name their case.

use serde_json::{Map, Value};
use wasmtime::component::Val;

use super::{json, kind};
use crate::account::Spend;
use crate::error::ValueError;
use crate::{Labels, TaggedCodec, TaggedType};

/// The properties of a tagged union, as the JavaScript bindings of components have them.
pub(crate) const TAG: &str = "tag";
pub(crate) const VAL: &str = "val";

impl TaggedCodec {
    pub(super) fn write(&self, value: &Val, spend: &mut Spend<'_>) -> Result<Value, ValueError> {
        let (label, payload) = match (self.of, value) {
            (TaggedType::Variant, Val::Variant(label, payload)) => (label.as_str(), payload),
            (TaggedType::Result, Val::Result(Ok(payload))) => ("ok", payload),
            (TaggedType::Result, Val::Result(Err(payload))) => ("err", payload),
            (TaggedType::Option, Val::Option(payload)) => {
                (if payload.is_some() { "some" } else { "none" }, payload)
            }
            _ => return Err(ValueError::new("not the guest's form of a union")),
        };
        let codec = self.case(label)?;
        spend.take(json::FIRST_ENTRY + 2 * json::ENTRY + json::TEXT + label.len())?;
        let mut object = Map::with_capacity(2);
        object.insert(TAG.to_owned(), Value::String(label.to_owned()));
        match (codec, payload) {
            (Some(codec), Some(payload)) => {
                let payload = codec
                    .write(payload, spend)
                    .map_err(|error| error.under(VAL))?;
                object.insert(VAL.to_owned(), payload);
            }
            (None, None) => {}
            _ => {
                return Err(ValueError::new(format!(
                    "case `{label}` has a wrong payload"
                )));
            }
        }
        Ok(Value::Object(object))
    }

    pub(super) fn read(
        &self,
        mut object: Map<String, Value>,
        spend: &mut Spend<'_>,
    ) -> Result<Val, ValueError> {
        let label = match object.shift_remove(TAG) {
            Some(Value::String(label)) => label,
            Some(other) => {
                let what = format!("expected a string, found {}", kind(&other));
                return Err(ValueError::new(what).under(TAG));
            }
            None => return Err(ValueError::new(super::ABSENT).under(TAG)),
        };
        let codec = self.case(&label).map_err(|error| error.under(TAG))?;
        let payload = match (codec, object.shift_remove(VAL)) {
            (Some(codec), Some(value)) => Some(Box::new(
                codec.read(value, spend).map_err(|error| error.under(VAL))?,
            )),
            (Some(_), None) => return Err(ValueError::new(super::ABSENT).under(VAL)),
            (None, None) => None,
            (None, Some(_)) => {
                return Err(ValueError::new(format!("case `{label}` has no value")).under(VAL));
            }
        };
        if let Some(key) = object.keys().next() {
            return Err(ValueError::new("no such name; there is `tag`, `val`").under(key));
        }
        Ok(match self.of {
            TaggedType::Variant => Val::Variant(label, payload),
            TaggedType::Result if label == "ok" => Val::Result(Ok(payload)),
            TaggedType::Result => Val::Result(Err(payload)),
            TaggedType::Option => Val::Option(payload),
        })
    }

    fn case(&self, label: &str) -> Result<Option<&crate::Codec>, ValueError> {
        let found = self.cases.iter().find(|(known, _)| known == label);
        match found {
            Some((_, codec)) => Ok(codec.as_ref()),
            None => {
                let known: Vec<_> = self.cases.iter().map(|(label, _)| label.as_str()).collect();
                Err(super::not_one_of(label, known.into_iter()))
            }
        }
    }
}

impl Labels {
    pub(super) fn write_set(
        &self,
        set: &[String],
        spend: &mut Spend<'_>,
    ) -> Result<Value, ValueError> {
        let wires = set.iter().map(|label| {
            let wire = self
                .wire(label)
                .ok_or_else(|| ValueError::new(format!("no such flag `{label}`")))?;
            spend.take(json::NODE + json::TEXT + wire.len())?;
            Ok(Value::String(wire.to_owned()))
        });
        wires.collect()
    }

    pub(super) fn read_set(
        &self,
        items: Vec<Value>,
        spend: &mut Spend<'_>,
    ) -> Result<Val, ValueError> {
        let mut set: Vec<String> = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            let Value::String(wire) = item else {
                let what = format!("expected a string, found {}", kind(&item));
                return Err(ValueError::new(what).at(at));
            };
            let label = self
                .label(&wire)
                .ok_or_else(|| self.unknown(&wire).at(at))?;
            if set.iter().any(|known| known == label) {
                return Err(ValueError::new(format!("the flag `{label}` is there twice")).at(at));
            }
            spend.take(size_of::<String>() + json::TEXT + label.len())?;
            set.push(label.to_owned());
        }
        Ok(Val::Flags(set))
    }
}

pub(super) fn char_val(text: &str) -> Result<Val, ValueError> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => Ok(Val::Char(char)),
        _ => Err(ValueError::new(format!(
            "expected one character, found {}",
            text.chars().count()
        ))),
    }
}
