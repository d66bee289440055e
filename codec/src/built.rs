//! A type of the component. Wasmtime's view of it lacks one thing that matters here: `json` is a `string` in it, and a
//! value of one must not pass for the other. The binary distinguishes them.

use std::fmt;

use wasmparser::component_types::{
    ComponentDefinedType, ComponentEntityType, ComponentFuncTypeId, ComponentValType,
};
use wasmparser::types::Types;
use wasmparser::{Parser, PrimitiveValType, ValidPayload, Validator, WasmFeatures};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Type, types};

/// Which strings in a component's imports are `mcp:tools/types.json`.
pub enum Strings {
    /// No interface names a string type, so no string is `json`.
    Plain,
    /// The strings that have a name: generated interfaces name no others.
    Named(Box<Types>),
    /// The binary could not be read.
    Unknown,
}

/// A function that the component imports.
pub(crate) struct Function<'a> {
    ty: &'a types::ComponentFunc,
    strings: &'a Strings,
    id: Option<ComponentFuncTypeId>,
}

/// One type of a function, in Wasmtime's view and in the binary's.
#[derive(Clone)]
pub(super) struct Built<'a> {
    pub(super) ty: Type,
    strings: &'a Strings,
    raw: Option<ComponentValType>,
}

/// The contents of the guest's string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Json,
    Plain,
    Unknown,
}

impl Strings {
    /// For a component and the bytes that it was compiled from. Most components use no `json`, and are not read again.
    pub fn of(component: &Component, bytes: &[u8]) -> Self {
        let engine = component.engine();
        let names_a_string = component
            .component_type()
            .imports(engine)
            .any(|(name, item)| {
                let ComponentItem::ComponentInstance(instance) = item.ty else {
                    return false;
                };
                name.starts_with("mcp-server:")
                    && instance
                        .exports(engine)
                        .any(|(_, export)| matches!(export.ty, ComponentItem::Type(Type::String)))
            });
        if names_a_string {
            Self::read(bytes)
        } else {
            Self::Plain
        }
    }

    /// Reads the types of a component that was validated before. Skips function bodies.
    fn read(bytes: &[u8]) -> Self {
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let mut outermost = None;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.and_then(|payload| validator.payload(&payload)) {
                Ok(ValidPayload::End(types)) => outermost = Some(types),
                Ok(_) => {}
                Err(_) => return Self::Unknown,
            }
        }
        outermost.map_or(Self::Unknown, |types| Self::Named(Box::new(types)))
    }
}

impl fmt::Debug for Strings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Named(_) => "Named",
            Self::Unknown => "Unknown",
        })
    }
}

impl<'a> Function<'a> {
    /// The function `label` of an imported instance.
    pub(crate) fn new(
        ty: &'a types::ComponentFunc,
        strings: &'a Strings,
        instance: &str,
        label: &str,
    ) -> Self {
        let id = match strings {
            Strings::Named(types) => function(types, instance, label),
            Strings::Plain | Strings::Unknown => None,
        };
        Self { ty, strings, id }
    }

    pub(super) fn params(&self) -> impl ExactSizeIterator<Item = Built<'a>> {
        self.ty.params().enumerate().map(|(at, (_, ty))| Built {
            ty,
            strings: self.strings,
            raw: self.raw(|types, id| types[id].params.get(at).map(|(_, ty)| *ty)),
        })
    }

    pub(super) fn result(&self) -> Option<Built<'a>> {
        Some(Built {
            ty: self.ty.results().next()?,
            strings: self.strings,
            raw: self.raw(|types, id| types[id].result),
        })
    }

    fn raw(
        &self,
        part: impl FnOnce(&Types, ComponentFuncTypeId) -> Option<ComponentValType>,
    ) -> Option<ComponentValType> {
        match self.strings {
            Strings::Named(types) => part(types, self.id?),
            Strings::Plain | Strings::Unknown => None,
        }
    }
}

