//! JSON Schema (2020-12) of the values of a codec, made from the codec itself, so that they always agree.
//!
//! A schema cannot express everything: a number that its type would have to round is valid by the schema, but rejected.

use serde_json::{Map, Number, Value, json};

use super::exported::{Returned, Signature};
use super::values::{TAG, VAL};
use super::{Codec, Presence, RecordCodec, TaggedCodec};

impl Signature {
    /// Schema of the arguments, as an object by name.
    #[must_use]
    pub fn input_schema(&self) -> Value {
        self.params.schema()
    }

    /// Schema of the result; `None` if the function returns nothing. For a `result<T, E>`, the schema of `T`.
    #[must_use]
    pub fn output_schema(&self) -> Option<Value> {
        match &self.returns {
            Returned::Nothing => None,
            Returned::Value(codec) => Some(codec.schema()),
            Returned::Fallible { ok, .. } => ok.as_ref().map(Codec::schema),
        }
    }

    /// Schema of `E` in `result<T, E>`.
    #[must_use]
    pub fn error_schema(&self) -> Option<Value> {
        match &self.returns {
            Returned::Fallible { err, .. } => err.as_ref().map(Codec::schema),
            Returned::Nothing | Returned::Value(_) => None,
        }
    }
}

impl Codec {
    /// The schema of one value.
    pub(crate) fn schema(&self) -> Value {
        match self {
            Self::Json => Value::Bool(true),
            Self::Bool => json!({ "type": "boolean" }),
            Self::Int(int) => {
                let (least, most) = int.range();
                json!({ "type": "integer", "minimum": bound(least), "maximum": bound(most) })
            }
            Self::Float | Self::Single => json!({ "type": "number" }),
            Self::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
            Self::String => json!({ "type": "string" }),
            Self::Enum(labels) => json!({ "enum": labels.wires().collect::<Vec<_>>() }),
            Self::Flags(labels) => json!({
                "type": "array",
                "items": { "enum": labels.wires().collect::<Vec<_>>() },
                "uniqueItems": true,
            }),
            Self::Nullable(inner) => {
                let cases = vec![inner.schema(), json!({ "type": "null" })];
                object([("anyOf", cases.into())])
            }
            Self::List(inner) => object([("type", "array".into()), ("items", inner.schema())]),
            Self::Map(inner) => object([
                ("type", "object".into()),
                ("additionalProperties", inner.schema()),
            ]),
            Self::Tuple(items) => object([
                ("type", "array".into()),
                ("prefixItems", items.iter().map(Self::schema).collect()),
                ("items", false.into()),
                ("minItems", items.len().into()),
            ]),
            Self::Record(record) => record.schema(),
            Self::Variant(cases) => {
                let cases = cases.iter().map(|case| match &case.codec {
                    Some(codec) => codec.schema(),
                    None => json!({ "type": "null" }),
                });
                object([("anyOf", cases.collect())])
            }
            Self::Tagged(tagged) => tagged.schema(),
        }
    }
}

impl RecordCodec {
    fn schema(&self) -> Value {
        let properties: Map<_, _> = self
            .fields
            .iter()
            .map(|field| (field.wire.clone(), field.codec.schema()))
            .collect();
        let required = self
            .fields
            .iter()
            .filter(|field| field.presence == Presence::Required)
            .map(|field| field.wire.as_str())
            .collect();
        object([
            ("type", "object".into()),
            ("properties", properties.into()),
            ("required", required),
            ("additionalProperties", false.into()),
        ])
    }
}

impl TaggedCodec {
    fn schema(&self) -> Value {
        let cases = self.cases.iter().map(|(label, codec)| match codec {
            Some(codec) => object([
                ("type", "object".into()),
                (
                    "properties",
                    object([(TAG, json!({ "const": label })), (VAL, codec.schema())]),
                ),
                ("required", [TAG, VAL].into_iter().collect()),
                ("additionalProperties", false.into()),
            ]),
            None => json!({
                "type": "object",
                "properties": { TAG: { "const": label } },
                "required": [TAG],
                "additionalProperties": false,
            }),
        });
        object([("oneOf", cases.collect())])
    }
}

/// An object of these members. `json!` copies a value that it is given, which would be once for each level around it.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.map(|(name, value)| (name.to_owned(), value));
    Value::Object(members.into_iter().collect())
}

/// The minimum or maximum of an integer type.
fn bound(end: i128) -> Value {
    let number = i64::try_from(end).map(Number::from);
    number
        .or_else(|_| u64::try_from(end).map(Number::from))
        .map_or(Value::Null, Value::Number)
}
