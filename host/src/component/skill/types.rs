//! Bounds the types of a component as trees. A component writes a type once and uses it many times, so a few hundred
//! bytes can describe a type of 100,000 leaves. Everything that prints, compares or converts values walks the tree.

use wasmtime::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Type};

use super::LoadError;
use super::outline::MAX_DEPTH;
use crate::short;

/// The largest type of one function: types, fields, cases and parameters.
const FUNCTION: u64 = 20_000;

/// The largest sum over all exported functions. Schemas are made from these.
const EXPORTS: u64 = 50_000;

/// The largest sum over all imported functions.
const IMPORTS: u64 = 200_000;

/// The largest sum over all uses in all components: Wasmtime translates some three million parts per second.
pub(super) const USES: u64 = 1_000_000;

/// Rejects a component whose types are too large.
pub(super) fn check(component: &Component) -> Result<(), LoadError> {
    let engine = component.engine();
    let ty = component.component_type();
    let mut budget = Budget::imports();
    for (name, item) in ty.imports(engine) {
        budget.item("", name, &item.ty, engine, 0)?;
    }
    let mut budget = Budget::exports();
    for (name, item) in ty.exports(engine) {
        budget.item("", name, &item.ty, engine, 0)?;
    }
    Ok(())
}

/// The error for a function whose type is too large, by its name.
pub(crate) fn too_large(function: String) -> LoadError {
    LoadError::TypeTooLarge {
        function,
        limit: FUNCTION,
    }
}

/// The error for all uses of types together.
pub(super) fn used_too_much() -> LoadError {
    LoadError::TypesTooLarge {
        side: "functions",
        limit: USES,
    }
}

/// The error for all imported functions, all exported ones, or all uses of types.
pub(crate) fn all_too_large(side: &[u8]) -> LoadError {
    let (side, limit) = match side {
        b"imports" => ("imports", IMPORTS),
        b"exports" => ("exports", EXPORTS),
        _ => return used_too_much(),
    };
    LoadError::TypesTooLarge { side, limit }
}

/// How many more parts the types may have.
pub(crate) struct Budget {
    side: &'static str,
    most: u64,
    left: u64,
    /// Of the function that is walked now.
    function: u64,
}

/// The budget is used up.
pub(crate) struct Full;

impl Budget {
    pub(crate) fn imports() -> Self {
        Self::new("imports", IMPORTS)
    }

    pub(crate) fn exports() -> Self {
        Self::new("exports", EXPORTS)
    }

    fn new(side: &'static str, most: u64) -> Self {
        Self {
            side,
            most,
            left: most,
            function: FUNCTION,
        }
    }

    /// Walks one function, or something else that has a name. The name of the interface around it counts each time,
    /// because it is kept with each function.
    pub(crate) fn function(
        &mut self,
        interface: &str,
        name: &str,
        walk: impl FnOnce(&mut Self) -> Result<(), Full>,
    ) -> Result<(), LoadError> {
        self.function = FUNCTION;
        // A schema has a frame, however small the type is.
        let walked = (0..8)
            .try_for_each(|_| self.part("", 0))
            .and_then(|()| self.part(interface, 0))
            .and_then(|()| self.part(name, 0))
            .and_then(|()| walk(self));
        walked.map_err(|Full| {
            if self.function == 0 {
                LoadError::TypeTooLarge {
                    function: short::name(name),
                    limit: FUNCTION,
                }
            } else {
                LoadError::TypesTooLarge {
                    side: self.side,
                    limit: self.most,
                }
            }
        })
    }

    /// Counts one part. A long label counts more, and so does what is deep inside: texts about it are indented.
    pub(crate) fn part(&mut self, label: &str, depth: usize) -> Result<(), Full> {
        let weight = (1 + label.len() / 32 + depth.saturating_mul(depth) / 256) as u64;
        self.function = self.function.saturating_sub(weight);
        self.left = self.left.saturating_sub(weight);
        if self.function == 0 || self.left == 0 {
            return Err(Full);
        }
        Ok(())
    }

    fn item(
        &mut self,
        interface: &str,
        name: &str,
        item: &ComponentItem,
        engine: &Engine,
        depth: usize,
    ) -> Result<(), LoadError> {
        if depth > MAX_DEPTH {
            return Err(LoadError::TooDeep { limit: MAX_DEPTH });
        }
        match item {
            ComponentItem::ComponentFunc(function) => {
                self.function(interface, name, |budget| budget.signature(function))
            }
            ComponentItem::ComponentInstance(instance) => {
                self.function(interface, name, |_| Ok(()))?;
                for (label, item) in instance.exports(engine) {
                    self.item(name, label, &item.ty, engine, depth + 1)?;
                }
                Ok(())
            }
            // The host creates none of these, and provides none.
            ComponentItem::Component(_)
            | ComponentItem::CoreFunc(_)
            | ComponentItem::Module(_)
            | ComponentItem::Type(_)
            | ComponentItem::Resource(_) => self.function(interface, name, |_| Ok(())),
        }
    }

    fn signature(&mut self, function: &ComponentFunc) -> Result<(), Full> {
        for (name, ty) in function.params() {
            self.part(name, 0)?;
            self.ty(&ty, 1)?;
        }
        function.results().try_for_each(|ty| self.ty(&ty, 1))
    }

    fn ty(&mut self, ty: &Type, depth: usize) -> Result<(), Full> {
        self.part("", depth)?;
        let depth = depth + 1;
        match ty {
            Type::Bool
            | Type::S8
            | Type::U8
            | Type::S16
            | Type::U16
            | Type::S32
            | Type::U32
            | Type::S64
            | Type::U64
            | Type::Float32
            | Type::Float64
            | Type::Char
            | Type::String
            | Type::Own(_)
            | Type::Borrow(_)
            | Type::ErrorContext => Ok(()),
            Type::List(list) => self.ty(&list.ty(), depth),
            Type::FixedLengthList(list) => self.ty(&list.ty(), depth),
            Type::Option(option) => self.ty(&option.ty(), depth),
            Type::Tuple(tuple) => tuple.types().try_for_each(|ty| self.ty(&ty, depth)),
            Type::Map(map) => {
                self.ty(&map.key(), depth)?;
                self.ty(&map.value(), depth)
            }
            Type::Result(result) => {
                self.optional(result.ok(), depth)?;
                self.optional(result.err(), depth)
            }
            Type::Future(future) => self.optional(future.ty(), depth),
            Type::Stream(stream) => self.optional(stream.ty(), depth),
            Type::Record(record) => record.fields().try_for_each(|field| {
                self.part(field.name, depth)?;
                self.ty(&field.ty, depth)
            }),
            Type::Variant(variant) => variant.cases().try_for_each(|case| {
                self.part(case.name, depth)?;
                self.optional(case.ty, depth)
            }),
            Type::Enum(cases) => cases.names().try_for_each(|name| self.part(name, depth)),
            Type::Flags(flags) => flags.names().try_for_each(|name| self.part(name, depth)),
        }
    }

    fn optional(&mut self, ty: Option<Type>, depth: usize) -> Result<(), Full> {
        ty.map_or(Ok(()), |ty| self.ty(&ty, depth))
    }
}