fn function(types: &Types, instance: &str, label: &str) -> Option<ComponentFuncTypeId> {
    let ComponentEntityType::Instance(id) = types.component_item_for_import(instance)?.ty else {
        return None;
    };
    match types[id].exports.get(label)?.ty {
        ComponentEntityType::Func(id) => Some(id),
        _ => None,
    }
}

impl<'a> Built<'a> {
    /// The contents of a value of this type; only for strings.
    pub(super) fn text(&self) -> Text {
        match (self.strings, self.raw) {
            (Strings::Plain, _) | (_, Some(ComponentValType::Primitive(_))) => Text::Plain,
            (Strings::Named(types), Some(ComponentValType::Type(id))) => match types[id] {
                ComponentDefinedType::Primitive(PrimitiveValType::String) => Text::Json,
                _ => Text::Unknown,
            },
            (Strings::Named(_), None) | (Strings::Unknown, _) => Text::Unknown,
        }
    }

    pub(super) fn some(&self, option: &types::OptionType) -> Built<'a> {
        self.part(option.ty(), |raw| match raw {
            ComponentDefinedType::Option { ty, .. } => Some(*ty),
            _ => None,
        })
    }

    pub(super) fn element(&self, list: &types::List) -> Built<'a> {
        self.part(list.ty(), |raw| match raw {
            ComponentDefinedType::List { element, .. } => Some(*element),
            _ => None,
        })
    }

    pub(super) fn items(&self, tuple: &types::Tuple) -> Vec<Built<'a>> {
        let items = tuple.types().enumerate();
        items
            .map(|(at, ty)| {
                self.part(ty, |raw| match raw {
                    ComponentDefinedType::Tuple(tuple) => tuple.types.get(at).copied(),
                    _ => None,
                })
            })
            .collect()
    }

    /// `V` of `list<tuple<string, V>>`.
    pub(super) fn map_value(&self) -> Option<Built<'a>> {
        let Type::List(list) = &self.ty else {
            return None;
        };
        let entry = self.element(list);
        let Type::Tuple(pair) = &entry.ty else {
            return None;
        };
        let mut items = entry.items(pair).into_iter();
        match (items.next(), items.next(), items.next()) {
            (Some(key), Some(value), None)
                if key.ty == Type::String && key.text() != Text::Json =>
            {
                Some(value)
            }
            _ => None,
        }
    }

    pub(super) fn fields<'r>(
        &self,
        record: &'r types::Record,
    ) -> impl Iterator<Item = (&'r str, Built<'a>)> {
        record.fields().enumerate().map(|(at, field)| {
            let built = self.part(field.ty, |raw| match raw {
                ComponentDefinedType::Record(record) => {
                    record.fields.get_index(at).map(|(_, ty)| *ty)
                }
                _ => None,
            });
            (field.name, built)
        })
    }

    /// The cases, each with its payload.
    pub(super) fn cases<'v>(
        &self,
        variant: &'v types::Variant,
    ) -> impl Iterator<Item = (&'v str, Option<Built<'a>>)> {
        variant.cases().enumerate().map(|(at, case)| {
            let built = case.ty.map(|ty| {
                self.part(ty, |raw| match raw {
                    ComponentDefinedType::Variant(variant) => variant.cases.get_index(at)?.1.ty,
                    _ => None,
                })
            });
            (case.name, built)
        })
    }

    pub(super) fn ok(&self, result: &types::ResultType) -> Option<Built<'a>> {
        Some(self.part(result.ok()?, |raw| match raw {
            ComponentDefinedType::Result { ok, .. } => *ok,
            _ => None,
        }))
    }

    fn part(
        &self,
        ty: Type,
        raw: impl FnOnce(&ComponentDefinedType) -> Option<ComponentValType>,
    ) -> Built<'a> {
        let raw = match (self.strings, self.raw) {
            (Strings::Named(types), Some(ComponentValType::Type(id))) => raw(&types[id]),
            _ => None,
        };
        Self {
            ty,
            strings: self.strings,
            raw,
        }
    }
}
