//! The codecs of `exported`, from a type that was decoded and not compiled: `inspect` compiles nothing.

use mcp_codegen::names::shown;
use mcp_codegen::shape::Int;
use wit_parser::{Function, Resolve, Type, TypeDefKind};

use super::exported::{
    Returned, Signature, TaggedType, Unsupported, codec_of, field_of, labels, record, tagged_of,
};
use super::{Codec, Presence};

impl Signature {
    /// For an exported function of a decoded world.
    ///
    /// # Errors
    ///
    /// If a type has no values outside of a run; names the type and its place.
    pub fn decoded(resolve: &Resolve, function: &Function) -> Result<Self, Unsupported> {
        let types = Types(resolve);
        let mut fields = Vec::with_capacity(function.params.len());
        for param in &function.params {
            let (codec, presence) = types.field(&param.ty).map_err(|what| Unsupported {
                place: format!("parameter `{}`", shown(&param.name)),
                what,
            })?;
            fields.push(field_of(&param.name, codec, presence));
        }
        let returns = types
            .returned(function.result.as_ref())
            .map_err(|what| Unsupported {
                place: "the result".to_owned(),
                what,
            })?;
        Ok(Self {
            params: record(fields),
            returns,
        })
    }
}

struct Types<'r>(&'r Resolve);

impl Types<'_> {
    fn returned(&self, ty: Option<&Type>) -> Result<Returned, &'static str> {
        let Some(ty) = ty else {
            return Ok(Returned::Nothing);
        };
        let TypeDefKind::Result(result) = self.kind(ty) else {
            return self.codec(ty).map(Returned::Value);
        };
        let part = |ty: &Option<Type>| ty.as_ref().map(|ty| self.codec(ty)).transpose();
        Ok(Returned::Fallible {
            ok: part(&result.ok)?,
            err: part(&result.err)?,
            // It matters only in calls, and this codec makes none.
            tool_error: false,
        })
    }

    /// The kind of the type, with aliases resolved.
    fn kind(&self, ty: &Type) -> TypeDefKind {
        match ty {
            Type::Id(id) => match &self.0.types[*id].kind {
                TypeDefKind::Type(ty) => self.kind(ty),
                kind => kind.clone(),
            },
            ty => TypeDefKind::Type(*ty),
        }
    }

    fn codec(&self, ty: &Type) -> Result<Codec, &'static str> {
        Ok(match self.kind(ty) {
            TypeDefKind::Type(ty) => return primitive(&ty),
            TypeDefKind::List(element) => match self.map_value(&element) {
                Some(value) => Codec::Map(Box::new(self.codec(&value)?)),
                None => Codec::List(Box::new(self.codec(&element)?)),
            },
            TypeDefKind::Record(fields) => {
                let mut codecs = Vec::with_capacity(fields.fields.len());
                for field in &fields.fields {
                    let (codec, presence) = self.field(&field.ty)?;
                    codecs.push(field_of(&field.name, codec, presence));
                }
                Codec::Record(record(codecs))
            }
            TypeDefKind::Tuple(tuple) => Codec::Tuple(
                tuple
                    .types
                    .iter()
                    .map(|ty| self.codec(ty))
                    .collect::<Result<_, _>>()?,
            ),
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter();
                self.tagged(
                    TaggedType::Variant,
                    cases.map(|case| (case.name.as_str(), case.ty)),
                )?
            }
            TypeDefKind::Enum(cases) => {
                Codec::Enum(labels(cases.cases.iter().map(|case| case.name.as_str())))
            }
            TypeDefKind::Option(ty) => Codec::Nullable(Box::new(self.some(&ty)?)),
            TypeDefKind::Result(result) => self.tagged(
                TaggedType::Result,
                [("ok", result.ok), ("err", result.err)].into_iter(),
            )?,
            TypeDefKind::Flags(flags) => {
                Codec::Flags(labels(flags.flags.iter().map(|flag| flag.name.as_str())))
            }
            TypeDefKind::Handle(_) | TypeDefKind::Resource => return Err("a resource"),
            TypeDefKind::Stream(_) => return Err("a stream"),
            TypeDefKind::Future(_) => return Err("a future"),
            _ => return Err("a type that is off in this host"),
        })
    }

    fn field(&self, ty: &Type) -> Result<(Codec, Presence), &'static str> {
        Ok(match self.kind(ty) {
            TypeDefKind::Option(ty) => (self.some(&ty)?, Presence::Optional),
            _ => (self.codec(ty)?, Presence::Required),
        })
    }

    fn some(&self, ty: &Type) -> Result<Codec, &'static str> {
        match self.kind(ty) {
            TypeDefKind::Option(ty) => self.tagged(
                TaggedType::Option,
                [("none", None), ("some", Some(ty))].into_iter(),
            ),
            _ => self.codec(ty),
        }
    }

    fn tagged<'a>(
        &self,
        of: TaggedType,
        cases: impl Iterator<Item = (&'a str, Option<Type>)>,
    ) -> Result<Codec, &'static str> {
        tagged_of(of, cases, |ty| match of {
            TaggedType::Option => self.some(ty),
            TaggedType::Variant | TaggedType::Result => self.codec(ty),
        })
    }

    /// `V` of `tuple<string, V>`.
    fn map_value(&self, element: &Type) -> Option<Type> {
        let TypeDefKind::Tuple(pair) = self.kind(element) else {
            return None;
        };
        match pair.types.as_slice() {
            [key, value] if matches!(self.kind(key), TypeDefKind::Type(Type::String)) => {
                Some(*value)
            }
            _ => None,
        }
    }
}

fn primitive(ty: &Type) -> Result<Codec, &'static str> {
    Ok(codec_of!(match ty {
        Type::F32 => single,
        Type::F64 => double,
        Type::Id(_) => return Err("a type that is off in this host"),
    }))
}
